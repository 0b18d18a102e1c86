"""farfield: how far does your fine-tune carry?

    study = farfield.load_study("study.yaml")
    results = farfield.run(study)
    results.frame          # one row per cell and metric, with its interval
    results.predictions    # one row per example

Everything else is reached through the rooms below; see ARCHITECTURE.md.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farfield.spec import load_study
    from farfield.study import Results, open_results, run

__all__ = ["Results", "load_study", "open_results", "run"]

_HOMES = {
    "load_study": "farfield.spec",
    "Results": "farfield.study",
    "open_results": "farfield.study",
    "run": "farfield.study",
}


def __getattr__(name: str) -> object:
    """Loads a name when it is first asked for, so that `farfield --help` loads nothing."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'farfield' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
