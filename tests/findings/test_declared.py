"""Declared claims on predictions made by hand, where the truth is planted."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from farfield.errors import SpecError
from farfield.findings import Beside, Declared, Findings, Holding, build
from farfield.findings.moved import moved_lines
from farfield.spec import digest, load_claims
from farfield.stats import Estimate
from tests.findings.frames import rng, said, study

ROWS = 60
DEV = said("base", "a", [1.0] * 4)


def _told(findings: Findings, name: str) -> Declared:
    (found,) = [claim for claim in findings.declared if claim.name == name]
    return found


def _generation(*, ft_out: float, fticl_out: float) -> pl.DataFrame:
    """Two sizes of ft, one of fticl; ft gains 0.3 at home, more with more rows, and as given elsewhere."""
    frames = []
    for number, (domain, tier) in enumerate((("a", "in_domain"), ("b", "out_of_domain"), ("c", "out_of_domain"))):
        base = rng(number).uniform(0.3, 0.5, ROWS)
        noise, other = (rng(seed + number).normal(0, 0.02, ROWS) for seed in (10, 20))
        home = tier == "in_domain"
        frames += [
            said("base", domain, base, tier=tier),
            said("ft", domain, base + noise, tier=tier, trained=("title", 8)),
            said("ft", domain, base + other + (0.3 if home else ft_out), tier=tier, trained=("title", 16)),
            said("ft", domain, base + noise + 0.2, tier=tier, trained=("title", 16), form=(0, 1)),
            said("fticl", domain, base - noise + (0.3 if home else fticl_out), tier=tier, trained=("title", 16),
                 form=(2, 0)),
        ]  # fmt: skip
    return pl.concat(frames)


def _moved(factor: float, tasks: int) -> pl.DataFrame:
    lines = [
        {"arm": arm, "trained_on": f"t{task}", "train_rows": 8, "seed": 0, "name": name, "elements": elements,
         "mean_abs": mean_abs * (factor + 0.01 * task if arm == "fticl" else 1.0), "relative": 0.1, "rank": 2.0}
        for task in range(tasks)
        for arm in ("ft", "fticl")
        for name, elements, mean_abs in (("w", 30, 1e-3), ("v", 10, 2e-3))
    ]  # fmt: skip
    return pl.DataFrame(lines)


def test_what_is_planted_is_found() -> None:
    found = build(study(), _generation(ft_out=-0.2, fticl_out=0.1), DEV, claims=load_claims())
    for name in ("generation_drops", "more_rows_widen", "fticl_generalises", "template_matters"):
        assert _told(found, name).verdict is Holding.holds, name
    drop = _told(found, "generation_drops").value
    assert isinstance(drop, Estimate)
    assert drop.value == pytest.approx(0.3 + 0.2, abs=0.01)
    assert _told(found, "generation_drops").on == ("title · a", "title · b", "title · c")


def test_the_contrary_is_refuted() -> None:
    found = build(study(), _generation(ft_out=0.4, fticl_out=0.1), DEV, claims=load_claims())
    for name in ("generation_drops", "more_rows_widen", "fticl_generalises"):
        assert _told(found, name).verdict is Holding.does_not, name


def test_what_differs_by_noise_alone_stays_open_with_the_rows_that_would_settle_it() -> None:
    found = build(study(), _generation(ft_out=0.1, fticl_out=0.1002), DEV, claims=load_claims())
    told = _told(found, "fticl_generalises")
    assert told.verdict is Holding.cant_tell
    assert told.more is None or told.more.likely > ROWS


def test_what_can_not_be_tested_says_why() -> None:
    found = build(study(), _generation(ft_out=0.0, fticl_out=0.0), DEV, claims=load_claims())
    reasons = {claim.name: claim.reason for claim in found.declared}
    assert reasons["classification_carries"] == "no_task"
    assert reasons["cross_task_collapses"] == "no_cross_task"
    assert reasons["fticl_moves_less"] == "unfinished"
    plain = study(arms={"base": {}, "ft": {"trained": True}, "kl": {"trained": True, "kl_to_base": 1.0}})
    frame = _generation(ft_out=0.0, fticl_out=0.0).filter(pl.col("arm") != "fticl")
    without = build(plain, frame, DEV.clear(), claims=load_claims())
    told = {claim.name: claim.reason for claim in without.declared}
    assert told["fticl_generalises"] == "no_arm"
    assert told["generation_drops"] == "no_comparator"


@pytest.mark.parametrize(("factor", "verdict"), [(0.8, Holding.holds), (1.2, Holding.does_not)])
def test_weights_are_compared_task_by_task(factor: float, verdict: Holding) -> None:
    tasks = {f"t{n}": study().tasks["title"].model_dump() for n in range(5)}
    frame = _generation(ft_out=0.0, fticl_out=0.0).clear()
    found = build(study(tasks=tasks), frame, frame, Beside(weights=_moved(factor, 5)), claims=load_claims())
    told = _told(found, "fticl_moves_less")
    assert told.verdict is verdict
    assert isinstance(told.value, Estimate)
    assert told.value.value == pytest.approx(factor + 0.02 - 1)
    few = build(study(tasks=tasks), frame, frame, Beside(weights=_moved(factor, 4)), claims=load_claims())
    assert _told(few, "fticl_moves_less").reason == "too_few_tasks"


def test_a_line_of_movement_weighs_by_size_and_averages_seeds() -> None:
    weights = _moved(1.0, 1)
    said_kl = pl.DataFrame(
        [{"arm": "ft", "trained_on": "t0", "train_rows": 8, "seed": seed, "task": "t0", "domain": "a", "row": row,
          "kl": 0.1 * row + seed, "tier": "in_domain"} for seed in (0, 1) for row in range(9)]
    )  # fmt: skip
    line = next(line for line in moved_lines(weights, said_kl) if line.arm == "ft")
    assert line.adapted == pytest.approx((30 * 1e-3 + 10 * 2e-3) / 40)
    assert line.relative == pytest.approx(0.1)
    kl = line.kl["in_domain"]
    assert isinstance(kl, Estimate)
    assert kl.value == pytest.approx(0.1 * 4 + 0.5)
    assert kl.n == 9


def test_shipped_claims_speak_both_languages_and_files_of_others_are_read_or_refused(tmp_path: Path) -> None:
    shipped = load_claims()
    assert len(shipped) == 8
    assert all(set(claim.says) == {"en", "ja"} for claim in shipped)
    path = tmp_path / "claims.yaml"
    path.write_text("claims:\n  - {name: x, says: {en: x}, terms: [], expects: above}\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"claims\.0\.terms(.|\n)*line 2"):
        load_claims(path)
    path.write_text("claims:\n  - name: x\n    sayz: {en: x}\n    expects: above\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"unknown key 'claims\.0\.sayz'(.|\n)*did you mean 'says'"):
        load_claims(path)
    path.write_text("other: 1\n", encoding="utf-8")
    with pytest.raises(SpecError, match="'claims' is missing"):
        load_claims(path)
    with pytest.raises(SpecError, match="no such file"):
        load_claims(tmp_path / "none.yaml")
    assert np.isfinite([claim.line for claim in shipped]).all()


def test_a_digest_of_claims_is_blind_to_wording_alone() -> None:
    shipped = load_claims()
    reworded = (shipped[0].model_copy(update={"says": {"en": "Other words."}}), *shipped[1:])
    moved = (shipped[0].model_copy(update={"line": 0.1}), *shipped[1:])
    assert digest(reworded) == digest(shipped) != digest(moved)
