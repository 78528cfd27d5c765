"""Elements of a parsed page, and its visible lines of text."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import accumulate, islice
from operator import attrgetter
from typing import TypeAlias

import msgspec

from listener.pages.classes import UNNAMED, Names

_LINKED_CHARACTERS = 500_000
_DIGIT = re.compile(r"\d")
_DIGITS = "0123456789"

Attributes: TypeAlias = tuple[tuple[str, str | None], ...]


class Node(msgspec.Struct, gc=False, eq=False, weakref=False):
    """An element. `order` counts elements as they open; every descendant has an order in (order, last].

    It knows its parent and not its children, which the page finds by their order: without cycles a page that has been
    read is gone at once. A struct, as a page has thousands of these and a class's instances take four times as long to
    make; the collector, for which there is nothing to find, doesn't see them.
    """

    tag: str
    attributes: Attributes
    parent: Node | None
    order: int
    #: Index of the first line at or below.
    line: int
    #: Not shown at first: by attribute, style or class, here or above.
    hidden: bool
    inline: bool
    #: Its class and id.
    names: Names = UNNAMED
    #: Order of its last descendant, and index of the first line after it; known when the element has closed.
    last: int = 0
    end_line: int = 0

    @property
    def is_leaf(self) -> bool:
        """Whether no element stands in it."""
        return self.last == self.order

    @property
    def is_first(self) -> bool:
        """Whether it is the first of the elements right below its parent."""
        return self.parent is not None and self.order == self.parent.order + 1

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


class Line(msgspec.Struct, gc=False, eq=False, weakref=False):
    """A run of inline text between two block boundaries."""

    index: int
    text: str
    #: The block that holds it.
    node: Node
    #: Where in `text` each text node begins, and which element holds that.
    starts: Sequence[int]
    owners: Sequence[Node]
    #: Not shown at first.
    hidden: bool

    def owner_at(self, position: int) -> Node:
        """Return the innermost element that holds the character at `position`."""
        return self.owners[max(bisect_right(self.starts, position) - 1, 0)]

    def parts(self) -> Iterator[tuple[str, Node]]:
        """Yield each run of text that one element holds, and that element."""
        starts = self.starts
        for number, owner in enumerate(self.owners):
            yield self.text[starts[number] : starts[number + 1] if number + 1 < len(starts) else None], owner


class Page(msgspec.Struct, eq=False, dict=True):
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
    #: Elements with an itemprop attribute.
    properties: list[Node]
    #: The elements of each tag, in page order.
    by_tag: Mapping[str, Sequence[Node]]
    #: The elements that share a class and an id, in page order.
    by_names: Mapping[Names, Sequence[Node]]
    #: The texts of all lines, a line each.
    text: str

    def children(self, node: Node) -> list[Node]:
        """Return the elements right below one."""
        found: list[Node] = []
        place = node.order + 1
        while place <= node.last:
            child = self.nodes[place]
            found.append(child)
            place = child.last + 1
        return found

    def walk(self, node: Node) -> Iterator[Node]:
        """Yield an element and its descendants in page order."""
        return islice(self.nodes, node.order, node.last + 1)

    def lines_of(self, node: Node) -> list[Line]:
        """Return the lines that stand in `node`."""
        return self.lines[node.line : node.end_line]

    def text_of(self, node: Node) -> str:
        """Return the text in `node`, its lines joined by spaces."""
        return " ".join([line.text for line in self.lines[node.line : node.end_line]])

    @cached_property
    def linked_data(self) -> list[object]:
        """The blocks of JSON-LD that can be read, in page order."""
        found: list[object] = []
        for kind, body in self.scripts:
            if "ld+json" in kind and len(body) <= _LINKED_CHARACTERS:
                with suppress(ValueError, RecursionError):
                    found.append(json.loads(body, strict=False))
        return found

    @cached_property
    def lowered(self) -> str:
        """The text in lower case."""
        return self.text.lower()

    def of_tags(self, *tags: str) -> list[Node]:
        """Return the elements of some tags in page order."""
        return sorted((node for tag in tags for node in self.by_tag.get(tag, ())), key=attrgetter("order"))

    @cached_property
    def numbered(self) -> list[Line]:
        """The lines with a digit, in page order."""
        return self.lines_holding(*_DIGITS) if self.text.isascii() else list(self.lines_matching(_DIGIT))

    def lines_holding(self, *words: str) -> list[Line]:
        """Return the lines that hold one of some words, which are given in lower case, in page order.

        Looking for a word is ten times as fast as an expression of many.
        """
        text = self.lowered
        found: set[int] = set()
        for word in words:
            place = text.find(word)
            while place >= 0:
                index = bisect_right(self._line_starts, place) - 1
                found.add(index)
                place = text.find(word, self._line_starts[index + 1]) if index + 1 < len(self._line_starts) else -1
        return [self.lines[index] for index in sorted(found)]

    @cached_property
    def _line_starts(self) -> list[int]:
        """Where each line begins in the lowered text."""
        lengths = map(len, self.lowered.split("\n"))
        return [0, *accumulate(length + 1 for length in lengths)][:-1]

    def lines_matching(
        self, pattern: re.Pattern[str], *, lowered: bool = False, most: int | None = None
    ) -> Iterator[Line]:
        """Yield the lines in which an expression finds something, in page order; of `most` characters, if given.

        A search of the whole text is much faster than one of each line. The expression may not match a line break.
        """
        lines = self.lines
        if most is not None:
            lines = [line for line in lines if len(line.text) <= most]
            text = "\n".join([line.text for line in lines])
            text = text.lower() if lowered else text
        else:
            # No letter becomes a line break when it is lowered: the lines are the same.
            text = self.lowered if lowered else self.text
        index = position = 0
        while (found := pattern.search(text, position)) is not None:
            index += text.count("\n", position, found.start())
            yield lines[index]
            end = text.find("\n", found.end())
            if end < 0:
                return
            index, position = index + 1, end + 1
