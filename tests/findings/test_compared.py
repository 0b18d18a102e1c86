"""Tests of trained arms against the comparator: which rows they see, and which of them are one family."""

import numpy as np
import polars as pl
import pytest

from farfield.findings import Beside, Compared, build
from farfield.report.compared import compared_rows
from farfield.report.words import LANGUAGES, words
from farfield.stats import holm, mcnemar
from tests.findings.frames import classifying, flags, only, said, study

TRAINED = ("title", 8)
OUT = "out_of_domain"
SHARES = {"a": (0.6, 0.9, "in_domain"), "b": (0.6, 0.72, OUT), "c": (0.6, None, OUT)}


def planted(*, equal: bool = False) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Test and development rows; the trained arm is better at home, a little in b, and differs on ten rows in c."""
    frames = []
    for number, (domain, (base, tuned, tier)) in enumerate(SHARES.items()):
        before = flags(250, base, 2 * number)
        after = before if equal or tuned is None else flags(250, tuned, 2 * number + 1)
        if tuned is None and not equal:
            after = np.concatenate([before[:5] * 0, before[5:10] * 0 + 1, before[10:]])
        frames.append(said("base", domain, before, tier=tier, metric="accuracy"))
        frames.append(said("ft", domain, after, tier=tier, trained=TRAINED, metric="accuracy"))
    return pl.concat(frames), said("base", "a", flags(20, 0.6, 9), metric="accuracy")


def found(looks: dict[str, list[int]] | None = None) -> dict[str, Compared]:
    task = only(build(study(tasks=classifying()), *planted(), Beside(looks={"title": looks or {}})))
    return {each.domain: each for each in task.compared}


def test_test_sets_of_a_claim_are_one_family() -> None:
    told = found()
    assert told["a"].adjusted == told["a"].tested.p  # alone on its tier
    elsewhere = [told[domain].tested.p for domain in ("b", "c")]
    assert [told[domain].adjusted for domain in ("b", "c")] == pytest.approx(holm(elsewhere))


def test_a_test_sees_the_rows_on_which_both_differ() -> None:
    test, _ = planted()
    before, after = (
        test.filter((pl.col("arm") == arm) & (pl.col("domain") == "b"))["score"].to_numpy() for arm in ("base", "ft")
    )
    only_after, only_before = int(np.sum(after > before)), int(np.sum(before > after))
    tested = found()["b"].tested
    assert tested.p == mcnemar(only_after, only_before).mid_p
    assert tested.differing == only_after + only_before


def test_rows_added_after_a_look_have_no_p_value() -> None:
    assert set(found({"b": [100, 250], "a": [250]})) == {"a", "c"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_both_questions_together_say(language: str) -> None:
    say = words(language)

    def says(*, equal: bool) -> list[str]:
        task = only(build(study(tasks=classifying()), *planted(equal=equal)))
        return [row.says for row in compared_rows(task, say)]

    assert says(equal=True) == [say("compared.tie")] * 3
    home, _, alike = says(equal=False)
    assert home == say("compared.differ")
    assert alike == say("compared.alike", margin="5")
