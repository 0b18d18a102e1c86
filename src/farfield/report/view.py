"""Findings -> what the page shows: every number as text in the reader's language, every verdict as a word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from farfield.findings import Answer, Claim, Findings, Line, TaskFindings, Verdict
from farfield.metrics import Spread
from farfield.report.cards import CardsView, cards_view
from farfield.report.chart import Bar, gain_chart
from farfield.report.compared import ComparedRow, compared_rows
from farfield.report.dial import DialView, dial_views
from farfield.report.front import FrontView, front_view
from farfield.report.learning import LearnedView, learned_views, unlearned
from farfield.report.money import MoneyView, money_view
from farfield.report.multiverse import MultiverseView, multiverse_view
from farfield.report.numbers import about_text, gain_text, interval_text, points_text, range_text, value_text
from farfield.report.shared import Part, shared_parts
from farfield.report.space import SpaceView, space_view
from farfield.report.sureness import ForeseenView, SurenessView, foreseen_view, sureness_view
from farfield.report.why import DeclaredRow, MovedRow, declared_rows, foretold_rows, moved_rows, moved_tiers
from farfield.report.words import Words, places
from farfield.spec import TIERS, StudySpec
from farfield.stats import Estimate, Number, RowRange
from farfield.study import Chosen, Lapse, Note, Searched

__all__ = ["Page", "ResultLine", "RunFacts", "TaskView", "page_of"]

_SYMBOLS = {
    Verdict.carries_fully: "✔✔",
    Verdict.carries: "✔",
    Verdict.no_harm: "○",
    Verdict.cant_tell: "?",
    Verdict.no: "✘",
    Verdict.harms: "✘✘",
}
_TONES = {
    Verdict.carries_fully: "good",
    Verdict.carries: "good",
    Verdict.no_harm: "calm",
    Verdict.cant_tell: "open",
    Verdict.no: "bad",
    Verdict.harms: "bad",
}


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One line of the results: its keys as text, empty where they don't apply, and its number."""

    arm: str
    trained: str
    seed: str
    task: str
    domain: str
    shots: str
    template: str
    metric: str
    number: Number


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the report says about the run besides its numbers.

    Attributes:
        facts: pairs of a key of the catalogue (`fact.…`) and a value.
        settings: training settings: name, value, whether it was given.
        left_out: pairs of (task, domain) text, reason key and number of rows.
        notes: what a reader should know before the numbers.
        results: every line of the results, for the page to word.
        texts: what a row asked, by (task, domain, row).
        warnings: keys of the catalogue (`warn.…`) that apply, with their values.
        chosen: recipes that development rows chose.
        searched: forms of prompt that a search found on development rows.
        lapses: what other ways to ask could not change.
        study: what was asked.
    """

    facts: Sequence[tuple[str, str]]
    settings: Sequence[tuple[str, str, bool]]
    left_out: Sequence[tuple[str, str, int]]
    notes: Sequence[Note]
    results: Sequence[ResultLine]
    texts: Mapping[tuple[str, str, int], str]
    warnings: Sequence[tuple[str, Mapping[str, object]]] = ()
    chosen: Sequence[Chosen] = ()
    searched: Sequence[Searched] = ()
    lapses: Sequence[Lapse] = ()
    study: StudySpec | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the carry table."""

    value: str
    interval: str
    gain: str
    verdict: str
    symbol: str
    tone: str
    spread: str


@dataclass(frozen=True, slots=True)
class CarryTable:
    """A line a model, a column a test set.

    Attributes:
        columns: names of the test sets, with their tiers.
        rows: label of the model, `arm` or `baseline`, and its cells.
    """

    columns: list[tuple[str, str]]
    rows: list[tuple[str, str, list[Cell | None]]]


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task as the page shows it; `elsewhere` are models that were trained on other tasks."""

    name: str
    metric: str
    comparator: str
    headlines: list[str]
    carry: CarryTable
    elsewhere: CarryTable
    chart: str
    claims: list[tuple[str, str, str, str, str]]
    compared: list[ComparedRow]
    differing: list[tuple[str, int, str, str, list[tuple[str, list[Part], bool]]]]
    scale: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the template needs."""

    title: str
    answer: str
    meaning: list[str]
    tasks: list[TaskView]
    declared: list[DeclaredRow]
    moved: list[MovedRow]
    moved_tiers: list[str]
    foretold: list[tuple[str, str, str]]
    dials: list[DialView]
    space: SpaceView | None
    multiverse: MultiverseView | None
    sureness: SurenessView | None
    foreseen: ForeseenView | None
    learned: list[LearnedView]
    unlearned: list[str]
    money: MoneyView | None
    front: FrontView
    cards: CardsView | None


def page_of(findings: Findings, facts: RunFacts, say: Words) -> Page:
    """The page of a study in the language of `say`."""
    tasks = [_task(task, findings, facts, say) for task in findings.tasks]
    return Page(
        say("title", study=findings.study),
        _overall(findings, say),
        _meaning(findings, say),
        tasks,
        declared_rows(findings, say),
        moved_rows(findings, say),
        moved_tiers(findings),
        foretold_rows(findings, say),
        dial_views(findings, say),
        space_view(findings, say),
        multiverse_view(findings.multiverse, facts.lapses, say),
        sureness_view(findings, say),
        foreseen_view(findings, say),
        learned_views(findings, say),
        unlearned(findings, say),
        money_view(findings, say),
        front_view(findings, sum(rows for *_, rows in facts.left_out), say),
        cards_view(findings, facts.study, facts.left_out, say),
    )


def _task(task: TaskFindings, findings: Findings, facts: RunFacts, say: Words) -> TaskView:
    own = [line for line in task.lines if line.tier != "cross_task"]
    beyond = [line for line in task.lines if line.tier == "cross_task"]
    return TaskView(
        task.name,
        say(f"metric.{task.metric}"),
        _comparator(task, say),
        [_headline(answer, task, findings.seeds, say) for answer in task.answers],
        _table(task, {"arm": own, "baseline": task.baselines}, say),
        _table(task, {"arm": beyond}, say),
        _chart(task, say),
        [_claim(claim, say) for claim in task.claims],
        compared_rows(task, say),
        [
            (d.domain, d.row, facts.texts.get((task.name, d.domain, d.row), ""), d.target,
             [(arm, _parts(text, d.target, task), score >= 0.5) for arm, text, score in d.answers])
            for d in task.differing
        ],
        say("scale.share") if task.kind == "classification" else say("scale.hundred"),
    )  # fmt: skip


def _parts(answer: str, target: str, task: TaskFindings) -> list[Part]:
    """An answer with what it shares with the right one; of labels there is nothing to mark."""
    return shared_parts(answer, target) if task.kind == "generation" else [(answer, False)] * bool(answer)


def _table(task: TaskFindings, kinds: Mapping[str, Sequence[Line]], say: Words) -> CarryTable:
    columns = list(dict.fromkeys((line.domain, line.tier) for line in kinds["arm"]))
    columns.sort(key=lambda column: TIERS.index(column[1]))
    rows = []
    for kind, lines in kinds.items():
        for model in dict.fromkeys(map(_model, lines)):
            own = {(line.domain, line.tier): line for line in lines if _model(line) == model}
            cells = [_cell(own[column], say) if column in own else None for column in columns]
            first = next(iter(own.values()))
            label = say(f"baseline.{first.arm}") if kind == "baseline" else _arm(first, task.name, say)
            rows.append((label, kind, cells))
    return CarryTable([(domain, say(f"tier.{tier}")) for domain, tier in columns], rows)


def _model(line: Line) -> tuple[str, int | None, str | None]:
    """What makes two lines speak of the same model."""
    return line.arm, line.train_rows, line.trained_on


def _arm(line: Line, task: str, say: Words) -> str:
    if line.train_rows is None:
        return say("arm.untrained", arm=line.arm, shots=line.shots)
    named = {"arm": line.arm, "rows": line.train_rows, "shots": line.shots, "task": line.trained_on}
    return say("arm.trained" if line.trained_on == task else "arm.elsewhere", **named)


def _cell(line: Line, say: Words) -> Cell:
    verdict = line.verdict
    word = _word(verdict, line.tier, line.more_rows, say) if verdict else ""
    return Cell(
        value_text(line.value),
        interval_text(line.value, say),
        "" if line.gain is None else gain_text(line.gain, say),
        word,
        _SYMBOLS[verdict] if verdict else "",
        _TONES[verdict] if verdict else "plain",
        _spread(line.spread, say) if line.spread else "",
    )


def _spread(spread: Spread, say: Words) -> str:
    """How much of the doubt is of rows, of seeds and of the template: one standard deviation each, in points."""
    parts = {"rows": spread.rows, "seeds": spread.seeds, "templates": spread.templates}
    told = [say(f"carry.by.{facet}", points=points_text(part)) for facet, part in parts.items() if part is not None]
    return say("list.comma").join(told)


def _word(verdict: Verdict, tier: str, more_rows: RowRange | None, say: Words) -> str:
    if verdict is Verdict.cant_tell and more_rows:
        return say("verdict.cant_tell_more", more=range_text(more_rows, say))
    # In the domain that it was trained in, a gain carries nowhere: it is simply there.
    return say("verdict.better" if tier == "in_domain" and verdict is Verdict.carries else f"verdict.{verdict}")


def _chart(task: TaskFindings, say: Words) -> str:
    several = len({line.train_rows for line in task.lines if line.train_rows}) > 1
    bars = [
        Bar(
            _bar_label(line, task.name, several),
            100 * line.gain.value,
            100 * line.gain.low,
            100 * line.gain.high,
            gain_text(line.gain, say),
            _TONES[line.verdict or Verdict.cant_tell],
        )
        for line in task.lines
        if isinstance(line.gain, Estimate)
    ]
    if not bars:
        return ""
    title = say("chart.title", task=task.name)
    return gain_chart(bars, 100 * task.margin, title, say("chart.better"), say("chart.worse"))


def _bar_label(line: Line, task: str, several: bool) -> str:
    """The model and the test set, with what else is needed to tell two bars apart."""
    size = f" {line.train_rows}" if several else ""
    elsewhere = f" ({line.trained_on})" if line.trained_on != task else ""
    return f"{line.arm}{size}{elsewhere} · {line.domain}"


def _claim(claim: Claim, say: Words) -> tuple[str, str, str, str, str]:
    word = _word(claim.verdict, claim.tier, claim.more_rows, say)
    where = say("claim.where", tier=say(f"tier.{claim.tier}"), domains=say("list.comma").join(claim.domains))
    label = say("claim.gains", arm=claim.arm, where=where)
    return (
        label,
        gain_text(claim.gain, say),
        f"{_SYMBOLS[claim.verdict]} {word}",
        _TONES[claim.verdict],
        str(claim.train_rows),
    )


def _comparator(task: TaskFindings, say: Words) -> str:
    if task.comparator is None:
        return say("comparator.absent")
    c = task.comparator
    form = say("arm.untrained", arm=c.arm, shots=c.shots)
    told = say(f"comparator.{c.chosen_on}", form=form, rows=c.rows, template=c.template)
    return told + say("sentence.gap") + say("comparator.searched") if c.searched else told


def _headline(answer: Answer, task: TaskFindings, seeds: int, say: Words) -> str:
    who = say("who.method" if seeds >= 3 else "who.model", arm=answer.arm, rows=answer.train_rows)
    if answer.home_gain is None:
        return say("headline.no_home", who=who, task=task.name)
    if answer.home_verdict is None:
        return say("headline.other_shots", who=who, gain=gain_text(answer.home_gain, say))
    home = say(f"headline.home.{_KINDS[answer.home_verdict]}", who=who, task=task.name, domain=answer.home,
               gain=gain_text(answer.home_gain, say))  # fmt: skip
    return home + say("sentence.gap") + _elsewhere(answer, say)


def _elsewhere(answer: Answer, say: Words) -> str:
    parts = [
        say(f"headline.{kind}", domains=say("list.comma").join(names))
        for kind, names in (("carried", answer.carried), ("open", answer.open), ("lost", answer.lost))
        if names
    ]
    return say("sentence.gap").join(parts) if parts else say("headline.nowhere")


# Three answers are enough for a first sentence; the table has all six.
_KINDS = {
    Verdict.carries_fully: "yes",
    Verdict.carries: "yes",
    Verdict.no_harm: "open",
    Verdict.cant_tell: "open",
    Verdict.no: "no",
    Verdict.harms: "no",
}


def _overall(findings: Findings, say: Words) -> str:
    """The answer in one sentence, over all trained arms, tasks, new domains and later times."""
    answers = [answer for task in findings.tasks for answer in task.answers]
    if not answers:
        return say("answer.untrained")
    home = sum(_KINDS[a.home_verdict] == "yes" for a in answers if a.home_verdict)
    carried = sum(len(a.carried) for a in answers)
    new = carried + sum(len(a.open) + len(a.lost) for a in answers)
    tiers = {line.tier for task in findings.tasks for line in task.lines}
    values = {"home": home, "models": len(answers), "carried": carried, "new": new, "places": places(tiers, say)}
    if home == 0:
        return say("answer.new_only" if carried else "answer.no_gain", **values)
    if new == 0:
        return say("answer.home_only", **values)
    if carried == new:
        return say("answer.everywhere", **values)
    return say("answer.somewhere" if carried else "answer.nowhere", **values)


def _meaning(findings: Findings, say: Words) -> list[str]:
    """What a manager should take from it."""
    lines = [line for task in findings.tasks for line in task.lines if line.verdict]
    open_ = [line for line in lines if line.verdict is Verdict.cant_tell]
    lost = [line for line in lines if line.verdict in (Verdict.no, Verdict.harms)]
    told = []
    if open_:
        more = [round(line.more_rows.likely) for line in open_ if line.more_rows]
        told.append(say("meaning.open", n=len(open_), of=len(lines)) + (
            say("sentence.gap") + say("meaning.more", more=about_text(min(more), say)) if more else ""))  # fmt: skip
    if lost:
        names = say("list.comma").join(dict.fromkeys(f"{line.arm} · {line.domain}" for line in lost))
        told.append(say("meaning.lost", names=names))
    beaten = [f"{task.name} · {domain}" for task in findings.tasks for domain in _beaten(task)]
    if beaten:
        told.append(say("meaning.baseline", names=say("list.comma").join(beaten)))
    told.append(say("meaning.seeds" if findings.seeds < 3 else "meaning.method", seeds=findings.seeds))
    return told


def _beaten(task: TaskFindings) -> list[str]:
    """Domains on which some trivial baseline scores higher than every model."""
    best: dict[tuple[str, bool], float] = {}
    for trivial, lines in ((False, task.lines), (True, task.baselines)):
        for line in lines:
            if isinstance(line.value, Estimate) and line.tier != "cross_task":
                key = (line.domain, trivial)
                best[key] = max(best.get(key, 0.0), line.value.value)
    return [domain for (domain, trivial), score in best.items() if trivial and score > best.get((domain, False), 0.0)]
