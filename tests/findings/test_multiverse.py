"""Which conclusions survive: the logic on a table made by hand, and variants on planted predictions."""

from collections.abc import Iterator, Mapping

import polars as pl
import pytest

from farfield.findings import Conclusion, Flips, Frames, Multiverse, Stand, in_universes
from farfield.findings.multiverse import Judged, Variant, survey
from farfield.spec import StudySpec, load_claims
from farfield.stats import Undefined
from tests.findings.frames import EMPTY, rng, said, study

ROWS = 60
Table = dict[tuple[tuple[str, str], ...], str]

# What a statement is said to be, by what is changed: y(es), o(pen), n(o).
BY_HAND: dict[str, Table] = {
    "robust": {(): "y", (("bos", "True"),): "y", (("template", "1"),): "y", (("bos", "True"), ("template", "1")): "y"},
    "shaken": {(): "y", (("bos", "True"),): "o", (("template", "1"),): "y", (("bos", "True"), ("template", "1")): "o"},
    "turned": {(): "y", (("bos", "True"),): "y", (("template", "1"),): "n", (("bos", "True"), ("template", "1")): "n"},
    "untested": {(("bos", "True"),): "y"},
}
STANDS = {"y": Stand.yes, "o": Stand.open, "n": Stand.no}


def _frames(changes: Mapping[str, str], told: str) -> Frames:
    return Frames(changes, {"title": told}, EMPTY, EMPTY)


def _from_table(variant: Variant) -> Iterator[Judged]:
    for name, table in BY_HAND.items():
        stand = table.get(tuple(sorted(variant.changes.items())))
        if stand:
            yield Judged(name, {"en": name}, "", ("title",), frozenset({"ft"}), Undefined("no rows"), STANDS[stand])


def _found(found: Multiverse | None) -> tuple[Multiverse, dict[tuple[str, str], Conclusion]]:
    assert found is not None
    return found, {(each.own.name, each.own.tier): each for each in found.conclusions}


def _survey(
    asked: StudySpec, own: pl.DataFrame, *others: Frames
) -> tuple[Multiverse, dict[tuple[str, str], Conclusion]]:
    first = Frames({}, {"title": ""}, own, DEV)
    return _found(in_universes(asked, [first, *others], claims=load_claims()))


def test_survival_is_the_same_answer_in_all_that_could_test_it() -> None:
    universes = [
        _frames({}, ""),
        _frames({"bos": "True"}, "bos"),
        _frames({"template": "1"}, "template"),
        _frames({"bos": "True", "template": "1"}, "both"),
        _frames({"label_scoring": "whole_label"}, ""),  # comes to the same: no universe of this statement
    ]
    found, by_name = _found(survey(study(multiverse={}), universes, None, _from_table))
    assert set(by_name) == {("robust", ""), ("shaken", ""), ("turned", "")}
    told = {name: (c.survives, c.same, c.turned, sorted(c.others)) for (name, _), c in by_name.items()}
    assert told == {
        "robust": (True, 3, 0, [1, 2, 3]), "shaken": (False, 1, 0, [1, 2, 3]), "turned": (False, 1, 2, [1, 2, 3]),
    }  # fmt: skip
    # Pairs that differ in one factor alone: bos with template 0 and with template 1, and the other way about.
    assert found.flips == (Flips("bos", 6, 2, 0), Flips("template", 6, 2, 2))
    assert survey(study(), universes, None, _from_table) is None


def _planted(gain: Mapping[str, float], *, seeds: int = 1) -> pl.DataFrame:
    """`ft` over the zero-shot model, by domain; two shots are 0.1 better than none."""
    frames = []
    for number, (domain, tier) in enumerate((("a", "in_domain"), ("b", "out_of_domain"), ("c", "out_of_domain"))):
        base = rng(number).uniform(0.3, 0.5, ROWS)
        frames += [said("base", domain, base, tier=tier), said("base", domain, base + 0.1, tier=tier, form=(2, 0))]
        for seed in range(seeds):
            noise = rng(10 * seed + number).normal(0, 0.02, ROWS)
            scores = base + noise + gain[domain] + 0.3 * seed
            frames.append(said("ft", domain, scores, tier=tier, trained=("title", 8), seed=seed))
    return pl.concat(frames)


DEV = pl.concat([said("base", "a", [1.0] * 4), said("base", "a", [0.0] * 4, form=(2, 0))])
GAINS = {"a": 0.3, "b": 0.05, "c": 0.05}


def test_what_another_way_to_ask_turns_is_found() -> None:
    asked = study(sensitivity=["chat"], arms={"base": {}, "ft": {"trained": True}})
    chatting = Frames({"chat": "True"}, {"title": "chat=True"}, _planted({"a": 0.3, "b": -0.2, "c": -0.2}), DEV)
    found, by_name = _survey(asked, _planted(GAINS), chatting)
    number = found.variants.index({"chat": "True"})
    assert by_name["ft", "in_domain"].own.stand is Stand.yes
    assert by_name["ft", "in_domain"].others[number].stand is Stand.yes
    assert by_name["ft", "out_of_domain"].own.stand is Stand.yes
    assert by_name["ft", "out_of_domain"].others[number].stand is Stand.no
    drops = by_name["generation_drops", ""]
    assert (drops.own.says["en"][:11], drops.survives) == ("Fine-tuning", True)
    assert next(f for f in found.flips if f.factor == "chat") == Flips("chat", 3, 1, 1)


def test_a_comparator_that_is_picked_on_test_rows_is_harder_to_beat() -> None:
    asked = study(multiverse={}, arms={"base": {}, "ft": {"trained": True}})
    found, by_name = _survey(asked, _planted(GAINS))
    assert found.variants == ({}, {"comparator": "test"})
    new = by_name["ft", "out_of_domain"]
    assert (new.own.stand, new.others[1].stand, new.turned) == (Stand.yes, Stand.no, 1)
    own, peeked = new.own.value, new.others[1].value
    assert own.value - peeked.value == pytest.approx(0.1)  # type: ignore[union-attr]
    assert ("template_matters", "") not in by_name  # compares no comparator, and was not tested


def test_each_seed_alone_is_a_variant_of_each_universe() -> None:
    asked = study(multiverse={}, seeds=[0, 1], arms={"base": {}, "ft": {"trained": True}})
    gains = {"a": 0.3, "b": -0.2, "c": -0.2}
    other = Frames({"bos": "True"}, {"title": "bos=True"}, _planted(gains, seeds=2), DEV)
    found, by_name = _survey(asked, _planted(gains, seeds=2), other)
    assert {"bos": "True", "seed": "1"} in found.variants
    new = by_name["ft", "out_of_domain"]
    by_changes = {tuple(found.variants[n].items()): each.stand for n, each in new.others.items()}
    assert by_changes[(("seed", "0"),)] is by_changes[("bos", "True"), ("seed", "0")] is Stand.no
    assert by_changes[(("seed", "1"),)] is Stand.yes


def test_an_arm_that_differs_in_learning_rate_alone_takes_the_plain_ones_place() -> None:
    arms = {
        "base": {}, "ft": {"trained": True}, "gentle": {"trained": True, "learning_rate": 1e-5},
        "other": {"trained": True, "learning_rate": 1e-5, "lora_rank": 4}, "cut": {"trained": True, "too_long": "cut"},
        "fticl": {"trained": True, "train_shots": 2},
    }  # fmt: skip
    asked = study(multiverse={}, arms=arms)
    frame = _planted(GAINS)
    gentle = _planted({"a": 0.05, "b": -0.2, "c": -0.2}).filter(pl.col("arm") == "ft")
    fticl = frame.filter(pl.col("arm") == "ft").with_columns(
        pl.lit("fticl").alias("arm"), pl.lit(2, dtype=pl.Int64).alias("shots")
    )
    every = [frame, fticl, *(gentle.with_columns(pl.lit(name).alias("arm")) for name in ("gentle", "cut"))]
    found, by_name = _survey(asked, pl.concat(every))
    assert {"learning_rate": "1e-05"} in found.variants
    assert {"too_long": "cut"} in found.variants
    number = found.variants.index({"learning_rate": "1e-05"})
    assert by_name["ft", "out_of_domain"].others[number].stand is Stand.no
    assert by_name["generation_drops", ""].others[number].stand is Stand.yes
    # A claim that also needs FTICL can't be told: no such arm has that rate.
    assert ("fticl_generalises", "") not in by_name
    assert number not in by_name["gentle", "out_of_domain"].others
    assert len(found.variants) == 4  # an arm that differs in two keys takes nobody's place
