"""How fast rows are gathered, and in how much memory.

    python -m bench.intake [--rows 1000000] [--encoding cp932]

Writes a CSV file of Japanese messages and imports it, in a process of its own whose peak memory is told. Prints one
JSON line; exit status 1 where a million rows take more than a minute or memory reaches 1.5 GiB.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["main"]

_GOAL_S = 60.0  # a million rows
_GOAL_BYTES = 1.5 * (1 << 30)
_CHILD = """
import json, resource, sys, time
from pathlib import Path
from farfield.data.intake import Wishes, import_files
started = time.perf_counter()
wishes = Wishes({"text": "本文", "target": "区分"})
done = import_files([Path(sys.argv[1])], Path(sys.argv[2]), wishes=wishes)
taken = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"rows": done.rows, "aside": done.aside, "seconds": round(taken, 2), "peak_bytes": peak}))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes, imports, measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--encoding", default="utf-8")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "rows.csv"
        with path.open("w", encoding=given.encoding, newline="") as file:
            file.write("番号,本文,区分,日付,支店\r\n")
            for n in range(given.rows):
                text = f"{n % 97} 号機のプリンタが動かず、\n至急の修理を希望します"
                file.write(f'{n},"{text}",修理{n % 9},2023/3/{n % 28 + 1},店{n % 50}\r\n')
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, str(path), str(Path(name) / "out")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        told = json.loads(done.stdout) | {
            "bench": "intake",
            "encoding": given.encoding,
            "file_bytes": path.stat().st_size,
            "with_start_s": round(time.perf_counter() - began, 2),
            "cpu_s": round(spent.ru_utime + spent.ru_stime, 2),
        }
    print(json.dumps(told), flush=True)
    slow = told["seconds"] > _GOAL_S * given.rows / 1_000_000
    return int(slow or told["peak_bytes"] >= _GOAL_BYTES or told["rows"] != given.rows)


if __name__ == "__main__":
    sys.exit(main())
