"""The whole main job on the sample data: study, run, report."""

from collections.abc import Callable
from pathlib import Path

from farfield.data import sample_folder
from farfield.report.gather import write_report
from farfield.spec import load_study
from farfield.study import run
from farfield.study.execute import Watch
from farfield.study.running import MakeEngine

__all__ = ["run_demo"]


def run_demo(
    language: str,
    folder: Path,
    *,
    watch: Watch | None = None,
    say: Callable[[str], None] = lambda _: None,
    make_engine: MakeEngine | None = None,
) -> Path:
    """Runs the sample study of a language in `folder` and returns the path of its report."""
    study = load_study(sample_folder(language) / "study.yaml")
    return write_report(run(study, folder, watch=watch, say=say, make_engine=make_engine), language=language)
