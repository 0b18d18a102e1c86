import types

from farfield import stats


def test_public_is_what_stands_in_all() -> None:
    public = {
        name
        for name, value in vars(stats).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert public == set(stats.__all__)
