"""The fake back end keeps the Protocol's promises."""

from farfield.engine import Choices, Ending, FakeBackend


def test_results_depend_on_the_arguments_alone() -> None:
    rows = [Choices((3, 4), ((5,), (6,))), Choices((4,), ((5,), (6,)))]
    once, again = FakeBackend(), FakeBackend()
    again.score((9,), rows)
    assert once.score((1, 2), rows) == again.score((1, 2), rows)
    assert once.score((1,), [Choices((2, 3, 4), ((5,), (6,)))]) == once.score((1, 2), [Choices((3, 4), ((5,), (6,)))])


def test_it_prefers_what_a_test_asks_for() -> None:
    fake = FakeBackend(prefer=lambda ids: ids[-1] % 2)
    scores = fake.score((), [Choices((k,), ((1,), (2,))) for k in (10, 11)])
    assert [row.index(max(row)) for row in scores] == [0, 1]


def test_endings() -> None:
    fake = FakeBackend()
    assert fake.generate((), [(3, 4, 2, 5), (3, 4, 5, 6)], Ending(3, (2,))) == [(3, 4), (3, 4, 5)]
    assert fake.generate((), [(3, 4, 5)], Ending(9, (), lambda w: w[-1] == 4)) == [(3, 4)]
