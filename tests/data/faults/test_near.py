"""Near duplicates: planted ones are found, clean rows that look like it are not, and signatures are what they claim."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farfield.data.faults.keys import folded, grams_of, key_of
from farfield.data.faults.minhash import candidates, multipliers, signatures
from farfield.data.faults.near import near_duplicates, similarity

_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pump P-40 hums but doesn't turn", "Pump P-40 hums but doesnt turn"),
        ("invoice 2207 was paid on 14 May", "invoice 1180 was paid on 3 May"),
        ("ポンプが回りません。至急お願いします", "ポンプが回りません、至急お願いします"),
        ("ﾎﾟﾝﾌﾟが止まった 3号機", "ポンプが止まった　３号機"),
        ("冷えません", "冷えません!"),
        ("please send the corrected invoice today", "please send today the corrected invoice"),
        ("the fridge was meant to come this morning", "the frigde was meant to come this morning"),
    ],
)
def test_the_same_message_in_other_spelling_is_found(one: str, other: str) -> None:
    found = near_duplicates([(one,), ("something else altogether, about a crane",), (other,)])
    assert found.clusters == ((0, 2),)
    assert found.later == (2,)
    assert found.pairs[0].similarity == pytest.approx(similarity((one,), (other,)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("do you have a price for the two door chiller", "do you have a date for the truck to Sanjo"),
        ("電源が入ります", "電源が切れます"),
        ("yes", "yet"),
        ("見積をお願いします。ポンプ3台", "修理をお願いします。冷凍庫1台"),
    ],
)
def test_other_messages_are_not(one: str, other: str) -> None:
    assert near_duplicates([(one,), (other,)]).pairs == ()


def test_every_field_has_to_be_alike() -> None:
    premise = "The management of the cafe has established the rules for the use of their facility."
    rows = [(premise, "There are rules."), (premise, "Nobody pays for coffee."), (premise, "There are rules!")]
    assert near_duplicates(rows).clusters == ((0, 2),)


def test_a_crowd_hangs_together() -> None:
    rows = [
        (f"Ticket {chr(97 + n % 26)}{chr(97 + n // 26)}: the line has stopped, please send someone",)
        for n in range(600)
    ]
    found = near_duplicates([*rows, ("quite another thing",)])
    assert found.clusters == (tuple(range(600)),)
    assert len(found.pairs) < 600 * 600 / 4


def test_rows_without_a_character_are_never_alike() -> None:
    assert near_duplicates([("",), (" \u200b",), ("",)]).pairs == ()
    assert near_duplicates([]).pairs == ()


@given(_WORDS, _WORDS)
def test_a_text_is_its_own_near_duplicate(text: str, other: str) -> None:
    if key_of((text,)):
        assert similarity((text,), (text,)) == 1
        assert (0, 2) in [(pair.one, pair.other) for pair in near_duplicates([(text,), (other,), (text,)]).pairs] or (
            similarity((text,), (other,)) == 1
        )


@given(_WORDS)
def test_folding_twice_folds_once(text: str) -> None:
    once = folded(text)
    assert folded(once) == once


def _mixed(x: int) -> int:
    word = (1 << 64) - 1
    x = (x + 0x9E3779B97F4A7C15) & word
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & word
    x = (x ^ x >> 27) * 0x94D049BB133111EB & word
    return x ^ x >> 31


@settings(max_examples=50)
@given(st.lists(_WORDS, min_size=1, max_size=8))
def test_signatures_are_those_of_the_definition(keys: list[str]) -> None:
    found = signatures(grams_of(keys), 7)
    factors, summands = (each.tolist() for each in multipliers(7))
    for key, signed in zip(keys, found.tolist(), strict=True):
        marked = f"\x02{key}\x03"
        hashes = []
        for place in range(len(key)):
            x = 0
            for offset, letter in enumerate(marked[place : place + 3]):
                x = _mixed(x ^ ord(letter) + (offset << 32))
            hashes.append(x)
        for number, smallest in enumerate(signed):
            assert smallest == min((factors[number] * x + summands[number]) % (1 << 64) >> 32 for x in hashes)


def test_signatures_agree_as_often_as_sets_do() -> None:
    letters = np.random.default_rng(0).integers(97, 123, size=(40, 60))
    keys = ["".join(map(chr, row)) for row in letters]
    pairs = [(key, key[: 3 * n // 2 + 20] + "#" * 8 + key[3 * n // 2 + 20 :]) for n, key in enumerate(keys) if n < 25]
    signed = signatures(grams_of([key for pair in pairs for key in pair]), 1024)
    agree = (signed[::2] == signed[1::2]).mean(axis=1)
    true = [_jaccard(*pair) for pair in pairs]
    assert np.abs(agree - true).max() < 5 * np.sqrt(0.25 / 1024)
    assert abs(float(np.mean(agree - true))) < 0.01


def _jaccard(one: str, other: str) -> float:
    ones, others = ({f"\x02{text}\x03"[n : n + 3] for n in range(len(text))} for text in (one, other))
    return len(ones & others) / len(ones | others)


def test_a_long_text_does_not_break_the_blocks() -> None:
    keys = ["short", "x" * 200_000, "other", "short one"]
    found = signatures(grams_of(keys))
    assert np.array_equal(found[[0]], signatures(grams_of(["short"])))
    assert np.array_equal(found[2:], signatures(grams_of(keys[2:])))


def test_candidates_share_a_band() -> None:
    signed = np.array([[1, 2, 3, 4], [9, 9, 3, 4], [1, 2, 0, 0], [5, 5, 5, 5]], np.uint32)
    pairs = {tuple(pair) for found in candidates(signed, 2) for pair in found.tolist()}
    assert pairs == {(0, 1), (0, 2)}
