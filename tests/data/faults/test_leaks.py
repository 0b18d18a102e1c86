"""What stands on both sides of a split is found with its partner; what only looks like it is not."""

from hypothesis import given
from hypothesis import strategies as st

from farfield.data.faults.leaks import Crossing, crossings, not_later, straddling


def test_a_test_row_is_given_away_by_its_most_alike_training_row() -> None:
    train = [
        ("invoice 2207 lists two gasket kits",),
        ("the pump hums and does not turn",),
        ("The pump hums and doesn't turn",),
    ]
    test = [("the truck has not come",), ("The pump hums and doesn't turn!",)]
    found = crossings({"train": train, "test": test})
    assert found == [Crossing("test", 1, "train", 2, 1.0)]


def test_copies_in_three_parts_are_told_for_each_two() -> None:
    row = ("ポンプが回りません",)
    found = crossings({"demos": [row], "train": [("見積をください",), row], "test": [row, row]})
    told = [(c.part, c.row, c.other_part, c.other) for c in found]
    assert told == [("train", 1, "demos", 0), ("test", 0, "demos", 0), ("test", 1, "demos", 0),
                    ("test", 0, "train", 1), ("test", 1, "train", 1)]  # fmt: skip


def test_what_hangs_together_by_rows_between_is_no_leak_by_itself() -> None:
    chain = ["abcdefghij klmnopqrst uvwxyz", "abcdefghij klmnopqrst ABC123", "987654 klmnopqrst ghijkl"]
    found = crossings({"train": [(chain[0],)], "test": [(chain[2],)]})
    assert found == []


def test_duplicates_inside_a_part_are_no_leak() -> None:
    assert crossings({"train": [("a pump",), ("a pump",)], "test": [("a truck",)]}) == []
    assert crossings({"train": [], "test": []}) == []


def test_groups_on_both_sides_are_named() -> None:
    assert straddling({"train": ["a", "b", None, ""], "test": ["b", "c", None, ""], "dev": ["b"]}) == {
        "b": ("train", "test", "dev")
    }


def test_later_rows_that_are_not_later() -> None:
    before = ["2024-05-14", "2024-06-01T10:00", ""]
    assert not_later(before, ["2024-06-02", "2024/6/1", "2024年5月3日"]) == (1, 2)
    assert not_later(before, ["2024-07-01"]) == ()
    assert not_later(before, ["invoice 2024-07-01"]) is None
    assert not_later(["", ""], ["2024-07-01"]) is None
    assert not_later(["2024-13-45"], ["2024-07-01"]) is None


@given(st.lists(st.dates(), min_size=1), st.lists(st.dates(), min_size=1))
def test_days_compare_as_dates(before: list, after: list) -> None:  # type: ignore[type-arg]
    found = not_later([day.isoformat() for day in before], [day.isoformat() for day in after])
    assert found == tuple(place for place, day in enumerate(after) if day <= max(before))
