"""Plain text and e-mail: files that are one example, or hold one a line."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.message import EmailMessage, Message
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser

from farfield.data.intake.charset import Charset, mail_text
from farfield.data.intake.lines import Line, Opened, whole_text
from farfield.data.intake.values import Aside, Limits, Row, Source

__all__ = ["mail_rows", "plain_lines", "plain_rows"]

_SPLIT = "split the file, or read it a line at a time with --text-lines"
_ENCODING = "mend the file, or name its encoding with --encoding"


def plain_rows(opened: Opened, charset: Charset, limits: Limits) -> Iterator[Row | Aside]:
    """The whole file as one text."""
    if opened.size > limits.file_bytes:
        yield Aside(f"the text has {opened.size} bytes; more than {limits.file_bytes} are no example", _SPLIT)
        return
    text, raw, fault = whole_text(opened, charset)
    if fault:
        yield Aside(fault, _ENCODING, 1, raw=raw)
    else:
        yield Row({"text": text.replace("\r\n", "\n").removesuffix("\n")}, 1)


def plain_lines(lines: Iterator[Line], source: Source) -> Iterator[Row | Aside]:
    """Every line that is not blank as one text."""
    for line in lines:
        if line.fault:
            yield Aside(line.fault, _ENCODING, line.number, raw=line.raw)
        elif line.text.strip():
            yield Row({"text": line.text.rstrip("\r\n")}, line.number)
        else:
            source.blank += 1


def mail_rows(opened: Opened, source: Source, limits: Limits) -> Iterator[Row | Aside]:
    """One message: subject, the sender's domain (never the address), date and text.

    The text is that of the plain part, or of the HTML part where there is no other, by the charset that its own header
    names; where that can't be, by the ladder, and `source` is told.
    """
    if opened.size > limits.file_bytes:
        yield Aside(f"the message has {opened.size} bytes; more than {limits.file_bytes} are not read", "take it apart")
        return
    raw = b"".join(opened.blocks())
    message = message_from_bytes(raw, policy=policy.default)
    if not isinstance(message, EmailMessage) or not any(message.get(name) for name in ("from", "subject", "date")):
        yield Aside(
            "the file is no message: it has no From, Subject or Date", "save the message as .eml again", raw=raw
        )
        return
    try:
        part = message.get_body(("plain", "html"))
        text = _body(part, source) if part is not None else ""
    except (LookupError, ValueError, AttributeError, HeaderParseError) as error:
        yield Aside(f"the message's text can't be found: {error}", "save the message as .eml again", raw=raw)
        return
    if not text.strip():
        yield Aside("the message has no text", "nothing, if it is empty or has attachments only", raw=raw)
        return
    sender = parseaddr(_header(message, "from"))[1].rpartition("@")[2].lower()
    fields = {"subject": _header(message, "subject"), "from_domain": sender, "date": _date(message), "text": text}
    yield Row(fields, 1)


def _header(message: EmailMessage, name: str) -> str:
    """A header's text; one that was written without encoding goes down the ladder."""
    try:
        text = str(message.get(name, ""))
    except (ValueError, IndexError, HeaderParseError, AttributeError):
        text = next((value for key, value in message.raw_items() if key.lower() == name), "")
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name), "")
    if any("\udc80" <= character <= "\udcff" for character in raw):
        text = mail_text(raw.encode("utf-8", "surrogateescape"), "utf-8")[0]
    return " ".join(text.split())


def _date(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(_header(message, "date")).isoformat()
    except (ValueError, TypeError):
        return ""


def _body(part: Message, source: Source) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    named = part.get_content_charset("us-ascii")
    text, used = mail_text(raw, named)
    source.encoding, source.sure, source.why = used, "certain", "the message's own header"
    if used != named and not raw.isascii():
        source.sure, source.why = "guess", f"the header says {named}, which does not decode"
    text = text.replace("\r\n", "\n").strip("\n")
    return _shown(text) if part.get_content_subtype() == "html" else text


class _Shown(HTMLParser):
    """The text of a page, without styles and scripts, with line ends where blocks end."""

    _HIDDEN = frozenset({"style", "script", "head", "title"})
    _BLOCKS = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "table"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Blocks begin a line."""
        del attrs
        self._hidden += tag in self._HIDDEN
        if tag in self._BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """What was hidden ends."""
        self._hidden = max(0, self._hidden - (tag in self._HIDDEN))

    def handle_data(self, data: str) -> None:
        """Text that a reader would see."""
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def _shown(html: str) -> str:
    page = _Shown()
    page.feed(html)
    page.close()
    lines = (line.strip() for line in "".join(page.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
