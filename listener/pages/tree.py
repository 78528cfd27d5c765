"""A page as a compact tree with lines: what a visitor sees as one line of text, and which element holds it.

Built in one pass over the page's stream. Time and memory are bounded: a page with more of anything than the limits
below raises ParseError.
"""

from __future__ import annotations

import re

from listener.errors import ParseError
from listener.html.stream import stream
from listener.pages.classes import Names
from listener.pages.glue import joined
from listener.pages.nodes import Attributes, Line, Node, Page

MARKUP_LIMIT_CHARACTERS = 20_000_000
NODE_LIMIT = 120_000
DEPTH_LIMIT = 1_200
ATTRIBUTE_LIMIT = 2_000
#: Of a title; what is longer is none, and is searched for words as one.
TITLE_CHARACTERS = 2_000

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark nobr q s samp "
    "small span strike "
    "strong sub sup time tt u var wbr".split()
)
#: Elements whose text is not on the page.
UNSEEN = frozenset({"style", "svg", "math", "iframe", "object", "canvas", "video", "audio", "textarea", "datalist"})
_RAW = frozenset({"script", "title"})
_UNRENDERED = frozenset({"template", "noscript", "head", "title", "script"})
#: Attributes of what opens something when it is clicked.
_OPENING = frozenset({"aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle"})
_LOOKED_AT = _OPENING | {"class", "id", "style", "hidden", "itemprop"}
_IS_INLINE, _IS_UNRENDERED, _IS_SPECIAL = 1, 2, 4
#: What has to be known of a tag when it opens.
_TAGS = {
    tag: _IS_INLINE * (tag in INLINE)
    | _IS_UNRENDERED * (tag in _UNRENDERED)
    | _IS_SPECIAL * (tag in UNSEEN or tag in _RAW or tag == "meta")
    for tag in INLINE | _UNRENDERED | UNSEEN | _RAW | {"meta"}
}
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table)", re.IGNORECASE)


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
    """Hears the page go by."""

    __slots__ = (
        "_by_tag",
        "_depth",
        "_known",
        "_lines",
        "_metas",
        "_names",
        "_node",
        "_nodes",
        "_openers",
        "_owners",
        "_properties",
        "_raw",
        "_root",
        "_said",
        "_scripts",
        "_texts",
        "_title",
        "_unseen",
    )

    def __init__(self) -> None:
        self._root = Node("#page", (), None, 0)
        self._nodes = [self._root]
        self._lines: list[Line] = []
        self._said: list[str] = []
        self._scripts: list[tuple[str, str]] = []
        self._metas: dict[str, str] = {}
        self._openers: list[Node] = []
        self._properties: list[Node] = []
        self._title = ""
        self._node = self._root
        self._depth = 0
        self._by_tag: dict[str, list[Node]] = {}
        #: Names by the class attribute where there is no id, and by both; with the elements that bear them.
        self._known: dict[str, tuple[Names, list[Node]]] = {}
        self._names: dict[tuple[str, str], tuple[Names, list[Node]]] = {}
        #: Open elements from the one whose text isn't on the page.
        self._unseen = 0
        self._raw: list[str] = []
        #: The line that is being heard, and which element each of its texts stands in.
        self._texts: list[str] = []
        self._owners: list[Node] = []

    def start_element(self, tag: str, attrs: Attributes) -> None:
        if self._unseen:
            self._unseen += 1
            return
        nodes = self._nodes
        parent = self._node
        self._depth += 1
        if self._depth > DEPTH_LIMIT or len(nodes) >= NODE_LIMIT:
            raise ParseError("the page holds more elements or nesting than one written for people")
        self._node = node = Node(tag, attrs, parent, len(nodes))
        nodes.append(node)
        same = self._by_tag.get(tag)
        if same is None:
            self._by_tag[tag] = [node]
        else:
            same.append(node)
        block = self._look(node, attrs) if attrs else False
        known = _TAGS.get(tag, 0)
        if known & _IS_UNRENDERED:
            node.hidden = True
        if known & _IS_INLINE and not block:
            node.inline = True
        elif self._texts:
            self._flush(parent)
        node.line = len(self._lines)
        if known & _IS_SPECIAL:
            if tag == "meta":
                self._keep_meta(node)
            else:
                self._unseen = 1
                self._raw = []

    def end_element(self, _: str) -> None:
        node = self._node
        if self._unseen:
            self._unseen -= 1
            if self._unseen:
                return
            if node.tag in _RAW:
                self._keep_raw(node, "".join(self._raw))
        self._depth -= 1
        lines = self._lines
        if not self._texts:
            node.end_line = len(lines)
        elif node.inline:
            node.end_line = len(lines) + 1
        else:
            self._flush(node)
            node.end_line = len(lines)
        node.last = len(self._nodes) - 1
        assert node.parent is not None
        self._node = node.parent

    def characters(self, data: str) -> None:
        if self._unseen:
            self._raw.append(data)
        elif not data.isspace():
            self._texts.append(data)
            self._owners.append(self._node)
        elif self._texts:
            self._texts[-1] += " "

    def finish(self) -> Page:
        """Close what is open and return the page."""
        if self._texts:
            self._flush(self._root)
        self._root.last = len(self._nodes) - 1
        self._root.end_line = len(self._lines)
        html = next((node for node in self._nodes if node.tag == "html"), self._root)
        return Page(
            self._root,
            self._lines,
            self._title,
            html.attr("lang"),
            self._scripts,
            self._metas,
            self._nodes,
            self._openers,
            self._properties,
            self._by_tag,
            dict([*self._known.values(), *self._names.values()]),
            "\n".join(self._said),
        )

    def _look(self, node: Node, attrs: Attributes) -> bool:
        """Read the attributes that name or hide an element; return whether they make a block of it."""
        if len(attrs) > ATTRIBUTE_LIMIT:
            raise ParseError("the page holds more attributes than one written for people")
        classes = ident = ""
        block = False
        for name, value in attrs:
            if name not in _LOOKED_AT:
                continue
            if name == "class":
                classes = value or ""
            elif name == "id":
                ident = value or ""
            elif name == "style":
                if value:
                    node.hidden |= _hides(value)
                    block |= _BLOCK_STYLE.search(value) is not None
            elif name == "hidden":
                node.hidden |= value != "until-found"
            elif name == "itemprop":
                self._properties.append(node)
            else:
                self._openers.append(node)
        if classes or ident:
            known = None if ident else self._known.get(classes)
            names, bearers = known or self._met(classes, ident)
            bearers.append(node)
            node.names = names
            node.hidden |= names.hidden
            block |= names.block
        return block

    def _met(self, classes: str, ident: str) -> tuple[Names, list[Node]]:
        """Return the names of a class and an id, which are new where there is no id, and who bears them."""
        if not ident:
            known = self._known[classes] = (Names(classes, ident), [])
            return known
        found = self._names.get((classes, ident))
        if found is None:
            found = self._names[classes, ident] = (Names(classes, ident), [])
        return found

    def _keep_meta(self, node: Node) -> None:
        name = node.attr("name") or node.attr("property") or node.attr("http-equiv") or node.attr("itemprop")
        if name and len(self._metas) < ATTRIBUTE_LIMIT:
            self._metas.setdefault(name.lower(), node.attr("content"))

    def _keep_raw(self, node: Node, body: str) -> None:
        if node.tag == "script":
            self._scripts.append((node.attr("type").lower(), body))
        elif not self._title:
            self._title = " ".join(body[:TITLE_CHARACTERS].split())

    def _flush(self, closing: Node) -> None:
        """Make a line of the texts since the last block boundary; `closing` held the last of them."""
        text, starts, owners = joined(self._texts, self._owners)
        self._texts.clear()
        self._owners.clear()
        if text:
            self._said.append(text)
            node = closing
            while node.inline and node.parent is not None:
                node = node.parent
            self._lines.append(Line(len(self._lines), text, node, starts, owners))


def _hides(style: str) -> bool:
    style = style.replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style
