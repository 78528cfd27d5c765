"""HTML as text and as a tree. The only package that knows which library parses HTML.

`turbohtml` where it can be imported, otherwise Beautiful Soup over Python's own `html.parser`: slower, the same answers
(one test suite runs on both). Pure: bytes or text in, text or elements out. Whatever the input is, nothing here raises
but ValueError for a selector that isn't one, and time and memory stay in proportion to the input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import unescape
from typing import TYPE_CHECKING, Protocol, TypeGuard, cast

from listener.html.blocks import BLOCKS
from listener.html.charset import decode

try:
    import turbohtml
except ImportError:  # no wheel for this platform
    turbohtml = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from listener.html.soup import SoupElement

__all__ = ["BLOCKS", "Element", "children_of", "collapse", "decode", "parent_of", "parse", "readable", "text_of"]


class Element(Protocol):
    """An element of a parsed page. Selectors are CSS; a bad one raises ValueError."""

    @property
    def tag(self) -> str:
        """Name in lower case."""
        ...

    @property
    def text(self) -> str:
        """All character data below, as it stands: `readable` is for people."""
        ...

    def attr(self, name: str, /, default: str | None = None) -> str | None:
        """Return an attribute's value ("" for one without), or `default` where it isn't there."""
        ...

    def select(self, selector: str, /) -> Sequence[Element]:
        """Return the matching descendants in document order."""
        ...

    def select_one(self, selector: str, /) -> Element | None:
        """Return the first matching descendant."""
        ...

    def matches(self, selector: str, /) -> bool:
        """Whether this element itself matches."""
        ...

    def closest(self, selector: str, /) -> Element | None:
        """Return the nearest of this element and its ancestors that matches."""
        ...


def parse(page: bytes | str, *, charset: str | None = None) -> Element:
    """Parse a whole page and return its `html` element, which is there whatever the input is.

    `charset` is what the HTTP header named, for bytes.
    """
    markup = decode(page, charset=charset) if isinstance(page, bytes) else page
    if turbohtml is None:
        from listener.html import soup  # the library behind it is imported only where it is needed

        return soup.parse(markup)
    root = turbohtml.parse(markup, positions=False).root
    assert root is not None, "the HTML standard gives every document a root"
    return cast("Element", root)


def children_of(element: Element) -> list[Element | str]:
    """Return child elements and runs of text in document order, without comments."""
    if not _is_turbo(element):
        return list(cast("SoupElement", element).children())
    found: list[Element | str] = []
    for node in element.children:
        if isinstance(node, turbohtml.Element):
            found.append(cast("Element", node))
        elif isinstance(node, turbohtml.Text):
            found.append(node.data)
    return found


def parent_of(element: Element) -> Element | None:
    """Return the element around this one; None for the root."""
    if not _is_turbo(element):
        return cast("SoupElement", element).parent()
    parent = element.parent
    return cast("Element", parent) if isinstance(parent, turbohtml.Element) else None


def readable(element: Element) -> str:
    """Return an element's text as a reader sees it: a line for each block, no scripts, no styles, no images."""
    if _is_turbo(element):
        return collapse(element.to_text(_LAYOUT))
    return collapse(cast("SoupElement", element).readable())


def text_of(fragment: str, mend: Callable[[str], str] | None = None) -> str:
    """Return the readable text of an HTML fragment: a line for each block, single spaces, references resolved.

    Text without any markup passes through, with its white space tidied: a "<" that opens no tag is kept. `mend` is
    applied as by `collapse`.
    """
    if "<" not in fragment:
        return collapse(unescape(fragment) if "&" in fragment else fragment, mend)
    if turbohtml is None:
        from listener.html import soup

        return collapse(soup.text_of(fragment), mend)
    return collapse(turbohtml.parse_fragment(fragment, positions=False).to_text(_LAYOUT), mend)


def collapse(text: str, mend: Callable[[str], str] | None = None) -> str:
    """Drop control and invisible layout characters, empty lines and runs of white space; keep line breaks.

    `mend` is applied to what is left of a text with such characters or control characters beyond ASCII, which hardly
    any has: those who look for the latter need not look through every text once more.
    """
    text = text.replace("\xa0", " ")
    if not _has_odd_characters(text):
        # Splitting every line into words would cost four times as much.
        lines = [stripped for line in text.split("\n") if (stripped := line.strip())]
        if "  " in text:
            lines = [" ".join(line.split()) if "  " in line else line for line in lines]
        return "\n".join(lines)
    lines = [" ".join(_INVISIBLE.sub("", line).split()) for line in text.splitlines()]
    text = "\n".join([line for line in lines if line])
    return text if mend is None else mend(text)


def _has_odd_characters(text: str) -> bool:
    # By way of the bytes that are left, of most texts none: an expression would look at each character.
    rest = text.encode("utf-8", "surrogatepass").translate(None, _ORDINARY)
    return bool(rest) and _ODD.search(rest.decode("utf-8", "surrogatepass")) is not None


#: Control characters, soft hyphen, zero width space, word joiner, byte order mark and half of a surrogate pair: they go
#: away. Joiners stay: emoji and Persian need them.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\xad\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]")
#: All but line breaks that is no ordinary character: control characters, those beyond ASCII, spaces beyond ASCII.
_ODD = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u1680\u2000-\u200b\u2028-\u202f\u205f\u2060\u3000\ufeff\ufffe\uffff\ud800-\udfff]"
)
_ORDINARY = bytes((ord("\n"), *range(0x20, 0x7F)))

if turbohtml is not None:
    _LAYOUT = turbohtml.PlainText(
        width=0, links="none", images=False, layout="strict", bullet="", table_cell_separator=" "
    )


def _is_turbo(element: object) -> TypeGuard[turbohtml.Element]:
    return turbohtml is not None and isinstance(element, turbohtml.Element)  # type: ignore[redundant-expr]
