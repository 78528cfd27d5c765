"""Reads feeds that are no XML: unclosed and crossed tags, bare ampersands, unescaped HTML, an end that never came.

One pass from left to right, in linear time, into the tree that a strict parser would give if somebody had mended the
markup: an entry ends where the next one begins, a title ends where the link begins, an end tag that closes nothing is
dropped.
"""

from __future__ import annotations

import re
from html import unescape
from xml.etree.ElementTree import Element, SubElement

from listener_scrapers.feed.fields import CUSTOMARY

#: Elements deeper than this are flattened into their parent.
DEPTH_LIMIT = 60
#: Characters of a start tag's attributes that are read.
_ATTRIBUTES_LIMIT = 20_000

# Possessive, and stopping at the next "<": each character is looked at once, whatever the markup is.
_TAG = re.compile(r"""<(/?)([A-Za-z_][\w.:-]*+)((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>""")
_SLOPPY_TAG = re.compile(r"<(/?)([A-Za-z_][\w.:-]*+)([^<>]*+)>")
_ATTRIBUTE = re.compile(r"""(?<![\w.:-])([\w.:-]++)\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++)""")

_ENTRIES = frozenset({"item", "entry"})
_FRAMES = frozenset({"rss", "rdf", "feed", "channel"})
#: Fields that hold words only: any of `_FIELDS` that begins inside one ends it.
_WORDS = frozenset(
    {"title", "link", "guid", "pubdate", "category", "comments", "id", "updated", "published", "creator"}
)
_FIELDS = _WORDS | {"description", "author", "content", "summary", "encoded", "enclosure", "source", "group", "date"}
_VOID = frozenset({"br", "hr", "img", "input", "wbr", "area", "embed", "col"})


def mend(text: str) -> Element | None:
    """Return the tree of a broken feed, whose root's tag `text` begins with; None where even that is unfinished."""
    return _Mender(text).root()


class _Mender:
    def __init__(self, text: str) -> None:
        self._text = text
        self._stack: list[Element] = []
        self._locals: list[str] = []
        self._pending: list[str] = []
        self._namespaces = dict(CUSTOMARY)
        self._default = ""
        #: Closers that the rest of the text doesn't hold: never searched for again.
        self._missing: set[str] = set()

    def root(self) -> Element | None:
        text, position = self._text, 0
        while True:
            tag = text.find("<", position)
            if tag < 0:
                break
            if tag > position:
                self._words(text[position:tag])
            position = self._markup(tag)
        self._words(text[position:])
        self._flush()
        return self._stack[0] if self._stack else None

    def _words(self, words: str) -> None:
        if words and self._stack:
            self._pending.append(unescape(words) if "&" in words else words)

    def _flush(self) -> None:
        """Hang what was collected behind the last tag into the tree."""
        if not self._pending:
            return
        words = "".join(self._pending)
        self._pending.clear()
        parent = self._stack[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + words
        else:
            parent.text = (parent.text or "") + words

    def _markup(self, start: int) -> int:
        """Read what begins with "<" at `start` and return where it ends."""
        text = self._text
        if text.startswith("<![CDATA[", start):
            end = self._find("]]>", start + 9)
            if end < 0:
                return start + 9
            if self._stack:
                self._pending.append(text[start + 9 : end])
            return end + 3
        for opener, closer in (("<!--", "-->"), ("<?", ">"), ("<!", ">")):
            if text.startswith(opener, start):
                end = self._find(closer, start + len(opener))
                return end + len(closer) if end >= 0 else start + len(opener)
        found = _TAG.match(text, start) or _SLOPPY_TAG.match(text, start)
        if not found:
            self._words("<")
            return start + 1
        if found[1]:
            self._end(_local(found[2]))
        else:
            self._start(found[2], found[3])
        return found.end()

    def _find(self, closer: str, start: int) -> int:
        if closer in self._missing:
            return -1
        end = self._text.find(closer, start)
        if end < 0:
            self._missing.add(closer)
        return end

    def _start(self, name: str, attributes: str) -> None:
        local = _local(name)
        if local in _ENTRIES and (":" not in name or name.startswith(("rss:", "atom:"))):
            self._close(_ENTRIES)
        elif local in _FIELDS and self._locals and self._locals[-1] in _WORDS:
            self._pop(len(self._stack) - 1)
        if len(self._stack) >= DEPTH_LIMIT:
            return
        self._flush()
        given = self._attributes(attributes)
        if not self._stack:
            self._default = given.get("xmlns", "")
        tag = self._qualified(name)
        attributes_of = {self._qualified(key, attribute=True): value for key, value in given.items()}
        element = SubElement(self._stack[-1], tag, attributes_of) if self._stack else Element(tag, attributes_of)
        if self._stack and (attributes.rstrip().endswith("/") or local in _VOID):
            return
        self._stack.append(element)
        self._locals.append(local)

    def _end(self, local: str) -> None:
        """Close the nearest open element of this name; one beyond the entry only if it is an entry or a frame."""
        for depth in range(len(self._locals) - 1, 0, -1):
            if self._locals[depth] == local:
                self._pop(depth)
                return
            if self._locals[depth] in _ENTRIES and local not in _FRAMES:
                return

    def _close(self, names: frozenset[str]) -> None:
        for depth in range(len(self._locals) - 1, 0, -1):
            if self._locals[depth] in names:
                self._pop(depth)
                return

    def _pop(self, depth: int) -> None:
        self._flush()
        del self._stack[depth:], self._locals[depth:]

    def _attributes(self, attributes: str) -> dict[str, str]:
        if "=" not in attributes:
            return {}
        found: dict[str, str] = {}
        for key, value in _ATTRIBUTE.findall(attributes[:_ATTRIBUTES_LIMIT]):
            value = unescape(value.strip("\"'") if value[0] in "\"'" else value.rstrip("/"))
            found.setdefault(key, value)
            if key.startswith("xmlns:"):
                self._namespaces[key[6:]] = value
        return found

    def _qualified(self, name: str, *, attribute: bool = False) -> str:
        prefix, colon, local = name.partition(":")
        if not colon:
            return f"{self._default}}}{name}" if self._default and not attribute else name
        uri = self._namespaces.get(prefix)
        return f"{uri}}}{local}" if uri else local if prefix == "rss" else name


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()
