"""A page as a tree: what a test asks of it is asked of elements, not of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input", "hr", "source", "base", "embed", "wbr", "area", "col", "track"}


@dataclass(eq=False)
class Element:
    """One element."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator[Element]:
        """Those below it, in document order; of these tags, if any are named."""
        for child in self.children:
            if isinstance(child, Element):
                if not tags or child.tag in tags:
                    yield child
                yield from child.all(*tags)

    def one(self, tag: str) -> Element:
        """The only one of this tag below it."""
        (found,) = self.all(tag)
        return found

    def elements(self) -> list[Element]:
        """Its children that are elements."""
        return [child for child in self.children if isinstance(child, Element)]

    def raw(self) -> str:
        """All text in it as it stands."""
        return "".join(child if isinstance(child, str) else child.raw() for child in self.children)

    def text(self) -> str:
        """All text in it, white space collapsed."""
        return " ".join(self.raw().split())

    def has_class(self, name: str) -> bool:
        """Whether its class attribute names this one."""
        return name in self.attributes.get("class", "").split()


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open[-1].tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parsed(html: str) -> Element:
    """The tree of a page; every element that opens must close, in order."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.open == [builder.root], f"<{builder.open[-1].tag}> never closes"
    return builder.root


def numbers(text: str) -> list[str]:
    """Figures with one decimal, in order, the minus sign made plain."""
    return re.findall(r"-?\d+\.\d", text.replace("−", "-"))


def rows_of(table: Element) -> list[list[Element]]:
    """The body's rows, cell by cell."""
    return [list(row.elements()) for row in table.one("tbody").all("tr")]
