"""HTML through Beautiful Soup and `html.parser`: what is used where turbohtml has no wheel.

Nothing outside `listener.html` imports this.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

import soupsieve
from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
from bs4.element import CData, NavigableString, PreformattedString, Tag

#: Characters of a page that are read.
MARKUP_LIMIT = 1_000_000

_HIDDEN = frozenset({"script", "style", "template", "select", "title", "head"})
#: Elements that begin and end a line.
BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section summary table "
    "tbody tfoot thead tr ul".split()
)
_CELLS = frozenset({"td", "th"})


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
        return "".join(_strings(self._tag))

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

    def iter_elements(
        self, tags: str | Iterable[str] | None = None, include_self: bool = False
    ) -> Iterator[SoupElement]:
        wanted = None if tags is None else frozenset({tags} if isinstance(tags, str) else tags)
        if include_self and (wanted is None or self.tag in wanted):
            yield self
        for node in self._tag.descendants:
            if isinstance(node, Tag) and (wanted is None or node.name in wanted):
                yield SoupElement(node)

    def attributes(self) -> Iterator[tuple[str, str]]:
        """Yield names and values."""
        for name, value in self._tag.attrs.items():
            yield name, value if isinstance(value, str) else " ".join(value)

    def children(self) -> Iterator[SoupElement | str]:
        """Yield child elements and texts."""
        for node in self._tag.children:
            if isinstance(node, Tag):
                yield SoupElement(node)
            elif isinstance(node, NavigableString) and _is_text(node):
                yield str(node)

    def parent(self) -> SoupElement | None:
        """Return the element around this one."""
        parent = self._tag.parent
        return None if parent is None or isinstance(parent, BeautifulSoup) else SoupElement(parent)

    def readable(self) -> str:
        """Return text with a line break around each block; spaces as they are."""
        collector = _Collector()
        collector.feed(self._tag.decode())
        return collector.text()


def parse(markup: str) -> SoupElement:
    """Parse a page and return its root, made up where the markup has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        document = BeautifulSoup(markup[:MARKUP_LIMIT], "html.parser")
    root = document.find("html", recursive=False)
    if isinstance(root, Tag):
        return SoupElement(root)
    root = document.new_tag("html")
    for node in list(document.contents):
        root.append(node.extract())
    document.append(root)
    return SoupElement(root)


def text_of(fragment: str) -> str:
    """Return the text of a fragment with a line break around each block; spaces as they are."""
    collector = _Collector()
    collector.feed(fragment[:MARKUP_LIMIT])
    return collector.text()


class _Collector(HTMLParser):
    """Collects text and line breaks while the markup streams by: no tree, so no depth to worry about."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._hidden: list[str] = []
        self._preformatted = 0

    def text(self) -> str:
        self.close()
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden.append(tag)
        self._preformatted += tag == "pre"
        self._break(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()
        self._preformatted -= tag == "pre" and self._preformatted > 0
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(data if self._preformatted else data.replace("\n", " ").replace("\r", " "))

    def _break(self, tag: str) -> None:
        if tag in BLOCKS:
            self._parts.append("\n")
        elif tag in _CELLS:
            self._parts.append(" ")


def _compiled(selector: str) -> soupsieve.SoupSieve:
    try:
        return soupsieve.compile(selector)
    except soupsieve.SelectorSyntaxError as error:
        raise ValueError(f"not a selector: {selector!r}") from error


def _wrapped(tag: Tag | None) -> SoupElement | None:
    return None if tag is None else SoupElement(tag)


def _is_text(node: NavigableString) -> bool:
    return not isinstance(node, PreformattedString) or isinstance(node, CData)


def _strings(tag: Tag) -> Iterator[str]:
    for node in tag.descendants:
        if isinstance(node, NavigableString) and _is_text(node):
            yield str(node)
