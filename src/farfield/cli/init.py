"""`farfield init`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Style

__all__ = ["init"]

EXAMPLE = (
    "Example: farfield init tickets.csv --target department --split random, or of rows that are divided already: "
    "farfield init --train site_a.csv --test site_a_test.csv --new site_b.csv --target department"
)


def init(
    data: Annotated[
        Path | None, typer.Argument(metavar="[DATA]", help="A file of rows, or the folder of an import, to divide.")
    ] = None,
    train: Annotated[Path | None, typer.Option(help="Rows to train on, where they come divided.")] = None,
    test: Annotated[Path | None, typer.Option(help="Labelled rows of the same domain to test on.")] = None,
    new: Annotated[list[Path] | None, typer.Option(help="Labelled rows of a new domain; may be repeated.")] = None,
    later: Annotated[list[Path] | None, typer.Option(help="Labelled rows of a later time; may be repeated.")] = None,
    demos: Annotated[Path | None, typer.Option(help="Rows to show as examples in prompts.")] = None,
    target: Annotated[str, typer.Option(help="The column with the answer.")] = "",
    text: Annotated[str, typer.Option(metavar="A,B,…", help="The columns that the model reads.")] = "",
    date: Annotated[str, typer.Option(help="The column with the day of a row; - for none.")] = "",
    source: Annotated[str, typer.Option(help="The column that says where a row comes from; - for none.")] = "",
    group: Annotated[str, typer.Option(help="The column whose values stay on one side; - for none.")] = "",
    kind: Annotated[str, typer.Option(help="classification or generation.")] = "",
    labels: Annotated[str, typer.Option(metavar="A,B,…", help="The labels; rows with others are dropped.")] = "",
    split: Annotated[str, typer.Option(help="How DATA is divided: domain, period or random.")] = "",
    train_on: Annotated[str, typer.Option(help="The domain that trains, with --split domain.")] = "",
    later_from: Annotated[str, typer.Option(help="The day from which rows are later, with --split period.")] = "",
    test_share: Annotated[str, typer.Option(help="Share of the training domain that tests (default 0.2).")] = "",
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    name: Annotated[str, typer.Option(help="Name of the study.")] = "",
    model: Annotated[str, typer.Option(help="A catalogue name, a hub id, or a folder.")] = "",
    out: Annotated[Path, typer.Option(help="The study file to write.")] = Path("study.yaml"),
    rows_to: Annotated[Path | None, typer.Option(help="Folder for divided rows (default NAME_rows).")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a study file and divided rows.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take all that is proposed; ask nothing.")] = False,
    form: Annotated[Style, typer.Option("--format", help="How to print what was written.")] = Style.text,
) -> None:
    """Look at your rows, ask what the options leave open, divide them, and write a study file."""
    from farfield.cli.asking import asker, print_begun
    from farfield.cli.printing import say
    from farfield.study import Beginning, begin_study

    said = {
        "--target": target, "--text": text, "--date": date, "--source": source, "--group": group, "--kind": kind,
        "--labels": labels, "--split": split, "--train-on": train_on, "--later-from": later_from,
        "--test-share": test_share, "--seed": str(seed), "--name": name, "--model": model,
    }  # fmt: skip
    wanted = Beginning(data, train, test, tuple(new or ()), tuple(later or ()), demos, said, out, rows_to, replace)
    print_begun(begin_study(wanted, asker(yes=yes), say), form)
