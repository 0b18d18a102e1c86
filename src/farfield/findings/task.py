"""One task's predictions -> its findings: comparator, gains by domain, claims by tier, rows on which arms differ."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from farfield.findings.compared import Compared, compared
from farfield.findings.differing import differing
from farfield.findings.model import Answer, Claim, Comparator, Differing, Line, TaskFindings, Verdict, judge
from farfield.findings.scores import (
    BOUND,
    Form,
    Scores,
    Subject,
    Table,
    gain_over,
    generator,
    more_rows,
    pair_of,
    scores_of,
    topped_up,
    value_of,
)
from farfield.metrics import Pair, contrast, metric, point, spread, standard_error
from farfield.spec import OWN_TIERS, StudySpec
from farfield.stats import Estimate, Number, RowRange, Undefined

__all__ = ["TaskPredictions"]


@dataclass(frozen=True, slots=True)
class _Trained:
    """A trained model, seeds together: its arm, size of training set, task trained on, and how it is asked.

    The primary form is the shots that it was trained with and the first template; where the study asks no such
    shots, the nearest ones stand in, explore, and get no verdict.
    """

    arm: str
    size: int
    on: str
    shots: int
    primary: bool
    template: int = 0

    @property
    def form(self) -> Form:
        return (self.arm, self.shots, self.template)


class TaskPredictions:
    """One task's predictions of the primary metric, and the walk over its arms and domains.

    Args:
        study: the study.
        name: of the task.
        predictions: of its test rows, as `farfield predictions` prints them.
        dev: of its development rows.
        unlabelled: of its domains without labels.
        looks: by test set, the numbers of rows at which its results could be looked at.
        peeks: whether the comparator is the form that does best on the very test rows, as the original study chose it.
    """

    def __init__(
        self,
        study: StudySpec,
        name: str,
        predictions: pl.DataFrame,
        dev: pl.DataFrame,
        unlabelled: pl.DataFrame,
        *,
        looks: Mapping[str, Sequence[int]] | None = None,
        peeks: bool = False,
    ) -> None:
        self.name = name
        self.peeks = peeks
        self.again = set(topped_up(looks or {}))
        self.arms = study.arms
        self.spec = study.tasks[name]
        self.margin = study.protocol(name).margin
        self.metric = metric(self.spec.scored_by[0], self.spec.labels)
        self.table = Table(predictions, self.metric)
        self.dev = Table(dev, self.metric)
        self.unlabelled = Table(unlabelled, self.metric)
        self.comparator = self._comparator()

    def subject(self) -> Subject:
        """What findings across tasks can look at in this one."""
        tiers: dict[str, list[str]] = {
            tier: [domain for domain, where in self._domains() if where == tier] for tier in OWN_TIERS
        }
        tiers["cross_task"] = [domain for domain, _ in self._domains(cross=True)]
        every = [domain for cross in (False, True) for domain, _ in self._domains(cross=cross)]
        comparator = {domain: self._compared(domain) for domain in every} if self._chosen() else {}
        dev_domain = next(iter(self.spec.train), "")  # by this name go all rows of the training files
        return Subject(
            self.name,
            self.spec.kind,
            self.metric,
            self.table,
            self.dev,
            comparator,
            tiers,
            self.margin,
            self._home(),
            dev_domain,
            tuple(self.spec.dev_domains) or (dev_domain,),
            self.unlabelled,
        )

    def drop(self, arm: str | None) -> Number:
        """An arm's gain at home minus its mean gain in new domains, at the largest training set."""
        own = [model for model in self._trained() if model.arm == arm and model.on == self.name]
        new = [domain for domain, tier in self._domains() if tier == "out_of_domain"]
        if not (own and new and self._home() and self._chosen()):
            return Undefined("no drop of plain fine-tuning is known")
        model = max(own, key=lambda model: model.size)
        pairs = [self._pair(model, domain) for domain in (self._home(), *new)]
        weights = (1.0, *(-1 / len(new) for _ in new))
        return contrast(self.metric, pairs, weights, rng=generator("mean drop", self.name, arm, model.size))

    def findings(self) -> TaskFindings:
        """All findings of the task."""
        lines = tuple(self._lines())
        return TaskFindings(
            self.name,
            self.spec.kind,
            self.metric.name,
            self.margin,
            self.comparator,
            lines,
            tuple(self._baselines()),
            tuple(self.claims()),
            tuple(self._tests()),
            tuple(self._answers(lines)),
            tuple(self._differing()),
        )

    def _untrained(self) -> list[Form]:
        """All forms of the untrained arms that were asked something."""
        untrained = (name for name, arm in self.arms.items() if not arm.trained)
        return [form for arm in untrained for form in self.table.forms(arm)]

    def _comparator(self) -> Comparator | None:
        """The untrained form that does best on the development rows; the first one where there are none."""
        forms = self._untrained()
        if not forms:
            return None
        scored = {form: self.dev.scores(form) for form in forms}
        held = [form for form in forms if scored[form].rows]
        if not held:
            return Comparator(*forms[0], "none", 0)
        best = max(held, key=lambda form: _point(value_of(self.metric, scored[form], "dev", form)))
        return Comparator(*best, "dev", len(scored[best].rows), searched=self.arms[best[0]].search is not None)

    def _family(self, domain: str) -> list[Scores]:
        """What an arm is compared with on a domain: the comparator, or all untrained forms."""
        if self.comparator is None:
            return []
        forms = [self._compared(domain)] if self._chosen() else self._untrained()
        return [self.table.scores(form, domain=domain) for form in forms]

    def _trained(self) -> Iterator[_Trained]:
        trained = self.table.models.filter(pl.col("train_rows").is_not_null())
        keys = trained.select("arm", "train_rows", "trained_on").unique(maintain_order=True)
        for arm, size, on in keys.iter_rows():
            spec = self.arms[arm]
            _, shots, template = self.table.primary(arm, spec, self.spec)
            as_trained = spec.search is not None or shots == spec.train_shots
            yield _Trained(arm, size, on, shots, as_trained, template)

    def _domains(self, *, cross: bool = False) -> list[tuple[str, str]]:
        """Test sets with their tiers: the task's own, or those that models of other tasks were asked."""
        own = (pl.col("tier") == "cross_task") if cross else (pl.col("tier") != "cross_task")
        found = self.table.models.filter(own).select("domain", "tier").unique(maintain_order=True)
        return [(domain, tier) for domain, tier in found.iter_rows()]

    def _home(self) -> str:
        """The test set of the domain that was trained on: of the same name, else the first in-domain one."""
        inside = [domain for domain, tier in self._domains() if tier == "in_domain"]
        named = [domain for domain in inside if domain in self.spec.train]
        return next(iter([*named, *inside]), "")

    def _lines(self) -> Iterator[Line]:
        if self.comparator is not None:
            form = _form(self.comparator)
            for domain, tier in self._domains():
                value = value_of(self.metric, self.table.scores(form, domain=domain), self.name, form, domain)
                yield Line(form[0], None, None, domain, tier, form[1], value)
        for model in self._trained():
            for domain, tier in self._domains(cross=model.on != self.name):
                scores = self.table.scores(model.form, size=model.size, on=model.on, domain=domain)
                if scores.rows:
                    yield self._line(model, domain, tier, scores)

    def _line(self, model: _Trained, domain: str, tier: str, scores: Scores) -> Line:
        names = (self.name, model.arm, model.size, model.on, domain, tier)
        value = value_of(self.metric, scores, *names)
        line = Line(model.arm, model.size, model.on, domain, tier, model.shots, value)
        family = self._family(domain)
        if not family:
            return line
        gain, bound = (
            gain_over(self.metric, scores, family, level, *names, again=domain in self.again) for level in (0.95, BOUND)
        )
        line = replace(line, gain=gain, bound=bound, drop=self._drop(model, domain, scores))
        pairs = [pair_of(scores, family[0])] if self._chosen() else []
        if pairs and scores.rows:
            line = replace(line, spread=spread(self.metric, [*pairs, *self._other_templates(model, domain, scores)]))
        if not model.primary:
            return line
        verdict = judge(bound, line.drop, self.margin)
        return replace(line, verdict=verdict, more_rows=self._more(bound, pairs, verdict))

    def _other_templates(self, model: _Trained, domain: str, judged: Scores) -> Iterator[Pair]:
        """The model and the comparator on the same rows by other templates, where both were asked so."""
        arm, shots, _ = self._compared(domain)
        for template in dict.fromkeys(template for *_, template in self.table.forms(model.arm)):
            form, other = (model.arm, model.shots, template), (arm, shots, template)
            found = self.table.scores(form, size=model.size, on=model.on, domain=domain)
            against = self.table.scores(other, domain=domain)
            if template != model.template and found.rows == against.rows == judged.rows:
                yield pair_of(found, against)

    def _drop(self, model: _Trained, domain: str, scores: Scores) -> Number | None:
        """Gain at home minus gain here; None at home, across tasks, and where nothing chose the comparator."""
        home = self._home()
        if model.on != self.name or domain == home or not home or not self._chosen():
            return None
        pairs = [self._pair(model, home), pair_of(scores, self._family(domain)[0])]
        rng = generator("drop", self.name, model.arm, model.size, domain)
        again = not self.again.isdisjoint((home, domain))
        return contrast(self.metric, pairs, (1.0, -1.0), rng=rng, level=BOUND, again=again)

    def _chosen(self) -> bool:
        return self.comparator is not None and (self.peeks or self.comparator.chosen_on == "dev")

    def _compared(self, domain: str) -> Form:
        """The form that arms are compared with; who peeks takes the best one on these very test rows."""
        assert self.comparator is not None
        if not self.peeks:
            return _form(self.comparator)
        scored = {form: self.table.scores(form, domain=domain).scores for form in self._untrained()}
        return max(scored, key=lambda form: point(self.metric, scored[form]) if scored[form] else -math.inf)

    def _pair(self, model: _Trained, domain: str) -> Pair:
        """The model and the comparator on a test set, row by row."""
        scores = self.table.scores(model.form, size=model.size, on=model.on, domain=domain)
        return pair_of(scores, self._family(domain)[0])

    def _more(self, bound: Number, pairs: list[Pair], verdict: Verdict) -> RowRange | None:
        """How many more rows would likely settle an open verdict; without `pairs`, from its interval's width."""
        if verdict is not Verdict.cant_tell:
            return None
        return more_rows(bound, error=standard_error(self.metric, pairs) if pairs else None)

    def _baselines(self) -> Iterator[Line]:
        named = self.table.baselines
        for arm, domain, tier in named.select("arm", "domain", "tier").unique(maintain_order=True).iter_rows():
            frame = named.filter((pl.col("arm") == arm) & (pl.col("domain") == domain))
            value = value_of(self.metric, scores_of(frame), self.name, "baseline", arm, domain)
            yield Line(arm, None, None, domain, tier, 0, value)

    def claims(self, *, largest: bool = False) -> Iterator[Claim]:
        """One claim for each trained arm and tier, a family of its own: no verdict is picked from many."""
        for model, tier, pairs in self._families(largest=largest):
            again = not self.again.isdisjoint(pairs)
            gain, bound = (
                contrast(
                    self.metric,
                    list(pairs.values()),
                    rng=generator("claim", level, self.name, model, tier),
                    level=level,
                    again=again,
                )
                for level in (0.95, BOUND)
            )
            verdict = judge(bound, None, self.margin)
            more = self._more(bound, list(pairs.values()), verdict)
            yield Claim(model.arm, model.size, tier, tuple(pairs), gain, verdict, more)

    def _families(self, *, largest: bool = False) -> Iterator[tuple[_Trained, str, dict[str, Pair]]]:
        """Each trained model and tier, with the model's and the comparator's scores by test set."""
        own = [model for model in self._trained() if model.on == self.name and model.primary]
        if largest:
            own = [model for model in own if model.size == max(m.size for m in own if m.arm == model.arm)]
        for model in own if self._chosen() else ():
            for tier in OWN_TIERS:
                pairs = {domain: self._pair(model, domain) for domain, where in self._domains() if where == tier}
                if pairs:
                    yield model, tier, pairs

    def _tests(self) -> Iterator[Compared]:
        for model, tier, pairs in self._families():
            # A p-value holds for one look; rows that were added after one have intervals that hold at all of them.
            once = {domain: pair for domain, pair in pairs.items() if domain not in self.again}
            yield from compared(self.metric, (model.arm, model.size), tier, once, self.margin)

    def _answers(self, lines: tuple[Line, ...]) -> Iterator[Answer]:
        own = [line for line in lines if line.trained_on == self.name]
        for arm, size in dict.fromkeys((line.arm, line.train_rows) for line in own):
            mine = [line for line in own if (line.arm, line.train_rows) == (arm, size)]
            home = next((line for line in mine if line.domain == self._home()), None)
            new = [line for line in mine if line is not home]
            yield Answer(
                arm,
                size or 0,
                home.domain if home else "",
                home.verdict if home else None,
                home.gain if home else None,
                tuple(line.domain for line in new if line.verdict in (Verdict.carries, Verdict.carries_fully)),
                tuple(line.domain for line in new if line.verdict in (Verdict.cant_tell, Verdict.no_harm)),
                tuple(line.domain for line in new if line.verdict in (Verdict.no, Verdict.harms)),
            )

    def _differing(self) -> Iterator[Differing]:
        """Rows on which the largest trained arms and the comparator differ most."""
        own = [model for model in self._trained() if model.on == self.name]
        largest = [model for model in own if model.size == max(m.size for m in own)]
        frames: dict[str, dict[str, pl.DataFrame]] = {}
        for domain, _ in self._domains():
            said = {m.arm: self.table.asked(m.form, size=m.size, on=m.on, domain=domain) for m in largest}
            if self.comparator:
                said = {self.comparator.arm: self.table.asked(_form(self.comparator), domain=domain), **said}
            frames[domain] = said
        return differing(frames)


def _form(comparator: Comparator) -> Form:
    return (comparator.arm, comparator.shots, comparator.template)


def _point(number: Number) -> float:
    return number.value if isinstance(number, Estimate) else -math.inf
