"""Pages as trees with Beautiful Soup, the fallback where turbohtml has no wheel.

Nothing outside `listener.html` imports this. The tree is built from `listener.html.scan`, not from `html.parser`.
"""

from __future__ import annotations

from collections.abc import Iterator

import soupsieve
from bs4 import BeautifulSoup
from bs4.builder import HTMLTreeBuilder
from bs4.element import NavigableString, Tag

from listener.html.blocks import BLOCKS
from listener.html.scan import Start, scan

_CELLS = frozenset({"td", "th"})
_HIDDEN = frozenset({"script", "style", "template", "select", "title", "head"})
#: What a start tag ends when it is open and innermost.
_ENDS: dict[str, frozenset[str]] = {
    "li": frozenset({"li"}),
    "p": frozenset({"p"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
    "option": frozenset({"option"}),
    "td": _CELLS,
    "th": _CELLS,
    "tr": _CELLS | {"tr"},
}
#: Elements deeper than this are taken for siblings.
_DEPTH_LIMIT = 150


class SoupElement:
    """A Beautiful Soup tag with the manners of `listener.html.Element`."""

    __slots__ = ("_tag",)

    def __init__(self, tag: Tag) -> None:
        self._tag = tag

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SoupElement) and other._tag is self._tag

    def __hash__(self) -> int:
        return id(self._tag)

    @property
    def tag(self) -> str:
        return self._tag.name

    @property
    def text(self) -> str:
        return "".join(str(node) for node in self._tag.descendants if isinstance(node, NavigableString))

    def attr(self, name: str, /, default: str | None = None) -> str | None:
        value = self._tag.get(name)
        if value is None:
            return default
        return value if isinstance(value, str) else " ".join(value)

    def select(self, selector: str, /) -> list[SoupElement]:
        return [SoupElement(tag) for tag in _compiled(selector).iselect(self._tag)]

    def select_one(self, selector: str, /) -> SoupElement | None:
        return _wrapped(_compiled(selector).select_one(self._tag))

    def matches(self, selector: str, /) -> bool:
        return _compiled(selector).match(self._tag)

    def closest(self, selector: str, /) -> SoupElement | None:
        return _wrapped(_compiled(selector).closest(self._tag))

    def attributes(self) -> Iterator[tuple[str, str]]:
        """Yield names and values."""
        for name, value in self._tag.attrs.items():
            yield name, value if isinstance(value, str) else " ".join(value)

    def children(self) -> Iterator[SoupElement | str]:
        """Yield child elements and texts."""
        for node in self._tag.children:
            if isinstance(node, Tag):
                yield SoupElement(node)
            else:
                yield str(node)

    def parent(self) -> SoupElement | None:
        """Return the element around this one."""
        parent = self._tag.parent
        return None if parent is None or isinstance(parent, BeautifulSoup) else SoupElement(parent)

    def readable(self) -> str:
        """Return text with a line break around each block; spaces as they are."""
        return text_of(self._tag.decode())


class _Builder(HTMLTreeBuilder):
    """Builds a tree from a scan, with the ends that HTML lets authors leave out."""

    def feed(self, markup: str | bytes) -> None:
        soup = self.soup
        assert soup is not None, "Beautiful Soup sets itself before it feeds"
        assert isinstance(markup, str)
        for token in scan(markup):
            if isinstance(token, str):
                soup.handle_data(token)
            elif isinstance(token, Start):
                innermost = soup.currentTag
                while innermost is not None and innermost.name in _ENDS.get(token.tag, ()):
                    soup.handle_endtag(innermost.name)
                    innermost = soup.currentTag
                soup.handle_starttag(token.tag, None, None, dict(token.attributes))
                if self.can_be_empty_element(token.tag) or len(soup.tagStack) > _DEPTH_LIMIT:
                    soup.handle_endtag(token.tag)
            else:
                soup.handle_endtag(token.tag)


def parse(markup: str) -> SoupElement:
    """Parse a page and return its root, made up where the markup has none."""
    document = BeautifulSoup(markup, builder=_Builder())
    root = document.find("html", recursive=False)
    if isinstance(root, Tag):
        return SoupElement(root)
    root, body = document.new_tag("html"), document.new_tag("body")
    root.append(body)
    for node in list(document.contents):
        body.append(node.extract())
    document.append(root)
    return SoupElement(root)


def text_of(fragment: str) -> str:
    """Return the text of a fragment with a line break around each block; spaces as they are."""
    parts: list[str] = []
    hidden: list[str] = []
    preformatted = 0
    for token in scan(fragment):
        if isinstance(token, str):
            if not hidden:
                parts.append(token if preformatted else token.replace("\n", " ").replace("\r", " "))
            continue
        tag = token.tag
        if isinstance(token, Start):
            hidden += [tag] if tag in _HIDDEN else []
            preformatted += tag == "pre"
        else:
            if hidden and hidden[-1] == tag:
                hidden.pop()
            preformatted -= tag == "pre" and preformatted > 0
        parts.append("\n" if tag in BLOCKS else " " if tag in _CELLS else "")
    return "".join(parts)


def _compiled(selector: str) -> soupsieve.SoupSieve:
    try:
        return soupsieve.compile(selector)
    except soupsieve.SelectorSyntaxError as error:
        raise ValueError(f"not a selector: {selector!r}") from error


def _wrapped(tag: Tag | None) -> SoupElement | None:
    return None if tag is None else SoupElement(tag)
