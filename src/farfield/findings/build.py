"""Puts the findings of a study together, task by task."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from farfield.findings.model import (
    Answer,
    Claim,
    Comparator,
    Differing,
    Findings,
    Line,
    TaskFindings,
    Verdict,
    judge,
)
from farfield.findings.scores import Scores, gain_over, generator, scores_of, value_of
from farfield.metrics import Metric, metric
from farfield.spec import StudySpec
from farfield.stats import FloatArray, Number, Undefined, rows_needed, stratified_mean

__all__ = ["build"]

_SHOWN_DIFFERING = 12
_BETTER = 0.3  # a generated answer counts as clearly better from this far up


def build(study: StudySpec, predictions: pl.DataFrame, dev: pl.DataFrame) -> Findings:
    """The findings of a run.

    Args:
        study: the study.
        predictions: of the test rows, as `farfield predictions` prints them.
        dev: of the development rows, by untrained arms.
    """
    found = [
        _Task(study, name, predictions.filter(pl.col("task") == name), dev.filter(pl.col("task") == name)).findings()
        for name in study.tasks
    ]
    return Findings(study.study, len(study.seeds), tuple(found))


class _Task:
    """One task's predictions of the primary metric, and the walk over its arms and domains."""

    def __init__(self, study: StudySpec, name: str, predictions: pl.DataFrame, dev: pl.DataFrame) -> None:
        self.name = name
        self.arms = study.arms
        self.spec = study.tasks[name]
        self.margin = study.protocol(name).margin
        self.metric: Metric = metric(self.spec.scored_by[0], self.spec.labels)
        self.frame = predictions.filter(pl.col("metric") == self.metric.name)
        self.dev = dev.filter(pl.col("metric") == self.metric.name)

    def findings(self) -> TaskFindings:
        comparator = self._comparator()
        lines = tuple(self._lines(comparator))
        trained = [line for line in lines if line.train_rows is not None]
        return TaskFindings(
            self.name,
            self.spec.kind,
            self.metric.name,
            self.margin,
            comparator,
            lines,
            tuple(self._baselines()),
            tuple(self._claims(comparator)) if comparator else (),
            tuple(_answers(trained)),
            tuple(self._differing(comparator)),
        )

    def _untrained(self) -> list[str]:
        return [name for name, arm in self.arms.items() if not arm.trained]

    def _comparator(self) -> Comparator | None:
        """The untrained form that does best on the development rows; the first one where there are none."""
        forms = [
            (arm, shots, template)
            for arm in self._untrained()
            for shots in self.spec.shots
            for template in range(len(self.spec.prompts))
        ]
        forms = [form for form in forms if not self._form(self.frame, *form).is_empty()]
        if not forms:
            return None
        held = [form for form in forms if not self._form(self.dev, *form).is_empty()]
        if not held:
            return Comparator(*forms[0], "none", 0)
        scored = {form: scores_of(self._form(self.dev, *form)) for form in held}
        best = max(held, key=lambda form: _point(value_of(self.metric, scored[form], "dev", form)))
        return Comparator(*best, "dev", len(scored[best].rows))

    def _form(self, frame: pl.DataFrame, arm: str, shots: int, template: int) -> pl.DataFrame:
        return frame.filter((pl.col("arm") == arm) & (pl.col("shots") == shots) & (pl.col("template") == template))

    def _domains(self) -> list[tuple[str, str]]:
        own = self.frame.filter(pl.col("trained_on").is_null() | (pl.col("trained_on") == self.name))
        return [(d, t) for d, t in own.select("domain", "tier").unique(maintain_order=True).iter_rows()]

    def _family(self, comparator: Comparator, domain: str) -> list[Scores]:
        """What an arm is compared with on a domain: the comparator, or all untrained forms."""
        at = self.frame.filter(pl.col("domain") == domain)
        if comparator.chosen_on == "dev":
            return [scores_of(self._form(at, comparator.arm, comparator.shots, comparator.template))]
        forms = (
            at.filter(pl.col("arm").is_in(self._untrained()))
            .select("arm", "shots", "template")
            .unique(maintain_order=True)
        )
        return [scores_of(self._form(at, *form)) for form in forms.iter_rows()]

    def _trained(self) -> Iterator[tuple[str, int, str]]:
        """Trained arms by name, size of training set, and task trained on."""
        trained = self.frame.filter(pl.col("train_rows").is_not_null())
        keys = trained.select("arm", "train_rows", "trained_on").unique(maintain_order=True)
        yield from keys.iter_rows()

    def _arm_frame(self, arm: str, size: int, on: str, domain: str) -> pl.DataFrame:
        """A trained arm on a domain in its primary form: the shots it was trained with, the first template."""
        shots = self.arms[arm].train_shots
        asked = self.spec.shots
        primary = shots if shots in asked else min(asked, key=lambda k: abs(k - shots))
        return self._form(self.frame, arm, primary, 0).filter(
            (pl.col("train_rows") == size) & (pl.col("trained_on") == on) & (pl.col("domain") == domain)
        )

    def _lines(self, comparator: Comparator | None) -> Iterator[Line]:
        for domain, tier in self._domains():
            if comparator is not None:
                at = self._form(self.frame, comparator.arm, comparator.shots, comparator.template)
                scores = scores_of(at.filter(pl.col("domain") == domain))
                value = value_of(self.metric, scores, self.name, comparator.arm, domain)
                yield Line(comparator.arm, None, domain, tier, comparator.shots, value)
        for arm, size, on in self._trained():
            home: Scores | None = None
            for domain, tier in self._domains() if on == self.name else self._cross():
                frame = self._arm_frame(arm, size, on, domain)
                if frame.is_empty():
                    continue
                scores = scores_of(frame)
                line = self._line(
                    arm, size, (domain, tier if on == self.name else "cross_task"), scores, comparator, home
                )
                if comparator and home is None and tier == "in_domain" and comparator.chosen_on == "dev":
                    home = _paired(scores, self._family(comparator, domain)[0])
                yield line

    def _cross(self) -> list[tuple[str, str]]:
        crossed = self.frame.filter(pl.col("tier") == "cross_task")
        return [(d, t) for d, t in crossed.select("domain", "tier").unique(maintain_order=True).iter_rows()]

    def _line(
        self,
        arm: str,
        size: int,
        place: tuple[str, str],
        scores: Scores,
        comparator: Comparator | None,
        home: Scores | None,
    ) -> Line:
        domain, tier = place
        shots = self.arms[arm].train_shots
        names = (self.name, arm, size, domain, tier)
        value = value_of(self.metric, scores, *names)
        if comparator is None:
            return Line(arm, size, domain, tier, shots, value)
        family = self._family(comparator, domain)
        gain = gain_over(self.metric, scores, family, 0.95, *names)
        bound = gain_over(self.metric, scores, family, 0.90, *names)
        drop = None
        if home is not None:
            here = _paired(scores, family[0])
            # The mean of (2 a, -2 b) is a - b: two independent groups, each resampled within itself.
            drop = stratified_mean(
                [2 * home.array, -2 * here.array],
                rng=generator("drop", *names),
                level=0.90,
                bounds=(-2.0, 2.0),
            )
        verdict = judge(bound, drop, self.margin)
        return Line(arm, size, domain, tier, shots, value, gain, bound, drop, verdict,
                    _more([_paired(scores, family[0]).array]) if verdict is Verdict.cant_tell else None)  # fmt: skip

    def _baselines(self) -> Iterator[Line]:
        named = self.frame.filter(pl.col("backend") == "baseline")
        for arm, domain, tier in named.select("arm", "domain", "tier").unique(maintain_order=True).iter_rows():
            frame = named.filter((pl.col("arm") == arm) & (pl.col("domain") == domain))
            value = value_of(self.metric, scores_of(frame), self.name, arm, domain)
            yield Line(arm, None, domain, tier, 0, value)

    def _claims(self, comparator: Comparator) -> Iterator[Claim]:
        """One claim for each trained arm and tier, a family of its own: no verdict is picked from many."""
        for arm, size, on in self._trained():
            if on != self.name or comparator.chosen_on != "dev":
                continue
            for tier in ("in_domain", "out_of_domain", "later_time"):
                domains = [d for d, t in self._domains() if t == tier]
                gains = [
                    _paired(scores_of(self._arm_frame(arm, size, on, d)), self._family(comparator, d)[0]).array
                    for d in domains
                ]
                if not gains:
                    continue
                rng = generator("claim", self.name, arm, size, tier)
                bound = stratified_mean(gains, rng=rng, level=0.90, bounds=(-1.0, 1.0))
                rng = generator("claim 95", self.name, arm, size, tier)
                gain = stratified_mean(gains, rng=rng, level=0.95, bounds=(-1.0, 1.0))
                verdict = judge(bound, None, self.margin)
                more = _more(gains) if verdict is Verdict.cant_tell else None
                yield Claim(arm, size, tier, tuple(domains), gain, verdict, more)

    def _differing(self, comparator: Comparator | None) -> Iterator[Differing]:
        """Rows on which the largest trained arms and the comparator differ most, at most a dozen a task."""
        found: list[tuple[float, Differing]] = []
        sizes = [size for _, size, on in self._trained() if on == self.name]
        for domain, _ in self._domains():
            frames = {}
            if comparator:
                at = self._form(self.frame, comparator.arm, comparator.shots, comparator.template)
                frames[comparator.arm] = at.filter(pl.col("domain") == domain)
            for arm, size, on in self._trained():
                if on == self.name and size == max(sizes):
                    frames[arm] = self._arm_frame(arm, size, on, domain)
            found += _differing_rows(domain, frames)
        found.sort(key=lambda pair: -pair[0])
        for _, differing in found[:_SHOWN_DIFFERING]:
            yield differing


def _differing_rows(domain: str, frames: dict[str, pl.DataFrame]) -> Iterator[tuple[float, Differing]]:
    said: dict[int, list[tuple[str, str, float]]] = {}
    targets: dict[int, str] = {}
    for arm, frame in frames.items():
        first = frame.unique("row", keep="first", maintain_order=True)
        for row, target, prediction, score in first.select("row", "target", "prediction", "score").iter_rows():
            said.setdefault(row, []).append((arm, prediction, score))
            targets[row] = target
    for row, answers in said.items():
        scores = [score for *_, score in answers]
        spread = max(scores) - min(scores)
        if spread >= _BETTER:
            yield spread, Differing(domain, row, targets[row], tuple(answers))


def _paired(arm: Scores, other: Scores) -> Scores:
    """Row by row, the arm's score minus the other's; both were asked the same rows."""
    from farfield.metrics import RowScore

    return Scores(arm.rows, tuple(RowScore(float(d)) for d in arm.array - other.array), arm.seeds)


def _more(gains: list[FloatArray]) -> int | None:
    every = np.concatenate(gains)
    if len(every) < 2:
        return None
    needed = rows_needed(float(every.mean()), float(every.std(ddof=1)), len(every))
    return None if isinstance(needed, Undefined) else needed


def _point(number: Number) -> float:
    return float("-inf") if isinstance(number, Undefined) else number.value


def _answers(lines: list[Line]) -> Iterator[Answer]:
    keys = dict.fromkeys((line.arm, line.train_rows) for line in lines if line.tier != "cross_task")
    for arm, size in keys:
        own = [line for line in lines if (line.arm, line.train_rows) == (arm, size)]
        home = next((line for line in own if line.tier == "in_domain"), None)
        new = [line for line in own if line.tier in ("out_of_domain", "later_time")]
        good = (Verdict.carries, Verdict.carries_fully)
        bad = (Verdict.no, Verdict.harms)
        yield Answer(
            arm,
            size or 0,
            home.domain if home else "",
            home.verdict if home else None,
            home.gain if home else None,
            tuple(line.domain for line in new if line.verdict in good),
            tuple(line.domain for line in new if line.verdict in (Verdict.cant_tell, Verdict.no_harm)),
            tuple(line.domain for line in new if line.verdict in bad),
        )
