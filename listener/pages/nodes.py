"""What a page is made of once it is read: elements, and the lines of text that a visitor sees in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from listener.pages.classes import UNNAMED, Names

Attributes: TypeAlias = tuple[tuple[str, str | None], ...]


class Node:
    """An element. `order` counts elements as they open; every descendant has an order in (order, last]."""

    __slots__ = (
        "attributes",
        "children",
        "end_line",
        "hidden",
        "inline",
        "last",
        "line",
        "names",
        "order",
        "parent",
        "tag",
    )

    def __init__(self, tag: str, attributes: Attributes, parent: Node | None, order: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.order = self.last = order
        self.children: list[Node] = []
        #: Not shown at first: by attribute, style or class, here or above.
        self.hidden: bool = parent is not None and parent.hidden
        self.inline = False
        #: Its class and id.
        self.names = UNNAMED
        #: Index of the first line at or below, and of the first line after.
        self.line = self.end_line = 0

    @property
    def named(self) -> bool:
        """Whether it has a class or an id at all."""
        return self.names is not UNNAMED

    @property
    def words(self) -> frozenset[str]:
        """The pieces of class and id."""
        return self.names.words

    @property
    def endings(self) -> frozenset[str]:
        """The last piece of each class."""
        return self.names.endings

    @property
    def classes(self) -> str:
        """The class attribute."""
        return self.names.classes

    def attr(self, name: str) -> str:
        """Return an attribute's value, "" where there is none."""
        for key, value in self.attributes:
            if key == name:
                return value or ""
        return ""

    def has(self, name: str) -> bool:
        """Whether it has an attribute, with or without a value."""
        return any(key == name for key, _ in self.attributes)

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


class Line:
    """A run of inline text between two block boundaries."""

    __slots__ = ("hidden", "index", "node", "owners", "starts", "text")

    def __init__(self, index: int, text: str, node: Node, starts: Sequence[int], owners: Sequence[Node]) -> None:
        self.index = index
        self.text = text
        #: The block that holds it.
        self.node = node
        #: Where in `text` each text node begins, and which element holds that.
        self.starts = starts
        self.owners = owners
        self.hidden = owners[0].hidden

    def owner_at(self, position: int) -> Node:
        """Return the innermost element that holds the character at `position`."""
        return self.owners[max(bisect_right(self.starts, position) - 1, 0)]

    def parts(self) -> Iterator[tuple[str, Node]]:
        """Yield each run of text that one element holds, and that element."""
        starts = self.starts
        for number, owner in enumerate(self.owners):
            yield self.text[starts[number] : starts[number + 1] if number + 1 < len(starts) else None], owner


@dataclass(eq=False)
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
    #: Elements whose attributes say that a click opens something.
    openers: list[Node]

    def lines_of(self, node: Node) -> list[Line]:
        """Return the lines that stand in `node`."""
        return self.lines[node.line : node.end_line]

    def text_of(self, node: Node) -> str:
        """Return the text in `node`, its lines joined by spaces."""
        return " ".join([line.text for line in self.lines[node.line : node.end_line]])

    @cached_property
    def text(self) -> str:
        """The text of all lines."""
        return "\n".join([line.text for line in self.lines])

    def lines_with(self, needles: Iterable[str]) -> list[Line]:
        """Return the lines that hold one of these lower case texts, in whatever case, in page order."""
        lowered = self.text.lower()
        present = [needle for needle in needles if needle in lowered]
        if not present:
            return []
        # No line holds a line break, and no letter becomes one when it is lowered.
        texts = lowered.split("\n")
        return [line for line, text in zip(self.lines, texts, strict=True) if any(each in text for each in present)]

    @cached_property
    def by_tag(self) -> Mapping[str, Sequence[Node]]:
        """The elements of each tag that the page has, in page order."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.tag, []).append(node)
        return found

    @cached_property
    def by_names(self) -> Mapping[Names, Sequence[Node]]:
        """The elements that share a class and an id, in page order."""
        found: dict[Names, list[Node]] = {}
        for node in self.nodes:
            if node.names is not UNNAMED:
                found.setdefault(node.names, []).append(node)
        return found
