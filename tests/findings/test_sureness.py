"""What may be answered without a person, and accuracy without labels, on answers made by hand."""

import numpy as np
import polars as pl
import pytest

from farfield.findings import SHARES, Beside, Findings, build
from farfield.spec import StudySpec
from farfield.stats import PredictionPowered, Trial, Undefined
from tests.findings.frames import EMPTY, classifying, defined, rng, said, study

LABELS = ("good", "bad")


def sure(n: int, seed: int, *, heat: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """How sure an answer is, and whether it is right: as often as it says at heat 1, less often above it."""
    draws = rng(seed)
    logit = np.abs(draws.normal(scale=3, size=n))
    return 1 / (1 + np.exp(-logit)), draws.random(n) < 1 / (1 + np.exp(-logit / heat))


def answers(
    arm: str,
    domain: str,
    rows: tuple[np.ndarray, np.ndarray],
    *,
    tier: str = "in_domain",
    trained: bool = False,
    labelled: int | None = None,
) -> pl.DataFrame:
    """Answers of a classifier to rows whose gold labels take turns."""
    confidence, right = rows
    gold = [LABELS[n % 2] for n in range(len(right))]
    answer = [label if hit else LABELS[1 - LABELS.index(label)] for label, hit in zip(gold, right, strict=True)]
    share = [[p, 1 - p] if a == "good" else [1 - p, p] for p, a in zip(confidence, answer, strict=True)]
    known = len(gold) if labelled is None else labelled
    return said(
        arm, domain, right, tier=tier, trained=("title", 16) if trained else None, metric="accuracy"
    ).with_columns(
        target=pl.Series([label if n < known else "" for n, label in enumerate(gold)]),
        prediction=pl.Series(answer),
        label_logprobs=pl.Series(np.log(share).tolist()),
    )


def sorting(errors: tuple[float, ...] = (0.1,), **changes: object) -> StudySpec:
    return study(tasks=classifying("accuracy"), automation={"errors": errors}, **changes)


def findings(
    dev: int = 400, *, heat: float = 1.0, spec: StudySpec | None = None, unlabelled: pl.DataFrame | None = None
) -> Findings:
    test = [
        answers("ft", "a", sure(300, 1, heat=heat), trained=True),
        answers("ft", "b", sure(300, 2, heat=3), tier="out_of_domain", trained=True),
        answers("ft", "c", sure(300, 3, heat=3), tier="out_of_domain", trained=True),
    ]
    held = answers("ft", "a", sure(dev, 4, heat=heat), trained=True)
    return build(spec or sorting(), pl.concat(test), held, Beside(unlabelled=unlabelled))


def test_a_guarantee_holds_at_home_and_is_void_elsewhere() -> None:
    (found,) = findings().sureness
    assert (found.arm, found.train_rows, found.home, found.rows) == ("ft", 16, "a", 400)
    (limit,) = found.limits
    assert (limit.share, limit.level) == (0.1, 0.95)
    assert isinstance(limit.threshold, float)
    assert 0.1 < defined(limit.done["a"].coverage).value < 0.9
    assert defined(limit.done["a"].risk).value < 0.1
    assert defined(limit.done["b"].risk).value > 0.1
    assert found.tiers == {"a": "in_domain", "b": "out_of_domain", "c": "out_of_domain"}


def test_the_choice_among_several_makes_the_guarantee_stricter() -> None:
    arms = {"base": {}, "ft": {"trained": True, "learning_rate": [1e-4, 5e-4]}}
    (found,) = findings(spec=sorting(arms=arms)).sureness
    assert found.limits[0].level == pytest.approx(0.975)


def test_too_few_rows_say_how_many_are_lacking() -> None:
    (found,) = findings(dev=100, spec=sorting((0.02, 0.3))).sureness
    strict, loose = found.limits
    assert isinstance(strict.threshold, Undefined)
    assert strict.more_rows == 149 - 100
    assert isinstance(loose.threshold, float)


def test_who_is_too_sure_is_told_by_temperature_and_error() -> None:
    (fair,), (hot,) = findings().sureness, findings(heat=3).sureness
    assert isinstance(fair.temperature, float)
    assert isinstance(hot.temperature, float)
    assert fair.temperature == pytest.approx(1, abs=0.3)
    assert hot.temperature > 2
    seen = hot.calibration["a"]
    assert not isinstance(seen, Undefined)
    assert seen.ece > seen.chance
    assert seen.p < 0.01


def test_each_new_domain_is_left_out_in_turn() -> None:
    (found,) = findings().foreseen
    assert isinstance(found.trial, Trial)
    assert found.trial.domains == ("b", "c")
    # b and c are as bad as one another, and the one tells what the other will be better than home does.
    assert found.trial.mean("average_confidence") < found.trial.mean("assumed")
    assert found.trial.mean("assumed") > 0.1
    assert "agreement" not in found.trial.off  # there is no second model


def test_a_domain_without_labels_is_estimated_and_few_labels_are_stretched() -> None:
    new = answers("ft", "z", sure(500, 5, heat=3), tier="out_of_domain", trained=True, labelled=60)
    (found,) = findings(unlabelled=new).foreseen
    (there,) = found.unlabelled
    assert (there.domain, there.rows) == ("z", 500)
    truth = float(sure(500, 5, heat=3)[1].mean())
    assert defined(there.few).n == 60
    assert isinstance(there.powered, PredictionPowered)
    assert there.powered.mean.low < truth < there.powered.mean.high
    assert set(there.estimates) == {"assumed", "average_confidence", "threshold_confidence", "transported_confidence"}


def test_nothing_is_said_of_generation_or_without_development_rows() -> None:
    assert build(study(), said("ft", "a", [0.5, 0.6], trained=("title", 16)), EMPTY).sureness == ()
    only = answers("ft", "a", sure(50, 1), trained=True)
    found = build(sorting(), only, only.clear())
    assert (found.sureness, found.foreseen) == ((), ())


def test_without_a_row_at_home_nothing_is_assumed() -> None:
    away = answers("ft", "b", sure(100, 1), tier="out_of_domain", trained=True)
    new = answers("ft", "z", sure(50, 2), tier="out_of_domain", trained=True, labelled=0)
    (found,) = build(sorting(), away, away.clear(), Beside(unlabelled=new)).foreseen
    assert isinstance(found.trial, Undefined)
    assert set(found.unlabelled[0].estimates) == {
        "average_confidence", "threshold_confidence", "transported_confidence",
    }  # fmt: skip


def test_what_goes_wrong_among_the_surest_answers_is_told_for_every_test_set() -> None:
    (sure_of,) = findings().sureness
    assert list(sure_of.wrong) == list(sure_of.curves) == ["a", "b", "c"]
    confidence, right = sure(300, 1)
    order = np.argsort(-confidence)
    for share, told in zip(SHARES, sure_of.wrong["a"], strict=True):
        answered = round(share * 300)
        assert defined(told).value == pytest.approx(1 - right[order][:answered].mean())
        assert defined(told).n == answered
    values = [defined(told).value for told in sure_of.wrong["a"]]
    assert values == sorted(values)  # who says truly how sure it is errs least where it is surest
