"""Peak memory of the shared path against the plain one's, one row at a time, each in a process of its own.

    python -m bench.memory study.yaml [--case shots]

The shared path may take what the plain one does and its `--memory` budget for prefixes, and generation as much again
for the rows that it holds side by side. Exits with 1 where it takes more.
"""

import argparse
import json
import os
import subprocess
import sys

from bench.given import cell_of, chosen, options, prepared_study
from farfield.engine import Choices, PlainBackend, open_backend
from farfield.models import load_model
from farfield.runs import facts, peak_memory
from farfield.study.asking import prompts_of
from farfield.study.evaluate import ending_of

BUDGET = 256 << 20
ROWS = 32
# Task, domain, shots, and how many times the budget may be taken.
CASES = {
    "shots": ("inference", "rte", 7, 1),
    "short": ("sentiment", "amazon", 4, 1),
    "tweetqa": ("question", "tweetqa", 2, 2),
    "xlsum": ("summary", "xlsum", 1, 2),
}


def main() -> None:
    """Runs the cases that were asked for; as a child of itself, one case on one path."""
    given = options(__doc__, CASES)
    path = os.environ.get("FARFIELD_BENCH_PATH")
    if path:
        _take(given, path)
        return
    held = [_told(name) for name in chosen(given, CASES)]
    sys.exit(0 if all(held) else 1)


def _take(given: argparse.Namespace, path: str) -> None:
    """Asks the rows on one path, and prints the most bytes that this process held."""
    prepared = prepared_study(given)
    (name,) = given.case
    task, domain, shots, _ = CASES[name]
    cell = cell_of(prepared, task, domain, shots, ROWS)
    asking = prompts_of(cell, prepared.tokenizer)
    model = load_model(prepared.model)
    backend = PlainBackend(model) if path == "plain" else open_backend(model, memory=BUDGET).backend
    start, spec = len(asking.prefix), cell.task.spec
    if spec.kind == "generation":
        rows = [row.ids[start:] for row in asking.rows]
        backend.generate(asking.prefix, rows, ending_of(spec, prepared.tokenizer))
    else:
        backend.score(asking.prefix, [Choices(row.ids[start:], row.answers) for row in asking.rows])
    print(json.dumps({"backend": backend.name, "peak": peak_memory()}))


def _told(name: str) -> bool:
    plain, shared = (_peak(name, path) for path in ("plain", "shared"))
    allowed = plain + CASES[name][3] * BUDGET
    here = facts()
    told = {
        "bench": "memory",
        "case": name,
        "plain_mib": round(plain / 2**20),
        "shared_mib": round(shared / 2**20),
        "budget_mib": BUDGET >> 20,
        "allowed_mib": round(allowed / 2**20),
        "holds": shared <= allowed,
        "machine": f"{here.processor}, {here.vectors}, {here.versions['torch']}",
    }
    print(json.dumps(told), flush=True)
    return shared <= allowed


def _peak(name: str, path: str) -> int:
    command = [sys.executable, "-W", "ignore", "-m", "bench.memory", *_without_case(sys.argv[1:]), "--case", name]
    done = subprocess.run(
        command, env={**os.environ, "FARFIELD_BENCH_PATH": path}, check=True, capture_output=True, text=True
    )
    return int(json.loads(done.stdout.splitlines()[-1])["peak"])


def _without_case(arguments: list[str]) -> list[str]:
    kept: list[str] = []
    for before, each in zip(["", *arguments], arguments, strict=False):
        if "--case" not in (before, each):
            kept.append(each)
    return kept


if __name__ == "__main__":
    main()
