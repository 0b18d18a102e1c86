"""Which test answers which question of two arms on the same rows."""

import numpy as np
import pytest

from farfield.metrics import ArmTests, RowScore, compare, metric
from farfield.stats import Undefined, mcnemar

ACCURACY, ROUGE, BLEU = metric("accuracy", ("yes", "no")), metric("rougeL"), metric("bleu")


def scored(scores: list[float]) -> list[RowScore]:
    return [RowScore(score) for score in scores]


def both(*args: object, **kwargs: object) -> ArmTests:
    found = compare(*args, **kwargs, rng=np.random.default_rng(0))  # type: ignore[arg-type]
    assert isinstance(found, ArmTests)
    return found


def test_right_and_wrong_are_mcnemars() -> None:
    a, b = [1.0] * 30 + [0.0] * 10 + [1.0] * 60, [0.0] * 30 + [1.0] * 10 + [1.0] * 60
    found = both(ACCURACY, (scored(a), scored(b)), 0.05)
    own = mcnemar(30, 10)
    assert (found.p, found.exact, found.differing, found.n) == (own.mid_p, own.exact_p, 40, 100)
    assert found.method == "mcnemar"


def test_shares_of_seeds_and_scores_are_exchanged() -> None:
    a, b = [1.0, 0.5, 1.0, 0.5] * 20, [0.5, 0.5, 0.5, 0.0] * 20
    for of in (ACCURACY, ROUGE):
        found = both(of, (scored(a), scored(b)), 0.05)
        assert (found.method, found.exact, found.differing) == ("exchange", None, 60)
        assert found.p < 0.001
        assert found.alike is not None
        assert found.alike > 0.95


def test_a_corpus_metric_exchanges_its_parts() -> None:
    said = [
        BLEU.row("the pump is stuck and the valve leaks", "the pump is stuck and the valve leaks") for _ in range(20)
    ]
    other = [
        BLEU.row("the pump is stuck and a valve leaks", "the pump is stuck and the valve leaks") for _ in range(20)
    ]
    found = both(BLEU, (said, other), 0.05)
    assert found.method == "exchange"
    assert found.p < 0.001


def test_arms_that_say_the_same_are_tied_and_alike() -> None:
    rows = scored([1.0, 0.0] * 100)
    found = both(ACCURACY, (rows, rows), 0.05)
    assert (found.p, found.differing) == (1.0, 0)
    assert found.alike is not None
    assert found.no_worse is not None
    assert found.no_worse <= found.alike < 0.05


def test_without_rows_there_is_no_test() -> None:
    assert compare(ROUGE, ((), ()), 0.05, rng=np.random.default_rng(0)) == Undefined("no rows")


def test_a_margin_lies_above_0() -> None:
    with pytest.raises(ValueError, match="margin"):
        compare(ROUGE, (scored([1.0]), scored([0.5])), 0.0, rng=np.random.default_rng(0))
