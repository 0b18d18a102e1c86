"""The whole main job on the sample data: study, run, report."""

from collections.abc import Callable, Mapping
from pathlib import Path

from farfield.data import sample_folder
from farfield.report.gather import write_report
from farfield.spec import load_study
from farfield.study import prepare, run
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
    results = run(study, folder, watch=watch, say=say, make_engine=make_engine)
    warnings: list[tuple[str, Mapping[str, object]]] = [("warn.sample", {})]
    if language == "ja":
        prepared = prepare(study)
        texts = [
            e.fields[f]
            for task in prepared.plan.tasks.values()
            for d in task.domains
            for e in d.examples
            for f in e.fields
        ]
        tokens = sum(len(prepared.tokenizer.encode(text)) for text in texts)
        warnings.append(("warn.english_model", {"tokens": f"{tokens / sum(map(len, texts)):.1f}"}))
    return write_report(results, language=language, warnings=warnings)
