"""A page as a compact tree with lines: what a visitor sees as one line of text, and which element holds it.

Built in one pass over the page's stream. Time and memory are bounded: a page with more of anything than the limits
below raises ParseError.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from listener.errors import ParseError
from listener.html.stream import stream
from listener.pages.glue import joined

MARKUP_LIMIT_CHARACTERS = 20_000_000
NODE_LIMIT = 120_000
DEPTH_LIMIT = 1_200
ATTRIBUTE_LIMIT = 2_000

Attributes: TypeAlias = tuple[tuple[str, str | None], ...]

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark nobr q s samp "
    "small span strike "
    "strong sub sup time tt u var wbr".split()
)
#: Elements whose text is not on the page.
UNSEEN = frozenset({"style", "svg", "math", "iframe", "object", "canvas", "video", "audio", "textarea", "datalist"})
_RAW = frozenset({"script", "title"})
_UNRENDERED = frozenset({"template", "noscript", "head", "title", "script"})
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table)", re.IGNORECASE)
_CAMEL = re.compile(r"([a-z])([A-Z])")
_BLOCK_CLASSES = frozenset({"block", "flex", "grid", "d-block", "d-flex", "d-grid", "btn", "button", "cta", "w-button"})
_HIDDEN_CLASSES = frozenset({"hidden", "d-none", "is-hidden", "hide", "invisible", "w-condition-invisible"})
_SPOKEN_CLASSES = frozenset(
    {"sr-only", "visually-hidden", "screen-reader-text", "screenreader", "u-visually-hidden", "a11y-hidden"}
)
_SHOWN_AGAIN = (":block", ":flex", ":grid", ":inline", "-block", "-flex", ":table")


class Node:
    """An element. `order` counts elements as they open; every descendant has an order in (order, last]."""

    __slots__ = (
        "_attrs",
        "_endings",
        "_words",
        "children",
        "depth",
        "end_line",
        "hidden",
        "inline",
        "last",
        "line",
        "named",
        "order",
        "parent",
        "tag",
    )

    def __init__(self, tag: str, attrs: Attributes, parent: Node | None, order: int) -> None:
        self.tag = tag
        self.parent = parent
        self.order = order
        self.last = order
        self.children: list[Node] = []
        #: Not shown at first: by attribute, style or class, here or above.
        self.hidden = False
        self.inline = False
        #: Has a class or an id at all.
        self.named = False
        #: Index of the first line at or below, and of the first line after.
        self.line = self.end_line = 0
        self.depth: int = 0 if parent is None else parent.depth + 1
        self._attrs: Attributes | dict[str, str] = attrs
        self._words: frozenset[str] | None = None
        self._endings: frozenset[str] | None = None

    @property
    def attrs(self) -> dict[str, str]:
        """All attributes; one without a value has ""."""
        if isinstance(self._attrs, tuple):
            self._attrs = {name: value or "" for name, value in reversed(self._attrs)}
        return self._attrs

    def attr(self, name: str) -> str:
        """Return an attribute's value, "" where there is none."""
        return self.attrs.get(name, "")

    @property
    def words(self) -> frozenset[str]:
        """The pieces of class and id: `price-card__name` gives price-card__name, price, card and name."""
        if self._words is None:
            self._words = pieces(f"{self.attr('class')} {self.attr('id')}") if self.named else _NONE
        return self._words

    @property
    def endings(self) -> frozenset[str]:
        """The last piece of each class: `price-card__name` gives name, `cardTitle` gives title."""
        if self._endings is None:
            self._endings = endings_of(self.attr("class")) if self.named else _NONE
        return self._endings

    def holds(self, other: Node) -> bool:
        """Whether `other` is this node or stands below it."""
        return self.order <= other.order <= self.last

    def ancestors(self) -> Iterator[Node]:
        """Yield the node itself and the elements around it, from the inside out."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def walk(self) -> Iterator[Node]:
        """Yield the node and its descendants in document order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


@dataclass(slots=True, eq=False)
class Line:
    """A run of inline text between two block boundaries."""

    index: int
    text: str
    #: The block that holds it.
    node: Node
    #: Where in `text` each text node begins, and which element holds that.
    starts: list[int]
    owners: list[Node]
    hidden: bool
    #: Follows a line break within the same block.
    broken: bool = False

    def owner_at(self, position: int) -> Node:
        """Return the innermost element that holds the character at `position`."""
        return self.owners[max(bisect_right(self.starts, position) - 1, 0)]


@dataclass(slots=True)
class Page:
    """A whole page."""

    root: Node
    lines: list[Line]
    title: str
    lang: str
    #: Bodies of script elements by their type attribute, in page order.
    scripts: list[tuple[str, str]]
    #: name or property (lower case) → content, of the first such meta element.
    metas: dict[str, str]
    nodes: list[Node]

    def lines_of(self, node: Node) -> list[Line]:
        """Return the lines that stand in `node`."""
        return self.lines[node.line : node.end_line]

    def text_of(self, node: Node) -> str:
        """Return the text in `node`, its lines joined by spaces."""
        return " ".join(line.text for line in self.lines_of(node))


def read_page(markup: str) -> Page:
    """Build the tree and the lines of a page.

    Raises ParseError for a page larger, deeper or fuller than any page written for people.
    """
    if len(markup) > MARKUP_LIMIT_CHARACTERS:
        raise ParseError(f"the page is larger than {MARKUP_LIMIT_CHARACTERS:,} characters")
    if markup.count("<") > 4 * NODE_LIMIT:
        # Before a parser has built what would be thrown away: starts, ends and some comments for each element.
        raise ParseError(f"the page opens more than {4 * NODE_LIMIT:,} tags")
    builder = _Builder()
    stream(markup, builder)
    return builder.finish()


class _Builder:
    def __init__(self) -> None:
        self.root = Node("#page", (), None, 0)
        self.nodes = [self.root]
        self.lines: list[Line] = []
        self.scripts: list[tuple[str, str]] = []
        self.metas: dict[str, str] = {}
        self.title = ""
        self._looks: dict[str, tuple[bool, bool]] = {}
        self._node = self.root
        self._unseen = 0
        self._raw: list[str] = []
        self._texts: list[str] = []
        self._owners: list[Node] = []
        self._broken = False

    def start_element(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> None:
        if self._unseen:
            self._unseen += 1
            return
        parent = self._node
        if len(self.nodes) >= NODE_LIMIT or parent.depth >= DEPTH_LIMIT or len(attrs) > ATTRIBUTE_LIMIT:
            raise ParseError("the page holds more elements, nesting or attributes than one written for people")
        node = Node(tag, attrs, parent, len(self.nodes))
        hidden = block = False
        if attrs:
            hidden, block, node.named = self._look(attrs)
        node.hidden = hidden or parent.hidden or tag in _UNRENDERED
        node.inline = tag in INLINE and not block
        parent.children.append(node)
        self.nodes.append(node)
        self._node = node
        if not node.inline:
            self._flush(parent)
            self._broken = tag == "br"
        node.line = len(self.lines)
        if tag in UNSEEN or tag in _RAW:
            self._unseen = 1
            self._raw = []
        elif tag == "meta":
            self._keep_meta(node.attrs)

    def end_element(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= 1
            if self._unseen:
                return
            self._keep_raw(self._node)
        node = self._node
        if not node.inline:
            self._flush(node)
            self._broken = tag == "br"
        node.last = len(self.nodes) - 1
        node.end_line = len(self.lines) + (1 if self._texts else 0)
        assert node.parent is not None
        self._node = node.parent

    def characters(self, data: str) -> None:
        if self._unseen:
            self._raw.append(data)
        else:
            self._texts.append(data)
            self._owners.append(self._node)

    def finish(self) -> Page:
        """Close what is open and return the page."""
        self._flush(self.root)
        self.root.last = len(self.nodes) - 1
        self.root.end_line = len(self.lines)
        html = next((node for node in self.root.children if node.tag == "html"), self.root)
        return Page(self.root, self.lines, self.title, html.attr("lang"), self.scripts, self.metas, self.nodes)

    def _look(self, attrs: Attributes) -> tuple[bool, bool, bool]:
        """Return whether attributes hide an element, whether they make a block of it, and whether they name it."""
        hidden = block = named = False
        for name, value in attrs:
            if name == "class" and value:
                named = True
                look = self._looks.get(value)
                if look is None:
                    look = self._looks[value] = _class_looks(value)
                hidden |= look[0]
                block |= look[1]
            elif name == "style" and value:
                hidden |= _hides(value)
                block |= _BLOCK_STYLE.search(value) is not None
            elif name == "hidden":
                hidden |= value != "until-found"
            elif name == "id":
                named = True
        return hidden, block, named

    def _keep_meta(self, named: dict[str, str]) -> None:
        name = named.get("name") or named.get("property") or named.get("http-equiv") or named.get("itemprop")
        if name and len(self.metas) < ATTRIBUTE_LIMIT:
            self.metas.setdefault(name.lower(), named.get("content", ""))

    def _keep_raw(self, node: Node) -> None:
        body = "".join(self._raw)
        if node.tag == "script":
            self.scripts.append((node.attr("type").lower(), body))
        elif node.tag == "title" and not self.title:
            self.title = " ".join(body.split())

    def _flush(self, closing: Node) -> None:
        """Make a line of the texts since the last block boundary; `closing` held the last of them."""
        if not self._texts:
            return
        text, starts, owners = joined(self._texts, self._owners)
        self._texts, self._owners = [], []
        if text:
            node = closing
            while node.inline and node.parent is not None:
                node = node.parent
            self.lines.append(Line(len(self.lines), text, node, starts, owners, owners[0].hidden, self._broken))


def _hides(style: str) -> bool:
    style = style.replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style


def _class_looks(classes: str) -> tuple[bool, bool]:
    """Return whether these classes hide an element, and whether they make a block of it, in the usual frameworks."""
    words = classes.lower().split()
    block = not _BLOCK_CLASSES.isdisjoint(words)
    if _HIDDEN_CLASSES.isdisjoint(words):
        return not _SPOKEN_CLASSES.isdisjoint(words), block
    # Tailwind's and Bootstrap's "hidden md:flex": shown on wider screens.
    return not any(again in word for word in words for again in _SHOWN_AGAIN), block


#: The last word of a class name, a number after it left out.
_ENDING = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?=[\d_-]*$)")
_NONE: frozenset[str] = frozenset()
_PIECES = re.compile(r"[a-z]+|\d+")


@lru_cache(maxsize=8192)
def pieces(names: str) -> frozenset[str]:
    """Return the lower case words of class names, whole and taken apart at hyphens, underscores and capitals."""
    names = _CAMEL.sub(r"\1 \2", names).lower()
    return frozenset(names.split()) | frozenset(_PIECES.findall(names))


@lru_cache(maxsize=8192)
def endings_of(classes: str) -> frozenset[str]:
    """Return the last word of each class name, in lower case."""
    found = (_ENDING.search(name) for name in classes.split())
    return frozenset(match[0].lower() for match in found if match)
