"""After the evidence: how it was measured, on which data, what the models are for, and what was not tested."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from farfield.findings import Findings, TaskMoney
from farfield.report.numbers import points_text
from farfield.report.words import Words
from farfield.spec import StudySpec
from farfield.stats import Estimate

__all__ = ["CardsView", "cards_view"]


@dataclass(frozen=True, slots=True)
class CardsView:
    """The sections.

    Attributes:
        protocol: a line a task.
        data: task, domain, what it served for, rows, rows left out.
        model: pairs of what and which.
        limits: what was not tested, a sentence each.
    """

    protocol: list[list[str]]
    data: list[list[str]]
    model: list[tuple[str, str]]
    limits: list[str]


def cards_view(
    findings: Findings, study: StudySpec | None, left_out: Sequence[tuple[str, str, int]], say: Words
) -> CardsView | None:
    """The sections; None where the study is not known.

    Args:
        findings: of the study.
        study: what was asked.
        left_out: `task · domain`, reason, and rows.
        say: the language.
    """
    if study is None:
        return None
    return CardsView(
        [_protocol(name, study, say) for name in study.tasks],
        list(_data(findings, study, left_out, say)),
        list(_model(findings, study, say)),
        list(_limits(findings, study, say)),
    )


def _protocol(name: str, study: StudySpec, say: Words) -> list[str]:
    task, asked = study.tasks[name], study.protocol(name)
    scored = task.kind == "classification"
    bos = "default" if asked.bos is None else str(asked.bos).lower()
    return [
        name,
        say("list.comma").join(say(f"metric.{metric}") for metric in task.scored_by),
        say(f"scoring.{asked.label_scoring}") if scored else say("scoring.written", tokens=task.max_new_tokens),
        say(f"bos.{bos}"),
        say("protocol.chat" if asked.chat else "protocol.plain"),
        say("list.comma").join(map(str, task.shots)),
        say(f"demos.{asked.demo_choice}") + say("list.comma") + say(f"demos.from.{asked.demo_source}"),
        str(len(task.prompts)),
        say(f"leaks.{asked.leaks}"),
        points_text(asked.margin),
    ]


def _data(
    findings: Findings, study: StudySpec, left_out: Sequence[tuple[str, str, int]], say: Words
) -> Iterator[list[str]]:
    out: Counter[str] = Counter()
    for where, _, rows in left_out:
        out[where] += rows
    trained = str(max(study.training.train_rows)) if study.training else "–"
    comma = say("list.comma")
    for task in findings.tasks:
        spec = study.tasks[task.name]
        if spec.train:
            yield [
                task.name,
                comma.join(spec.train),
                say("data.training"),
                trained,
                str(out[f"{task.name} · training"]),
            ]
        if task.comparator and task.comparator.rows:
            home = comma.join(spec.dev_domains or spec.train)
            yield [task.name, home or "–", say("data.dev"), str(task.comparator.rows), "–"]
        tested = {(line.domain, line.tier): line.value.n for line in task.lines
                if line.tier != "cross_task" and isinstance(line.value, Estimate)}  # fmt: skip
        for (domain, tier), n in tested.items():
            yield [task.name, domain, say(f"tier.{tier}"), str(n), str(out[f"{task.name} · {domain}"])]
        for domain in spec.unlabelled:
            yield [task.name, domain, say("data.unlabelled"), "–", str(out[f"{task.name} · {domain}"])]


def _model(findings: Findings, study: StudySpec, say: Words) -> Iterator[tuple[str, str]]:
    comma = say("list.comma")
    yield say("card.base"), study.model
    trained = dict.fromkeys(answer.arm for task in findings.tasks for answer in task.answers)
    if trained and study.training:
        method = say("card.method", method=study.training.method, rows=comma.join(map(str, study.training.train_rows)))
        yield say("card.trained"), comma.join(trained) + say("sentence.gap") + method
    yield say("card.for"), comma.join(study.tasks)
    yield say("card.not_for"), say("card.not_for.text")
    yield say("card.licence"), say("card.licence.text")
    yield say("card.export"), say("card.export.text")


def _limits(findings: Findings, study: StudySpec, say: Words) -> Iterator[str]:
    """By rule: what the study could have asked, and did not."""
    yield from _untested(study, say)
    absent = {
        "multiverse": findings.multiverse is None,
        "unlabelled": not any(task.unlabelled for task in study.tasks.values()),
        "cross_task": not study.cross_task,
        "dev": not study.dev,
        "labellers": not any(task.second_target for task in study.tasks.values()),
        "money": findings.economics is not None and any(map(_all_assumed, findings.economics.tasks)),
        "one_model": True,
        "machine": True,
    }
    yield from (say(f"limit.{name}") for name, lacking in absent.items() if lacking)


def _all_assumed(task: TaskMoney) -> bool:
    return not any(each.given for each in task.assumed)


def _untested(study: StudySpec, say: Words) -> Iterator[str]:
    tasks = study.tasks
    for tier, key in (("out_of_domain", "limit.no_new"), ("later_time", "limit.no_later")):
        without = [name for name, task in tasks.items() if not getattr(task, tier)]
        if without:
            yield say(key, tasks=say("list.comma").join(without))
    if len(study.seeds) < 3:
        yield say("limit.seeds", seeds=len(study.seeds))
    if all(len(task.prompts) == 1 for task in tasks.values()):
        yield say("limit.one_prompt")
