"""Answers that were cut off, and those that merely end without a mark."""

from farfield.data import read_rows, sample_folder
from farfield.data.faults.rows import cut_off

THINGS = ("pump", "motor", "valve", "grinder", "tank", "lid", "hose", "fan")
WHOLE = [f"The {thing} was repaired and works again." for thing in THINGS] * 8


def test_an_answer_that_ends_in_the_middle_among_whole_ones() -> None:
    assert cut_off([*WHOLE, "The driver was asked to leave by the", "Who came?", "He said “no.”", "彼は来た。"]) == (
        64,
    )
    assert cut_off([*WHOLE, "The driver was asked to…"]) == (64,)


def test_an_exports_limit() -> None:
    long = [f"{word} {'andsoon' * 9}"[:60] for word in ("one", "two", "three", "four", "five", "six", "seven")]
    short = [f"no mark {'x' * n}" for n in range(20)]
    assert cut_off([*short, *long]) == tuple(range(20, 27))


def test_answers_that_never_end_with_a_mark_are_whole() -> None:
    assert cut_off(["no mark at all " + "x" * (n % 9) for n in range(60)]) == ()
    assert cut_off([*WHOLE[:10], "no mark"]) == ()
    for language in ("en", "ja"):
        for path in (sample_folder(language) / "headline").glob("*.jsonl"):
            assert cut_off([row["headline"] for row in read_rows(path)]) == ()
