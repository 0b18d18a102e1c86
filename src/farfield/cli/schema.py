"""`farfield schema`."""

__all__ = ["schema"]

EXAMPLE = "Example: farfield schema > study.schema.json"


def schema() -> None:
    """Print the JSON Schema of study files, for editors that complete and check."""
    from farfield.spec import schema as text

    print(text())
