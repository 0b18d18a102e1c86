"""`farfield verify`."""

from typing import Annotated

import typer

from farfield.cli.options import RunFolder, Style

__all__ = ["verify"]

EXAMPLE = "Example: farfield verify runs/sentiment --share 0.05"


def verify(
    run: RunFolder,
    share: Annotated[float, typer.Option(help="Share of the rows to do again.", min=0.0, max=1.0)] = 0.01,
    tolerance: Annotated[float, typer.Option(help="Largest difference allowed, in nats.")] = 1e-3,
    seed: Annotated[int, typer.Option(help="Which rows are drawn.")] = 0,
    form: Annotated[Style, typer.Option("--format", help="How to print it.")] = Style.text,
) -> None:
    """Score a random share of a run again by the plain one-row forward; exit 1 if it differs."""
    import json
    from dataclasses import asdict

    from farfield.cli.printing import say
    from farfield.study import open_results
    from farfield.study import verify as verify_run

    say("scoring a sample again, one row at a time")
    done = open_results(run)
    seen = verify_run(done, share=share, seed=seed)
    if form is Style.json:
        print(json.dumps({**asdict(seen), "holds": seen.holds(tolerance)}))
    else:
        print(f"rows done again: {seen.rows}")
        print(f"largest difference of a log-probability: {seen.worst:.2g} nats ({seen.worst_at or 'no labels scored'})")
        print(f"labels that differ: {seen.labels_differ}; texts that differ: {seen.texts_differ} of {seen.texts}")
        print("the run holds" if seen.holds(tolerance) else f"the run does not hold: more than {tolerance:g} nats")
    if not seen.holds(tolerance):
        raise typer.Exit(1)
