"""The `farfield` command: one file per command, no logic here, heavy imports inside the commands."""

from farfield.cli.main import main

__all__ = ["main"]
