"""How many planted faults `check` finds in real rows, how many it reports that are none, and how fast.

    python -m bench.faults DATA [--part near|labels|leaks|damage|found|speed] [--messages 200000]

DATA is a folder of JSON files, TASK/SET_train_N.json and TASK/SET_test_N.json, each a list of rows with `input` or
`input_1` and `input_2`, and `output`. Prints one JSON line a case. A planted fault counts as found where it is reported
at its row; what is reported at rows without a fault before any is planted is taken off, and printed by itself.
"""

import argparse
import json
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np

from bench.record import timed
from farfield.data import LANGUAGES, read_rows, sample_folder
from farfield.data.faults import crossings, doubted_labels, near_duplicates, personal_data, unspoilt
from farfield.stats import Undefined

__all__ = ["main"]

_SHARES = (0.02, 0.05, 0.10)
_ROWS = 2000


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what is found, part by part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--part", choices=_PARTS, action="append")
    parser.add_argument("--messages", type=int, default=200_000)
    given = parser.parse_args(arguments)
    for part in given.part or _PARTS:
        for told in _PARTS[part](given):
            print(json.dumps({"bench": "faults", "part": part, **told}, ensure_ascii=False), flush=True)
    return 0


def _messages(data: Path, low: int = 20, high: int = 80) -> list[str]:
    """Sentences of `low` to `high` characters, each once."""
    texts = (text for path in sorted(data.glob("*/*.json")) for row in read_rows(path) for text in row.values())
    sentences = (each.strip() for text in texts for each in re.split(r"(?<=[.!?])\s+|\n", text))
    return list(dict.fromkeys(each for each in sentences if low <= len(each) <= high))


def _japanese() -> list[str]:
    """The messages and reports of the sample data."""
    paths = sorted(sample_folder("ja").glob("*/*.jsonl"))
    return list(dict.fromkeys(next(iter(row.values())) for path in paths for row in read_rows(path)))


def _typo(text: str, draws: np.random.Generator) -> str:
    place = int(draws.integers(len(text) - 1))
    kind = draws.integers(4)
    if kind == 0:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if kind == 1:
        return text[:place] + text[place + 1 :]
    letter = chr(int(draws.integers(97, 123))) if text.isascii() else chr(int(draws.integers(0x3042, 0x3094)))
    return text[:place] + letter + text[place + int(kind == 2) :]


def _two_typos(text: str, draws: np.random.Generator) -> str:
    return _typo(_typo(text, draws), draws)


def _swapped(text: str, draws: np.random.Generator) -> str:
    """Two neighbouring words swapped; of Japanese, two parts between commas or of a few characters."""
    if text.isascii():
        words = text.split(" ")
        place = int(draws.integers(max(1, len(words) - 1)))
        words[place : place + 2] = words[place : place + 2][::-1]
        return " ".join(words)
    place = int(draws.integers(max(1, len(text) - 6)))
    return text[:place] + text[place + 3 : place + 6] + text[place : place + 3] + text[place + 6 :]


def _digits(text: str, draws: np.random.Generator) -> str:
    """Other numbers, or one where there is none."""
    changed = re.sub(r"\d+", lambda _: str(draws.integers(1, 5000)), text)
    return changed if changed != text else f"{text} {draws.integers(1, 99)}"


def _punctuated(text: str, draws: np.random.Generator) -> str:
    bare = re.sub(r"[.,;:!?'。、！？]", "", text)
    return bare + str(draws.choice(["!", "!!", "...", "?"]))


def _width(text: str, draws: np.random.Generator) -> str:
    """Full-width letters and digits, upper case, doubled spaces: one of them, or two."""
    wide = text.translate({code: code + 0xFEE0 for code in range(0x30, 0x7F)})
    return str(draws.choice(np.array([wide, text.upper(), text.replace(" ", "  "), wide.upper()], object)))


_CHANGES: dict[str, Callable[[str, np.random.Generator], str]] = {
    "typo": _typo,
    "two typos": _two_typos,
    "swapped": _swapped,
    "digits": _digits,
    "punctuation": _punctuated,
    "width": _width,
}


def _near(given: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Near duplicates planted among messages, by language, share and kind of change."""
    for language, every in (("en", _messages(given.data)), ("ja", _japanese())):
        draws = np.random.default_rng(0)
        texts = [every[n] for n in draws.permutation(len(every))[: 20 * _ROWS]]
        clean = near_duplicates([(text,) for text in texts])
        alone = [text for n, text in enumerate(texts) if n not in {row for c in clean.clusters for row in c}]
        told = {"language": language, "rows": len(texts), "alike before planting": len(clean.later)}
        yield told
        for share in (*_SHARES, 1.0) if language == "ja" else _SHARES:  # the Japanese rows are few
            yield {"language": language, **_planted_near(alone, share, draws)}


def _planted_near(alone: Sequence[str], share: float, draws: np.random.Generator) -> dict[str, object]:
    count = round(share * len(alone))
    origins = draws.choice(len(alone), count, replace=False)
    kinds = draws.choice(list(_CHANGES), count)
    copies = [_CHANGES[kind](alone[origin], draws) for origin, kind in zip(origins, kinds, strict=True)]
    found = near_duplicates([(text,) for text in (*alone, *copies)])
    pairs = {(pair.one, pair.other) for pair in found.pairs}
    wanted = {(int(origin), len(alone) + n) for n, origin in enumerate(origins)}
    recall = {
        kind: round(
            float(np.mean([(int(o), len(alone) + n) in pairs for n, o in enumerate(origins) if kinds[n] == kind])), 4
        )
        for kind in _CHANGES
        if (kinds == kind).any()
    }
    return {
        "share": share,
        "planted": count,
        "recall": round(len(wanted & pairs) / len(wanted), 4),
        "precision": round(len(wanted & pairs) / max(1, len(pairs)), 4),
        "by kind": recall,
    }


def _leaks(given: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Training rows planted among test rows, changed."""
    texts = _messages(given.data)
    draws = np.random.default_rng(1)
    texts = [texts[n] for n in draws.permutation(len(texts))[: 3 * _ROWS]]
    clean = {row for cluster in near_duplicates([(text,) for text in texts]).clusters for row in cluster}
    alone = [text for n, text in enumerate(texts) if n not in clean]
    train, test = alone[: 2 * _ROWS], alone[2 * _ROWS :]
    for share in _SHARES:
        count = round(share * len(test))
        places, origins = draws.choice(len(test), count, replace=False), draws.choice(len(train), count, replace=False)
        planted = list(test)
        for place, origin in zip(places, origins, strict=True):
            planted[place] = _CHANGES[str(draws.choice(list(_CHANGES)))](train[origin], draws)
        found = {
            (leak.row, leak.other)
            for leak in crossings({"train": [(text,) for text in train], "test": [(text,) for text in planted]})
        }
        wanted = {(int(place), int(origin)) for place, origin in zip(places, origins, strict=True)}
        told = {"share": share, "planted": count, "recall": round(len(found & wanted) / count, 4)}
        yield {**told, "precision": round(len(found & wanted) / max(1, len(found)), 4)}


def _labels(given: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Labels flipped in sets that TF-IDF can tell something of, and in some that it can't."""
    for name in ("sentiment/amazon_train_2000", "sentiment/amazon_train_6000", "inference/multinli_train_2000"):
        path = given.data / f"{name}.json"
        if not path.is_file():
            continue
        rows = [row for row in read_rows(path) if row["output"] != "-"]
        texts = ["\n".join(row[field] for field in ("input", "input_1", "input_2") if field in row) for row in rows]
        labels = [row["output"] for row in rows]
        for share in (0.0, *_SHARES):
            yield {"set": name, **_flipped(texts, labels, share)}


def _flipped(texts: Sequence[str], labels: Sequence[str], share: float) -> dict[str, object]:
    draws = np.random.default_rng(2)
    flipped = set(draws.choice(len(labels), round(share * len(labels)), replace=False).tolist())
    names = sorted(set(labels))
    noisy = [str(draws.choice([x for x in names if x != y])) if n in flipped else y for n, y in enumerate(labels)]
    doubts, seconds = timed(lambda: doubted_labels(texts, noisy, rng=np.random.default_rng(3)))
    told: dict[str, object] = {
        "rows": len(labels),
        "share": share,
        "planted": len(flipped),
        "seconds": round(seconds, 1),
    }
    if isinstance(doubts, Undefined):
        return {**told, "undefined": doubts.reason}
    ranked = [row.row for row in doubts.rows]
    right = [row in flipped for row in ranked]
    return {
        **told,
        "accuracy": round(getattr(doubts.accuracy, "value", float("nan")), 3),
        "listed": len(ranked),
        "recall": round(sum(right) / len(flipped), 4) if flipped else None,
        "precision": round(sum(right) / len(right), 4) if right else None,
        "precision of the first 20": round(float(np.mean(right[:20])), 2) if right else None,
        "estimated share": [round(each, 4) for each in (doubts.share.value, doubts.share.low, doubts.share.high)],
    }


def _damage(given: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Sentences spoilt by each route, where they survive it, and how many whole ones would be changed."""
    import_module("ftfy.bad_codecs")  # brings CP1252 as browsers read it
    western = [f"“{text}” — café" for text in _messages(given.data)[:_ROWS]]
    for written, read, texts in (
        ("utf-8", "sloppy-windows-1252", western),
        ("utf-8", "latin-1", _japanese()),
        ("utf-8", "cp932", _japanese()),
        ("euc_jp", "cp932", _japanese()),
        ("cp932", "latin-1", _japanese()),
        ("euc_jp", "latin-1", _japanese()),
    ):
        spoilt = [(text, made) for text in texts if (made := _spoilt(text, written, read)) not in (None, text)]
        mended = sum(unspoilt(made or "") == text for text, made in spoilt)
        yield {"written": written, "read": read, "rows": len(texts), "survive": len(spoilt), "mended": mended}
    whole = [*_messages(given.data), *_japanese()]
    yield {"whole": len(whole), "changed": sum(unspoilt(text) != text for text in whole)}


def _spoilt(text: str, written: str, read: str) -> str | None:
    try:
        return text.encode(written).decode(read)
    except UnicodeError:
        return None


def _found(given: argparse.Namespace) -> Iterator[dict[str, object]]:
    """What the files themselves hold; no text of theirs is printed."""
    for train in sorted(given.data.glob("*/*_train_*.json")):
        yield {"file": f"{train.parent.name}/{train.name}", **_held(read_rows(train))}
    for test in sorted(given.data.glob("*/*_test_*.json")):
        yield {"file": f"{test.parent.name}/{test.name}", **_held(read_rows(test)), **_shared(test)}
    for language in LANGUAGES:
        for task in ("routing", "headline"):
            paths = sorted((sample_folder(language) / task).glob("*.jsonl"))
            yield {"file": f"samples {language}/{task}", **_held([row for path in paths for row in read_rows(path)])}


def _fields(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("input", "input_1", "input_2", "answer", "message", "report") if name in row)


def _held(rows: Sequence[dict[str, str]]) -> dict[str, object]:
    fields = [_fields(row) for row in rows]
    exact = len(fields) - len({tuple(" ".join(field.split()) for field in row) for row in fields})
    texts = ["\n".join(row) for row in fields]
    return {
        "rows": len(rows),
        "gold -": sum(row.get("output") == "-" for row in rows),
        "exact": exact,
        "near": len(near_duplicates(fields).later),
        "mojibake": sum(unspoilt(text) != text for text in texts),
        "personal": sum(bool(personal_data(text)) for text in texts),
    }


def _shared(test: Path) -> dict[str, object]:
    """Rows of a test file that stand in the largest training file of the same set, and in its demos."""
    name = test.name.split("_test_")[0]
    trains = sorted(test.parent.glob(f"{name}_train_*.json"), key=lambda path: path.stat().st_size)
    parts = {"train": trains[-1:], "demos": list((test.parent / "few_shot").glob(f"{name}_few_shot.json"))}
    given = {part: [_fields(row) for path in paths for row in read_rows(path)] for part, paths in parts.items()}
    asked = [_fields(row) for row in read_rows(test)]
    leaks = crossings({**given, "test": asked})
    told: dict[str, object] = {}
    for part in parts:
        exact = sum(row in set(given[part]) for row in asked)
        told |= {
            f"in {part}": sum(k.part == "test" and k.other_part == part for k in leaks),
            f"exactly in {part}": exact,
        }
    return told


def _speed(given: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Near duplicates among so many messages of 20 to 80 characters: sentences, halves of two, and changed ones."""
    texts = _messages(given.data)
    draws = np.random.default_rng(4)
    made = list(texts)
    while len(made) < 0.95 * given.messages:
        one, other = (texts[n] for n in draws.integers(len(texts), size=2))
        made.append(one[:40].rsplit(" ", 1)[0] + " " + other[-40:].split(" ", 1)[-1])
    while len(made) < given.messages:
        made.append(_CHANGES[str(draws.choice(list(_CHANGES)))](made[int(draws.integers(len(made)))], draws))
    rows = [(made[n],) for n in draws.permutation(len(made))[: given.messages]]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu = time.process_time()
    found, seconds = timed(lambda: near_duplicates(rows))
    yield {
        "messages": len(rows),
        "seconds": round(seconds, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "pairs": len(found.pairs),
        "clusters": len(found.clusters),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "before_mib": round(before / 1024),
    }


_PARTS: dict[str, Callable[[argparse.Namespace], Iterator[dict[str, object]]]] = {
    "near": _near,
    "leaks": _leaks,
    "labels": _labels,
    "damage": _damage,
    "found": _found,
    "speed": _speed,
}


if __name__ == "__main__":
    sys.exit(main())
