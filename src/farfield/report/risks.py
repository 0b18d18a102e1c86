"""The three risks that page 1 names, chosen by rule: the gravest that the findings show come first."""

from collections.abc import Iterator
from itertools import islice
from math import ceil

from farfield.findings import Findings, Limit, Line, TaskFindings, TaskMoney, Verdict
from farfield.report.numbers import about_text, percent_text, tight_text
from farfield.report.words import Words
from farfield.stats import Estimate, Undefined

__all__ = ["hangs_on", "risks"]

_RISKS = 3
_COLLAPSE = 0.1
"""Share of a model's own-task answers in another task's format, or outside the labels, from which on it is a risk."""


def risks(findings: Findings, first: TaskMoney | None, left_out: int, say: Words) -> list[str]:
    """Up to three sentences.

    Args:
        findings: of the study.
        first: the task that page 1 is about, whose first choice the risks are of; None where nothing is priced.
        left_out: rows that the run left out.
        say: the language.
    """
    about = [task for task in findings.tasks if first is None or task.name == first.task]
    return list(islice(_all(findings, about, first, left_out, say), _RISKS))


def _all(
    findings: Findings, about: list[TaskFindings], first: TaskMoney | None, left_out: int, say: Words
) -> Iterator[str]:
    arm = first.choices[0].arm if first else None
    lines = [line for task in about for line in task.lines
             if line.verdict and line.tier != "cross_task" and arm in (None, line.arm)]  # fmt: skip
    yield from _lost(lines, say)
    yield from _unguaranteed(findings, first, say)
    yield from _collapsed(findings, about, arm, say)
    if first:
        yield from _money(first, say)
    yield from _open(lines, say)
    if findings.seeds < 3:
        yield say("risk.seeds", seeds=findings.seeds)
    if left_out:
        yield say("risk.left_out", rows=left_out)
    if not any(line.tier == "later_time" for task in about for line in task.lines):
        yield say("risk.drift")
    if not any(line.tier == "out_of_domain" for task in about for line in task.lines):
        yield say("risk.no_new")


def _lost(lines: list[Line], say: Words) -> Iterator[str]:
    lost = [line for line in lines if line.verdict in (Verdict.no, Verdict.harms)]
    if lost:
        names = dict.fromkeys(f"{line.arm} · {line.domain}" for line in lost)
        yield say("risk.lost", names=say("list.comma").join(names))


def _unguaranteed(findings: Findings, first: TaskMoney | None, say: Words) -> Iterator[str]:
    if first is None or first.kind != "classification":
        return
    choice = first.choices[0]
    for sure in findings.sureness:
        if (sure.task, sure.arm, sure.train_rows) != (first.task, choice.arm, choice.train_rows):
            continue
        limit = next((each for each in sure.limits if each.share == first.limit), None)
        new = [domain for domain, tier in sure.tiers.items() if tier == "out_of_domain"]
        if limit and isinstance(limit.threshold, Undefined):
            yield _few(limit, sure.rows, say)
        elif limit and new:
            yield say("risk.void", home=sure.home, domains=say("list.comma").join(new))
        return


def _few(limit: Limit, rows: int, say: Words) -> str:
    if limit.more_rows:
        return say("risk.few", rows=rows, limit=tight_text(limit.share, say), more=about_text(limit.more_rows, say))
    return say("risk.no_threshold", rows=rows, limit=tight_text(limit.share, say))


def _collapsed(findings: Findings, about: list[TaskFindings], arm: str | None, say: Words) -> Iterator[str]:
    names = {task.name for task in about}
    for model in findings.space.models if findings.space else ():
        if (
            model.arm is None
            or model.trained_on != model.task
            or model.task not in names
            or arm not in (None, model.arm)
        ):
            continue
        for share in (model.invalid, model.elsewhere):
            if isinstance(share, Estimate) and share.low > _COLLAPSE:
                yield say("risk.format", arm=model.arm, task=model.task, share=percent_text(share, say))
                return


def _money(first: TaskMoney, say: Words) -> Iterator[str]:
    assumed = sum(not each.given for each in first.assumed)
    swing = next((each for each in first.choices[0].swings if each.assumption), None)
    if swing is None:
        return
    named = {"assumption": hangs_on(first, say), "assumed": assumed, "of": len(first.assumed)}
    yield say("risk.money", **named)


def hangs_on(task: TaskMoney, say: Words) -> str:
    """The assumption that moves a task's money most."""
    each = next((swing.assumption for swing in task.choices[0].swings if swing.assumption), None)
    name = say(f"assumption.{each.key}") if each else say("assumption.rows")
    return say("assumption.of", name=name, of=each.of) if each and each.of else name


def _open(lines: list[Line], say: Words) -> Iterator[str]:
    open_ = [line for line in lines if line.verdict is Verdict.cant_tell]
    if not open_:
        return
    more = [ceil(line.more_rows.likely) for line in open_ if line.more_rows]
    told = say("risk.open", n=len(open_), of=len(lines))
    yield told + say("sentence.gap") + say("risk.open_more", more=about_text(min(more), say)) if more else told
