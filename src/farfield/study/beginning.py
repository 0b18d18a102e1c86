"""`farfield init`: rows as they are -> files of rows that train and test, and a study file over them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from farfield.data import read_rows
from farfield.errors import DataError, UsageError
from farfield.study.dividing import divide, write_divided
from farfield.study.drafting import Draft, draft_study
from farfield.study.interview import Ask, Interview, Question, Unattended

__all__ = ["Beginning", "Begun", "begin_study"]

MODEL = "smollm2-135m-instruct"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the options of `farfield init` say.

    Attributes:
        data: a file of rows, or the folder of an import; None where rows come divided.
        train, test: files of rows that train, and of the same domain to test on.
        new, later: test files of new domains, and of a later time.
        demos: rows to show in prompts.
        given: answers to questions, by option.
        out: the study file to write.
        rows_to: folder for the divided rows; by default beside the study file.
        replace: whether a study file, and divided rows, may be written over.
    """

    data: Path | None = None
    train: Path | None = None
    test: Path | None = None
    new: tuple[Path, ...] = ()
    later: tuple[Path, ...] = ()
    demos: Path | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    out: Path = Path("study.yaml")
    rows_to: Path | None = None
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """What was written: the study file, rows by part and domain, and how many were left out for which reason."""

    study: Path
    rows: Mapping[str, Mapping[str, int]]
    left: Mapping[str, int]


def begin_study(wanted: Beginning, ask: Ask, say: Callable[[str], None]) -> Begun:
    """Asks for what the options leave open, divides the rows, and writes the study file.

    Args:
        wanted: the options.
        ask: answers questions; `Unattended` where there is no terminal.
        say: is told the preview and what was done.

    Raises:
        UsageError: questions that nobody answered, with the options for them, or a file that exists.
        DataError: rows that can't be read or divided.
    """
    interview = Interview(wanted.given, ask, say)
    if wanted.out.exists() and not wanted.replace:
        raise UsageError(
            "the study file exists", where=str(wanted.out), mend="name another with --out, or give --replace"
        )
    if wanted.data and wanted.train:
        raise UsageError("rows come from one place", where="--train", mend="give a file to divide, or divided files")
    draft, left = _from_files(wanted, interview, ask) if wanted.train else _from_rows(wanted, interview, ask, say)
    text = draft_study(draft, beside=wanted.out.parent)
    wanted.out.write_text(text, encoding="utf-8")
    counted = {
        tier: {domain: len(read_rows(path)) for domain, path in getattr(draft, tier).items()}
        for tier in ("train", "in_domain", "out_of_domain", "later_time")
    }
    return Begun(wanted.out, counted, left)


def _from_files(wanted: Beginning, interview: Interview, ask: Ask) -> tuple[Draft, dict[str, int]]:
    assert wanted.train is not None
    rows = read_rows(wanted.train)
    test, later, new = wanted.test, list(wanted.later), list(wanted.new)
    if not (test or later or new):
        test = Path(interview.settle(Question("--test", "Which file tests on the same domain?", must=True)))
    mapped = interview.mapped(rows, str(wanted.train), divided=True)
    kind, labels = interview.task(rows, mapped.target)
    name, model = _settings(interview, wanted.train.stem, ask)
    return Draft(
        name,
        model,
        mapped,
        kind,
        labels,
        train={wanted.train.stem: wanted.train},
        in_domain={test.stem: test} if test else {},
        out_of_domain={path.stem: path for path in new},
        later_time={path.stem: path for path in later},
        demos=wanted.demos,
    ), {}


def _from_rows(
    wanted: Beginning, interview: Interview, ask: Ask, say: Callable[[str], None]
) -> tuple[Draft, dict[str, int]]:
    data = wanted.data or Path(
        interview.settle(Question("DATA", "Which file of rows, or folder of an import?", must=True))
    )
    path = data / "rows.jsonl" if data.is_dir() else data
    if data.is_dir() and not path.is_file():
        mend = f"name a file of rows, or gather them first: farfield import {data} --to data/NAME"
        raise DataError("the folder is no import", where=str(data), mend=mend)
    rows = read_rows(path)
    mapped = interview.mapped(rows, str(path))
    known = [row for row in rows if row.get(mapped.target, "").strip()]
    if not known:
        mend = "name another column with --target, or have rows labelled: farfield label"
        raise DataError("no row has an answer", where=f"{path}, {mapped.target}", mend=mend)
    kind, labels = interview.task(known, mapped.target)
    how = interview.division(rows, mapped)
    name, model = _settings(interview, data.stem, ask)
    divided = divide(rows, mapped, how, name=name)
    folder = wanted.rows_to or wanted.out.parent / f"{name}_rows"
    if folder.exists() and any(folder.iterdir()) and not wanted.replace:
        raise UsageError(
            "there is something already", where=str(folder), mend="name another with --rows-to, or give --replace"
        )
    parts = write_divided(rows, mapped, divided, folder)
    left: dict[str, int] = {}
    for why in divided.left.values():
        left[why] = left.get(why, 0) + 1
    for why, count in left.items():
        say(f"{count} rows are left out: {why}; they stand in {folder / 'left_out.jsonl'}")
    later = how.by == "period"
    draft = Draft(
        name,
        model,
        mapped,
        kind,
        labels,
        train=parts["train"],
        in_domain=parts["test"],
        out_of_domain={} if later else parts["away"],
        later_time=parts["away"] if later else {},
        demos=wanted.demos,
    )
    return draft, left


def _settings(interview: Interview, name: str, ask: Ask) -> tuple[str, str]:
    """The study's name and its model; after these nothing more is asked."""
    settled = (
        interview.settle(Question("--name", "What is the study called?", name)),
        interview.settle(Question("--model", "Which model (a catalogue name, a hub id, or a folder)?", MODEL)),
    )
    if isinstance(ask, Unattended):
        ask.settle()
    return settled
