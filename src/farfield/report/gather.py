"""A finished run -> the report: reads its manifest, its predictions and, for the rows shown, its data files."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from farfield.data import LANGUAGES, load_examples, sample_folder
from farfield.errors import DataError
from farfield.findings import Beside, Frames, build, in_universes, topped_up
from farfield.report.formats import Form, save
from farfield.report.html import render_html
from farfield.report.view import ResultLine, RunFacts
from farfield.runs import Run
from farfield.spec import StudySpec, claims_of, digest
from farfield.stats import Estimate, Number, Undefined
from farfield.study import (
    Known,
    Results,
    chosen_of,
    divergences_frame,
    lapses_of,
    movements_frame,
    predictions_frame,
    results_frame,
    searched_of,
    space_frames,
    took_of,
    universes_of,
)

__all__ = ["write_report"]


def write_report(results: Results, *, language: str, out: Path | None = None, form: Form = Form.html) -> Path:
    """Writes the report of a run and returns its path.

    Args:
        results: of the run.
        language: `en` or `ja`.
        out: where to; by default `report.LANGUAGE` with the form's suffix in the run's folder.
        form: one HTML file, Markdown, PDF, or a folder of its charts.
    """
    study, weights = _in_currency(results.study, language), movements_frame(results.run)
    claims = claims_of(study)
    asked = [_frames(results.run, each) for each in universes_of(results.run)]
    findings = build(
        study,
        asked[0].test,
        asked[0].dev,
        Beside(
            weights,
            divergences_frame(results.run),
            space_frames(results.run),
            predictions_frame(results.run, split="unlabelled"),
            _looks(results.run),
            took_of(results.run),
        ),
        claims=claims,
    )
    findings = replace(findings, multiverse=in_universes(study, asked, weights=weights, claims=claims))
    facts = _facts(results, study)
    html = render_html(findings, facts, language=language)
    return save(html, form, results.folder / f"report.{language}", out)


def _in_currency(study: StudySpec, language: str) -> StudySpec:
    """The study with a currency: where it names none, the one that readers of the language count in."""
    business = study.business.in_currency("JPY" if language == "ja" else "USD")
    return study.model_copy(update={"business": business})


def _looks(run: Run) -> Mapping[str, Mapping[str, Sequence[int]]]:
    return cast("Mapping[str, Mapping[str, Sequence[int]]]", run.manifest().get("looks", {}))


def _frames(run: Run, universe: Known) -> Frames:
    test, dev = (predictions_frame(run, split=split, universe=universe.name) for split in ("test", "dev"))
    return Frames(universe.changes, universe.told, test, dev)


def _facts(results: Results, study: StudySpec) -> RunFacts:
    manifest: Mapping[str, Any] = results.run.manifest()
    lines = results_frame(results.run).to_dicts()
    return RunFacts(
        list(_told(results.run, manifest, lines)),
        _settings(manifest),
        _left_out(manifest),
        results.notes,
        [_result(line) for line in lines],
        dict(_texts(study)),
        [*_unfinished(results.run, manifest), *_warned(manifest, study)],
        list(chosen_of(results.run)),
        list(searched_of(results.run)),
        lapses_of(results.run),
        study,
    )


def _warned(manifest: Mapping[str, Any], study: StudySpec) -> Iterator[tuple[str, Mapping[str, object]]]:
    """What a reader should know of the data before any number."""
    if any(Path(manifest["folder"]) == sample_folder(language) for language in LANGUAGES):
        yield "warn.sample", {}
    topped = [f"{task} · {domain}" for task, looks in manifest.get("looks", {}).items() for domain in topped_up(looks)]
    if topped:
        yield "warn.looks", {"sets": ", ".join(topped)}
    if manifest.get("claims") not in (None, digest(claims_of(study))):  # an older run kept none
        yield "warn.claims", {}
    texts = manifest.get("texts") or {"characters": 0, "tokens": 0, "cjk": 0}
    # A vocabulary that knows Japanese takes 0.5 to 0.8 tokens a character; bytes alone take 3.
    if texts["cjk"] > 0.3 * texts["characters"] and texts["tokens"] > texts["characters"]:
        yield "warn.english_model", {"tokens": f"{texts['tokens'] / texts['characters']:.1f}"}


def _unfinished(run: Run, manifest: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, object]]]:
    asked = {entry["address"] for entry in manifest["entries"]}
    done = sum(run.has(address) for address in asked)
    if done < len(asked):
        yield "warn.unfinished", {"done": done, "of": len(asked)}


def _told(run: Run, manifest: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    cells, machine, model = run.records(), manifest["machines"][0], manifest["model"]
    tested = {(line["task"], line["domain"]): line["n"] for line in lines}
    yield "fact.model", f"{model['name']} ({model['source']}, {model['fingerprint'][:12]})"
    yield "fact.trained", _listed({line["train_rows"] for line in lines if line["train_rows"]}) or "0"
    yield "fact.tested", ", ".join(f"{task} · {domain} {n}" for (task, domain), n in tested.items())
    yield "fact.seeds", _listed(manifest["study"]["seeds"])
    yield "fact.backend", _listed({line["backend"] for line in lines} - {"baseline"})
    yield "fact.time", f"{sum(cell.seconds for cell in cells) / 60:.1f} min"
    yield "fact.tokens", f"{sum(cell.tokens for cell in cells):,}"
    yield "fact.memory", f"{max((cell.peak_memory for cell in cells), default=0) / 2**30:.1f} GiB"
    yield "fact.machine", f"{machine['processor']}, {machine['cores']} × {machine['vectors']}, {machine['system']}"
    yield "fact.versions", ", ".join(f"{name} {version}" for name, version in machine["versions"].items())


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, sorted(values, key=str)))


def _settings(manifest: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    training = manifest["study"].get("training") or {}
    given = manifest.get("given", {})
    return [(name, json.dumps(value, ensure_ascii=False), bool(given.get(name))) for name, value in training.items()]


def _left_out(manifest: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    counted = Counter((f"{left['task']} · {left['domain']}", left["reason"]) for left in manifest["left_out"])
    return [(where, reason, rows) for (where, reason), rows in counted.items()]


def _texts(study: StudySpec) -> Iterator[tuple[tuple[str, str, int], str]]:
    """What each test row asks, where its file is still there: a report can be made on another machine."""
    for name, task in study.tasks.items():
        for domain, source in {**task.in_domain, **task.out_of_domain, **task.later_time}.items():
            try:
                loaded = load_examples(study.resolve(source.path), domain=domain, task=task, rows=source.rows)
            except DataError:
                continue
            for example in loaded.examples:
                yield (name, domain, example.row), example.asked


def _result(line: Mapping[str, Any]) -> ResultLine:
    trained = f"{line['trained_on']} {line['train_rows']}" if line["train_rows"] else ""
    if trained and line["strength"] != 1:
        trained += f" × {line['strength']:g}"
    seed = "" if line["seed"] is None else str(line["seed"])
    keys = {name: str(line[name]) for name in ("arm", "task", "domain", "shots", "template", "metric")}
    return ResultLine(trained=trained, seed=seed, number=_number(line), **keys)


def _number(line: Mapping[str, Any]) -> Number:
    if line["value"] is None:
        return Undefined("no rows", line["n"])  # every metric is defined on one row
    return Estimate(line["value"], line["low"], line["high"], line["n"], "")
