"""What the page says of sureness: what may be answered without a person, and accuracy without labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from farfield.findings import SHARES, Findings, Foreseen, Limit, Sureness, Unlabelled
from farfield.report.chart import risk_chart
from farfield.report.numbers import number_text, share_text, value_text
from farfield.report.words import Words
from farfield.stats import WAYS, Calibration, RiskCoverage, Trial, Undefined

__all__ = ["ForeseenView", "SurenessView", "foreseen_view", "sureness_view"]

_FEWEST = 10
_WAYS = ("assumed", *WAYS, "agreement")


@dataclass(frozen=True, slots=True)
class SurenessView:
    """The section on what may be answered without a person.

    Attributes:
        sentences: what each model may answer, or why it may not.
        charts: of each task, what goes wrong at home as more is answered: its name and the chart.
        shares: of the surest answers, the columns of `wrong`.
        wrong: model, test set, tier, what is wrong among each of the surest shares.
        done: model, test set, tier, what is answered, what of it is wrong, and whether the guarantee holds there.
        calibration: model, test set, error beside what chance makes of it, Brier score, temperature.
    """

    sentences: list[str]
    charts: list[tuple[str, str]]
    shares: list[str]
    wrong: list[tuple[str, str, str, list[str]]]
    done: list[tuple[str, str, str, str, str, bool]]
    calibration: list[list[str]]


@dataclass(frozen=True, slots=True)
class ForeseenView:
    """The section on accuracy without labels.

    Attributes:
        ways: names of the ways, those of both tables' columns.
        errors: model, domains left out, the mean error of each way, and what sampling alone makes of it.
        estimates: model, domain, rows, each way's estimate, the labelled rows alone, these with guesses.
    """

    ways: list[str]
    errors: list[list[str]]
    estimates: list[list[str]]


def sureness_view(findings: Findings, say: Words) -> SurenessView | None:
    """The section; None where no classifier answered development rows."""
    if not findings.sureness:
        return None
    return SurenessView(
        [*_allowed(findings.sureness, say), *_refused(findings.sureness, say)],
        list(_charts(findings.sureness, say)),
        [share_text(share) for share in SHARES],
        [line for sure in findings.sureness for line in _wrong(sure, say)],
        [line for sure in findings.sureness for limit in sure.limits for line in _done(sure, limit, say)],
        [line for sure in findings.sureness for line in _calibrated(sure, say)],
    )


def foreseen_view(findings: Findings, say: Words) -> ForeseenView | None:
    """The section; None where there is no classifier in a new domain."""
    if not findings.foreseen:
        return None
    return ForeseenView(
        [say(f"way.{way}") for way in _WAYS],
        [_errors(model, model.trial, say) for model in findings.foreseen if isinstance(model.trial, Trial)],
        [_estimated(model, there, say) for model in findings.foreseen for there in model.unlabelled],
    )


def _model(of: Sureness | Foreseen, say: Words) -> str:
    if of.train_rows is None:
        return say("sure.untrained", arm=of.arm, task=of.task)
    return say("moved.model", arm=of.arm, task=of.task, rows=of.train_rows)


def _allowed(models: Sequence[Sureness], say: Words) -> Iterator[str]:
    """What each model may answer, a sentence for each limit that it can keep."""
    for sure in models:
        for limit in sure.limits:
            if not isinstance(limit.threshold, Undefined):
                named = {"model": _model(sure, say), "domain": sure.home, **_asked(limit)}
                coverage = number_text(limit.done[sure.home].coverage, say)
                yield say("sure.may", **named, threshold=share_text(limit.threshold), coverage=coverage)


def _refused(models: Sequence[Sureness], say: Words) -> Iterator[str]:
    """Why others may not, a sentence for all of whom the same is true."""
    why: dict[tuple[str, tuple[tuple[str, object], ...]], list[str]] = {}
    for sure in models:
        for limit in sure.limits:
            if isinstance(limit.threshold, Undefined):
                key, told = "none", {"reason": say(f"reason.{limit.threshold.reason}")}
                if limit.more_rows:
                    key, told = "few", {"rows": str(sure.rows), "more": str(limit.more_rows)}
                why.setdefault((key, tuple({**_asked(limit), **told}.items())), []).append(_model(sure, say))
    for (key, same), named in why.items():
        yield say(f"sure.{key}", models=say("list.comma").join(named), **dict(same))


def _asked(limit: Limit) -> dict[str, str]:
    return {"limit": share_text(limit.share), "level": share_text(limit.level)}


def _charts(models: Sequence[Sureness], say: Words) -> Iterator[tuple[str, str]]:
    for task in dict.fromkeys(sure.task for sure in models):
        drawn = []
        for sure in models:
            curve = sure.curves.get(sure.home) if sure.task == task else None
            if curve is not None and (points := _points(curve)):
                drawn.append((sure.arm, points))
        if drawn:
            title = say("sure.chart", task=task, domain=next(sure.home for sure in models if sure.task == task))
            yield title, risk_chart(drawn, title, say("sure.coverage.axis"), say("sure.risk.axis"))


def _points(curve: RiskCoverage) -> list[tuple[float, float]]:
    """The curve in percent from `_FEWEST` answers on: of fewer, it jumps between all and nothing."""
    enough = curve.coverage * curve.n >= _FEWEST
    pairs = zip(100 * curve.coverage[enough], 100 * curve.risk[enough], strict=True)
    return [(float(answered), float(wrong)) for answered, wrong in pairs]


def _wrong(sure: Sureness, say: Words) -> Iterator[tuple[str, str, str, list[str]]]:
    for domain, told in sure.wrong.items():
        yield _model(sure, say), domain, say(f"tier.{sure.tiers[domain]}"), [number_text(each, say) for each in told]


def _done(sure: Sureness, limit: Limit, say: Words) -> Iterator[tuple[str, str, str, str, str, bool]]:
    for domain, done in limit.done.items():
        answered = number_text(done.coverage, say), number_text(done.risk, say)
        label = say("sure.at", model=_model(sure, say), limit=share_text(limit.share))
        yield (label, domain, say(f"tier.{sure.tiers[domain]}"), *answered, domain == sure.home)


def _calibrated(sure: Sureness, say: Words) -> Iterator[list[str]]:
    heat = "–" if isinstance(sure.temperature, Undefined) else f"{sure.temperature:.2f}"
    for domain, found in sure.calibration.items():
        yield [_model(sure, say), domain, *_error(found, say), heat]


def _error(found: Calibration | Undefined, say: Words) -> tuple[str, str, str]:
    if isinstance(found, Undefined):
        return say(f"reason.{found.reason}"), "–", "–"
    error = say("sure.error", error=f"{100 * found.ece:.1f}", chance=f"{100 * found.chance:.1f}")
    return error, f"{found.p:.3f}", value_text(found.brier)


def _errors(model: Foreseen, trial: Trial, say: Words) -> list[str]:
    cells = [f"{100 * trial.mean(way):.1f}" if way in trial.off else "–" for way in _WAYS]
    return [_model(model, say), say("list.comma").join(trial.domains), *cells, f"{100 * trial.noise:.1f}"]


def _estimated(model: Foreseen, there: Unlabelled, say: Words) -> list[str]:
    cells: Sequence[str] = [f"{100 * there.estimates[way]:.1f}" if way in there.estimates else "–" for way in _WAYS]
    powered = there.powered
    if isinstance(powered, Undefined):
        told = say(f"reason.{powered.reason}")
    else:
        worth = say("foreseen.worth", worth=round(powered.worth), labels=powered.mean.n)
        told = number_text(powered.mean, say) + say("sentence.gap") + worth
    return [_model(model, say), there.domain, str(there.rows), *cells, number_text(there.few, say), told]
