"""Markup as a stream of tags and words, in linear time whatever it is.

A small reading of the HTML standard's tokenizer for platforms without turbohtml. Python's own `html.parser` isn't used:
before 3.13.6 it takes cubic time on 30 kB of `<a ` and raises on `<![` (CVE-2025-6069, CVE-2025-8194).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import msgspec

_TAG_NAME = re.compile(r"</?([A-Za-z][^\s/>\x00]*+)")
_STOP = re.compile(r""">|=\s*+["']""")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'=<>`]++))?""")
#: Elements whose content is no markup.
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
#: Of these, references count.
_RESOLVED = frozenset({"textarea", "title"})


class Start(msgspec.Struct, frozen=True):
    """A start tag. `attributes` in lower case, the first of a name wins."""

    tag: str
    attributes: dict[str, str] = msgspec.field(default_factory=dict)


class End(msgspec.Struct, frozen=True):
    """An end tag."""

    tag: str


def scan(markup: str) -> Iterator[Start | End | str]:
    """Yield tags and words (references resolved) in their order; comments and declarations are left out."""
    position = 0
    while True:
        start = markup.find("<", position)
        if start < 0:
            break
        found = _TAG_NAME.match(markup, start)
        if found is None:
            end = _after_declaration(markup, start)
            if end > start + 1 or position < start:
                yield unescape(markup[position:start])
            if end == start + 1:
                yield "<"
            position = end
            continue
        if position < start:
            yield unescape(markup[position:start])
        end = _tag_end(markup, found.end())
        if end < 0:  # a tag that never closes: the standard drops it and all that follows
            return
        tag = found[1].lower()
        if markup[start + 1] == "/":
            yield End(tag)
        else:
            yield Start(tag, _attributes(markup[found.end() : end - 1]))
            if tag in _RAW:
                close = re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search(markup, end)
                content = markup[end : close.start() if close else len(markup)]
                yield unescape(content) if tag in _RESOLVED else content
                end = close.start() if close else len(markup)
        position = end
    if position < len(markup):
        yield unescape(markup[position:])


def _after_declaration(markup: str, start: int) -> int:
    """Return where a comment, declaration or instruction at `start` ends; one further for a mere "<"."""
    if markup.startswith("<!--", start):
        end = markup.find("-->", start + 4)
        return end + 3 if end >= 0 else len(markup)
    if markup.startswith(("<!", "<?", "</"), start):
        end = markup.find(">", start)
        return end + 1 if end >= 0 else len(markup)
    return start + 1


def _tag_end(markup: str, position: int) -> int:
    """Return where a tag ends, beyond its ">", which doesn't count inside quoted values; -1 where it never does."""
    while found := _STOP.search(markup, position):
        if found[0] == ">":
            return found.end()
        close = markup.find(found[0][-1], found.end())
        if close < 0:
            return -1
        position = close + 1
    return -1


def _attributes(words: str) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(words):
        attributes.setdefault(name.lower(), unescape(value[1:-1] if value[:1] in ("'", '"') else value))
    return attributes
