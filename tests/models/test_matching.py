"""Formats over a vocabulary: masks against every token tried by hand, and the way to a match where tokens run out."""

import re
from itertools import product
from pathlib import Path

import pytest
from tokenizers import Tokenizer as RustTokenizer
from tokenizers import models

from farfield.errors import ModelError
from farfield.models import Tokenizer, load_tokenizer

STOP = "\n\n"
# Expressions with few matches, and those matches.
LANGUAGES = {
    "(belt|motor): (worn|loose)": [
        f"{part}: {defect}" for part, defect in product(("belt", "motor"), ("worn", "loose"))
    ],
    "[ab]{1,3}c?": ["".join(t) + c for n in (1, 2, 3) for t in product("ab", repeat=n) for c in ("", "c")],
    r"a/b|#x|\(y\)|été|日本": ["a/b", "#x", "(y)", "été", "日本"],
}


def bytes_of(tokenizer: Tokenizer) -> list[bytes]:
    """Each token's bytes, by the spelling of byte-level vocabularies (GPT-2)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    odd = [byte for byte in range(256) if byte not in plain]
    spelt = {chr(byte): byte for byte in plain} | {chr(256 + n): byte for n, byte in enumerate(odd)}
    special = {0: b"", 1: b"", 2: b""}
    return [
        special[token] if token in special else bytes(spelt[character] for character in tokenizer.token(token))
        for token in range(tokenizer.vocab_size)
    ]


def possible(expression: str, said: bytes, token: int, piece: bytes) -> bool:
    """Whether a match, or a match with the stop text and more, begins with what is said and the token."""
    whole = [(lead + text).encode() for lead in ("", " ", "\n") for text in LANGUAGES[expression]]
    if token == 2:
        return said in whole
    ended = [text + STOP.encode() for text in whole]
    return bool(piece) and any(text.startswith(said + piece) or (said + piece).startswith(text) for text in ended)


@pytest.mark.parametrize("expression", LANGUAGES)
def test_allowed_are_the_tokens_that_a_match_can_go_on_with(tiny_folder: Path, expression: str) -> None:
    tokenizer = load_tokenizer(tiny_folder)
    pieces, matching = bytes_of(tokenizer), tokenizer.matching(expression, STOP)
    for text in LANGUAGES[expression]:
        row, said = matching(), b""
        for token in tokenizer.encode(f" {text}{STOP}"):
            expected = [possible(expression, said, other, piece) for other, piece in enumerate(pieces)]
            assert [byte > 0 for byte in row.allowed()] == expected
            assert row.take(token, 99) == token
            said += pieces[token]


def test_no_answer_holds_the_stop_text(tiny_folder: Path) -> None:
    tokenizer = load_tokenizer(tiny_folder)
    line_break, a = tokenizer.encode("\n")[0], tokenizer.encode("a")[0]
    row = tokenizer.matching("(?s:.*)!", STOP)()
    for token in (a, line_break):
        assert row.take(token, 99) == token
    assert row.allowed()[a]
    assert not row.allowed()[line_break]


@pytest.mark.parametrize("expression", ["[a-z]{4}[.]", "(bearing|pump): (worn|leaks)", "日本語+", "x*"])
def test_the_way_to_a_match_is_a_shortest_one(tiny_folder: Path, expression: str) -> None:
    tokenizer = load_tokenizer(tiny_folder)
    way = tokenizer.matching(expression, STOP).way(())
    shortest = {"[a-z]{4}[.]": 5, "(bearing|pump): (worn|leaks)": 10, "日本語+": 3, "x*": 0}
    assert re.fullmatch(expression, tokenizer.decode(way))
    assert len(tokenizer.decode(way)) == shortest[expression]


def test_an_answer_that_runs_out_of_tokens_takes_the_shortest_way(tiny_folder: Path) -> None:
    tokenizer = load_tokenizer(tiny_folder)
    a, b, mark = (tokenizer.encode(text)[0] for text in "ab!")
    row = tokenizer.matching("[a-z]+!", STOP)()
    assert row.take(a, 2) == a
    assert row.take(b, 1) == b
    assert row.take(a, 0) == mark
    row = tokenizer.matching("a+|a+b{30}", STOP)()
    assert row.take(a, 3) == a
    assert row.take(b, 2) == 2  # what is written matches already
    row = tokenizer.matching("a", "END")()
    assert [row.take(token, left) for left, token in ((3, a), (2, 2))] == [a, 2]


def test_a_vocabulary_that_cannot_be_matched_is_told(tmp_path: Path) -> None:
    RustTokenizer(models.WordLevel({"a": 0, "b": 1}, unk_token="b")).save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "config.json").write_text('{"eos_token_id": 1}', encoding="utf-8")
    with pytest.raises(ModelError, match="can't be held to a format"):
        load_tokenizer(tmp_path).matching("a", STOP)
