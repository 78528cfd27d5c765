"""A page as a compact tree with its visible lines, and the element that contains each.

Built in one pass over the page's stream. Time and memory are bounded: a page with more of anything than the limits
below raises ParseError.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from listener.errors import ParseError
from listener.html.stream import stream
from listener.pages.classes import Names
from listener.pages.glue import cleaned, joined
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
#: Makes the content of a template the inside of the element around it: https://html.spec.whatwg.org/#attr-template-shadowrootmode
_SHADOW_ROOT = "shadowrootmode"
_SHOWN_TEMPLATE = "data-shadowroot"
_LOOKED_AT = _OPENING | {"class", "id", "style", "hidden", "itemprop", _SHOWN_TEMPLATE}
#: Elements that are looked for by their tag.
SOUGHT = frozenset(
    "a aside blockquote button caption datalist dialog dt figure footer form h1 h2 h3 h4 h5 h6 iframe img input label "
    "nav noscript option select summary table template".split()
)
_IS_INLINE, _IS_UNRENDERED, _IS_SPECIAL, _IS_SOUGHT = 1, 2, 4, 8
#: What has to be known of a tag when it opens.
_TAGS = {
    tag: _IS_INLINE * (tag in INLINE)
    | _IS_UNRENDERED * (tag in _UNRENDERED)
    | _IS_SPECIAL * (tag in UNSEEN or tag in _RAW or tag == "meta")
    | _IS_SOUGHT * (tag in SOUGHT)
    for tag in INLINE | _UNRENDERED | UNSEEN | _RAW | SOUGHT | {"meta"}
}
#: The bounds are looked at once in so many elements.
_CHECKED_EACH = 256
_AT_ONCE = (0,)
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
    if _SHADOW_ROOT in markup:
        # Under its own name a parser takes the template out of the page's stream.
        markup = markup.replace(_SHADOW_ROOT, _SHOWN_TEMPLATE)
    builder = _Builder()
    stream(markup, builder)
    return builder.finish()


class _Builder:
    """Hears the page go by."""

    __slots__ = (
        "_by_tag",
        "_framed",
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
        "_scripts",
        "_texts",
        "_title",
        "_unseen",
    )

    def __init__(self) -> None:
        self._root = Node("#page", (), None, 0, 0, False, False)
        self._nodes = [self._root]
        self._lines: list[Line] = []
        self._scripts: list[tuple[str, str]] = []
        self._metas: dict[str, str] = {}
        self._openers: list[Node] = []
        self._properties: list[Node] = []
        self._title = ""
        self._node = self._root
        self._by_tag: defaultdict[str, list[Node]] = defaultdict(list)
        #: Names by the class attribute where there is no id, and by both; with the elements that bear them.
        self._known: dict[str | None, tuple[Names, list[Node]]] = {}
        self._names: dict[tuple[str, str], tuple[Names, list[Node]]] = {}
        #: Open elements from the one whose text isn't on the page.
        self._unseen = 0
        #: A page within the page is being heard.
        self._framed = False
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
        order = len(nodes)
        kind = _TAGS.get(tag, 0)
        if kind:
            hidden = parent.hidden or kind & _IS_UNRENDERED != 0
            node = Node(tag, attrs, parent, order, 0, hidden, kind & _IS_INLINE != 0)
            if kind & _IS_SOUGHT:
                self._by_tag[tag].append(node)
        else:
            node = Node(tag, attrs, parent, order, 0, parent.hidden, False)
        self._node = node
        nodes.append(node)
        if attrs:
            name, value = attrs[0]
            # Most elements with attributes have a class alone, and most classes have been met.
            known = self._known.get(value) if name == "class" and len(attrs) == 1 else None
            if known is None:
                known = self._look(node, attrs)
            if known is not None:
                known[1].append(node)
                node.names = names = known[0]
                if names.hidden:
                    node.hidden = True
                if names.block:
                    node.inline = False
        if self._texts and not node.inline:
            self._flush(parent)
        node.line = len(self._lines)
        if kind & _IS_SPECIAL:
            self._open_special(node)
        if not order % _CHECKED_EACH:
            self._check(node)

    def end_element(self, _: str) -> None:
        node = self._node
        if self._unseen:
            self._unseen -= 1
            if self._unseen:
                return
            if node.tag in _RAW:
                self._keep_raw(node, "".join(self._raw))
        if not self._texts:
            node.end_line = len(self._lines)
        elif node.inline:
            node.end_line = len(self._lines) + 1
        else:
            self._flush(node)
            node.end_line = len(self._lines)
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
            "\n".join([line.text for line in self._lines]),
        )

    def _open_special(self, node: Node) -> None:
        if node.tag == "meta":
            self._keep_meta(node)
            return
        if node.tag == "iframe" and not self._framed and (document := node.attr("srcdoc")):
            # A page in the page; one in that isn't read.
            self._framed = True
            stream(document, self)
            self._framed = False
        self._unseen = 1
        self._raw = []

    def _show_template(self, node: Node) -> None:
        """Take a template that is an element's inside for the box that it is shown as."""
        if node.tag == "template" and node.parent is not None:
            self._by_tag["template"].pop()
            node.tag = "div"
            node.hidden = node.parent.hidden

    def _check(self, node: Node) -> None:
        """Raise ParseError for a page that is too large. Asked now and then: the bounds may be passed by a little."""
        if node.order >= NODE_LIMIT or sum(1 for _ in node.ancestors()) > DEPTH_LIMIT:
            raise ParseError("the page has more elements or nesting than any page written for people")

    def _look(self, node: Node, attrs: Attributes) -> tuple[Names, list[Node]] | None:
        """Read the attributes that tell something of an element; return its names, and who bears them."""
        if len(attrs) > ATTRIBUTE_LIMIT:
            raise ParseError("the page has more attributes than any page written for people")
        classes = ident = ""
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
                    node.inline &= _BLOCK_STYLE.search(value) is None
            elif name == "hidden":
                node.hidden |= value != "until-found"
            elif name == "itemprop":
                self._properties.append(node)
            elif name == _SHOWN_TEMPLATE:
                self._show_template(node)
            else:
                self._openers.append(node)
        return self._met(classes, ident) if classes or ident else None

    def _met(self, classes: str, ident: str) -> tuple[Names, list[Node]] | None:
        """Return the names of a class and an id, which are new where there is no id, and who bears them."""
        if ident:
            found = self._names.get((classes, ident))
            if found is None:
                found = self._names[classes, ident] = (Names(classes, ident), [])
            return found
        if not classes:
            return None
        known = self._known.get(classes)
        if known is None:
            known = self._known[classes] = (Names(classes, ident), [])
        return known

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
        texts, owners = self._texts, self._owners
        starts: Sequence[int] = _AT_ONCE
        kept: Sequence[Node] = owners
        if len(texts) == 1:
            text = cleaned(texts[0])
        else:
            text, starts, kept = joined(texts, owners)
        self._texts, self._owners = [], []
        if text:
            node = closing
            while node.inline and node.parent is not None:
                node = node.parent
            self._lines.append(Line(len(self._lines), text, node, starts, kept, kept[0].hidden))


def _hides(style: str) -> bool:
    style = style.replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style
