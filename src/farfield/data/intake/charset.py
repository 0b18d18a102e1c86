"""Which encoding a text file has: found from all of it, because its head may be ASCII and its last row Japanese.

The ladder: a byte order mark; UTF-8; UTF-16 by where its zeros stand; ISO-2022-JP by its escapes; CP932 and EUC-JP,
told apart by what decodes and by which of them reads as Japanese; CP1252 where it reads as a Western language;
charset-normalizer's guess; Latin-1, which takes any byte. A plain file with one broken line stays a plain file: what
is too little to tell an encoding by is put aside.
"""

import codecs
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from farfield.data.intake.japanese import decode_line, plausibility
from farfield.data.intake.western import reads_as_western
from farfield.errors import DataError

__all__ = ["Charset", "find_charset", "known_encoding", "mail_text"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_JAPANESE = ("cp932", "euc_jp")
_SAMPLE = 1 << 18  # bytes of lines outside ASCII that tell how Japanese a file reads
_READS_AS_JAPANESE = 0.7
_WHOLE = 0.7  # of the bytes outside ASCII; those of other encodings are seldom UTF-8 by chance
_TELLING = 8  # bytes outside ASCII; fewer, of no language known here, are damage rather than a file's encoding

Blocks = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Charset:
    """How the bytes of a text file are read.

    Attributes:
        codec: Python's name for it.
        sure: `certain`, `likely`, `guess`, or `given` by the caller.
        why: what says so.
        bom: bytes before the text.
        newline: what ends a line.
    """

    codec: str
    sure: str
    why: str
    bom: int = 0
    newline: bytes = b"\n"

    @property
    def wide(self) -> bool:
        """Whether characters have two or four bytes, and a line end therefore several."""
        return self.codec.startswith(("utf-16", "utf-32"))


@dataclass(slots=True)
class _Survey:
    """What one pass over the bytes tells."""

    utf8: bool = True
    ascii: bool = True
    escapes: bool = False
    newlines: int = 0
    returns: int = 0
    zeros: tuple[int, int] = (0, 0)
    sample: bytes = b""
    size: int = 0


def known_encoding(name: str) -> str:
    """Python's name for an encoding that a caller names; the empty text stays empty.

    Raises:
        DataError: an encoding that Python doesn't know, or one whose line ends are no ASCII bytes.
    """
    if not name:
        return ""
    try:
        codec = codecs.lookup(name).name
        known = codec.startswith(("utf-16", "utf-32", "iso2022_jp")) or _keeps_ascii(codec)
    except (LookupError, ValueError):
        known = False
    if not known:
        raise DataError(f"{name!r} is no encoding that is read", mend="name one such as utf-8, cp932, euc_jp or cp1252")
    return name


def find_charset(blocks: Blocks, *, given: str = "") -> Charset | str:
    """The encoding of a file, or why it is no text.

    Args:
        blocks: gives the file's blocks from its beginning, each time it is called.
        given: a codec that the caller names; it is believed.
    """
    head = next(iter(blocks()), b"")
    for mark, codec in _MARKS:
        if head.startswith(mark) and (not given or codecs.lookup(given).name.startswith(codec[:6])):
            return Charset(codec, "certain", "byte order mark", bom=len(mark))
    if given:
        name = codecs.lookup(given).name
        named = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8", "shift_jis": "cp932"}
        name = "iso2022_jp" if name.startswith("iso2022_jp") else name
        return Charset(named.get(name, name), "given", "named by the caller")
    survey = _survey(blocks)
    if any(survey.zeros):
        return _with_zeros(survey, blocks)
    newline = b"\n" if survey.newlines or not survey.returns else b"\r"
    codec, sure, why = _eight_bits(survey, blocks)
    return Charset(codec, sure, why, newline=newline)


def _survey(blocks: Blocks) -> _Survey:
    told, decoder, last = _Survey(), codecs.getincrementaldecoder("utf-8")(), b""
    even = odd = 0
    for block in blocks():
        told.newlines += block.count(b"\n")
        told.returns += block.count(b"\r")
        if 0 in block:
            first, second = block[::2].count(0), block[1::2].count(0)
            even, odd = (even + first, odd + second) if told.size % 2 == 0 else (even + second, odd + first)
        told.size += len(block)
        # An escape may stand across the border of two blocks.
        told.escapes = told.escapes or b"\x1b$" in last + block or b"\x1b(I" in last + block
        last = block[-2:]
        if not block.isascii():
            told.ascii = False
            told.sample = _more(told.sample, block)
        if told.utf8:
            told.utf8 = _takes(decoder, block)
    told.utf8 = told.utf8 and _takes(decoder, b"", final=True)
    told.zeros = (even, odd)
    return told


def _takes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _more(sample: bytes, block: bytes) -> bytes:
    if len(sample) >= _SAMPLE:
        return sample
    lines = (line for line in block.split(b"\n") if not line.isascii())
    return (sample + b"\n".join(lines) + b"\n")[:_SAMPLE]


def _with_zeros(survey: _Survey, blocks: Blocks) -> Charset | str:
    """UTF-16 has its zeros on one side: the high bytes of line ends, digits and Latin letters."""
    even, odd = survey.zeros
    codec = "utf-16-le" if odd > even else "utf-16-be"
    less, more = sorted((even, odd))
    decoder = codecs.getincrementaldecoder(codec)()
    one_sided = more >= 10 * less and more * 200 >= survey.size
    if one_sided and all(_takes(decoder, block) for block in blocks()):
        return Charset(codec, "likely", "zero bytes stand on one side only, and all of it decodes")
    if survey.utf8 and (even + odd) * 100 < survey.size:
        return Charset("utf-8", "likely", "all of it decodes, with some zero bytes")
    return "the file is no text: it is full of zero bytes"


def _eight_bits(survey: _Survey, blocks: Blocks) -> tuple[str, str, str]:
    if survey.ascii and survey.escapes:
        return "iso2022_jp", "certain", "escape sequences of ISO-2022-JP"
    if survey.ascii:
        return "utf-8", "certain", "ASCII only"
    if survey.utf8:
        return "utf-8", "certain", "all of it decodes"
    seen, wrong = _failures(("utf-8", *_JAPANESE), blocks)
    if wrong["utf-8"] * 2 <= seen:
        return "utf-8", "likely", f"{seen - wrong['utf-8']} of {seen} lines outside ASCII decode"
    if _utf8_share(survey.sample) >= _WHOLE:
        return "utf-8", "likely", "nearly all bytes outside ASCII are UTF-8"
    reads = {codec: plausibility(survey.sample.decode(codec, "ignore")) for codec in _JAPANESE}
    best = max(_JAPANESE, key=lambda codec: reads[codec] - wrong[codec] / seen)
    if reads[best] >= _READS_AS_JAPANESE and wrong[best] * 3 <= seen:
        share = f"{seen - wrong[best]} of {seen} lines outside ASCII decode, {reads[best]:.0%} reads as Japanese"
        return best, "guess" if wrong[best] * 20 > seen else "likely", share
    return _guessed(survey.sample, seen, {codec for codec in _JAPANESE if not wrong[codec]})


def _outside_ascii(raw: bytes) -> bytes:
    return raw.translate(None, bytes(range(128)))


def _utf8_share(sample: bytes) -> float:
    """The share of bytes outside ASCII that belong to whole characters of UTF-8."""
    whole = _outside_ascii(sample.decode("utf-8", "ignore").encode())
    return len(whole) / max(1, len(_outside_ascii(sample)))


def _failures(names: tuple[str, ...], blocks: Blocks) -> tuple[int, dict[str, int]]:
    """Lines that hold more than ASCII, and how many of them each codec can't read."""
    seen, wrong = 0, dict.fromkeys(names, 0)
    for line in _rough_lines(blocks()):
        if line.isascii():
            continue
        seen += 1
        for name in names:
            # One that failed a thousand times and more often than not is out; the rest of the pass is for the others.
            if wrong[name] > 1000 and wrong[name] * 2 > seen:
                wrong[name] += 1
                continue
            try:
                decode_line(line, name)
            except UnicodeDecodeError:
                wrong[name] += 1
    return seen, wrong


def _rough_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines, where those of many mebibytes are cut: they are counted here, not read."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
        if len(rest) > 16 << 20:
            yield rest
            rest = b""
    if rest:
        yield rest


def _guessed(sample: bytes, seen: int, japanese: set[str]) -> tuple[str, str, str]:
    from charset_normalizer import from_bytes

    if reads_as_western(sample):
        return "cp1252", "guess", "reads as a Western language"
    if len(_outside_ascii(sample)) < _TELLING:
        return "utf-8", "likely", f"all of it is ASCII but {seen} lines, which are too little to tell an encoding by"
    found = from_bytes(sample, steps=10, chunk_size=1024).best()
    if found is not None and _keeps_ascii(found.encoding):
        return codecs.lookup(found.encoding).name, "guess", "charset-normalizer"
    for codec in _JAPANESE:
        if codec in japanese:
            return codec, "guess", "all of it decodes, but little reads as Japanese"
    return "iso8859-1", "guess", "nothing fits; Latin-1 takes any byte"


def _keeps_ascii(codec: str) -> bool:
    """Lines are cut and delimiters found by their ASCII bytes, which EBCDIC and UTF-7 have elsewhere."""
    try:
        return bytes(range(32, 127)).decode(codec) == "".join(map(chr, range(32, 127))) and codec != "utf_7"
    except UnicodeDecodeError:
        return False


def mail_text(raw: bytes, named: str) -> tuple[str, str]:
    """The text of a message's part by the charset that it names, or by the ladder where that can't be; and which."""
    for codec in (named, "utf-8"):
        try:
            return decode_line(raw, "iso2022_jp" if codec.lower().startswith("iso-2022-jp") else codec), codec
        except (UnicodeDecodeError, LookupError):
            continue
    found = find_charset(lambda: iter((raw,)))
    codec = found if isinstance(found, str) else found.codec
    return (raw.decode("latin-1"), "latin-1") if isinstance(found, str) else (raw.decode(codec, "replace"), codec)
