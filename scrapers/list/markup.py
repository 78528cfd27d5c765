"""Lists in pages, by CSS selectors."""

from __future__ import annotations

import msgspec

from listener.errors import ParseError
from listener.html import Element, decode, parse, readable
from listener.types import Response


def split_selector(rule: str) -> tuple[str, str | None]:
    """Split `a.title@href` into selector and attribute; an "@" within brackets or quotes belongs to the selector."""
    selector, at, attribute = rule.rpartition("@")
    if not at or not attribute.replace("-", "").replace("_", "").replace(":", "").isalnum():
        return rule, None
    return selector.strip(), attribute


class MarkupEntry(msgspec.Struct, frozen=True):
    """An element that is an entry."""

    element: Element

    def value(self, rule: str) -> str:
        """Return the text or attribute that a selector finds within; with `@attribute` alone, the entry's own."""
        return value_in(self.element, rule)

    def link(self) -> str:
        """Return the first link's address."""
        own = self.element.attr("href") if self.element.tag == "a" else None
        found = self.element.select_one("a[href]")
        return own or (found.attr("href") if found is not None else "") or ""

    def words(self, title: str) -> str:
        """Return the text without the title where that stands first."""
        text = readable(self.element)
        return text[len(title) :].lstrip() if title and text.startswith(title) else text


class Markup(msgspec.Struct, frozen=True):
    """A page with a list in it."""

    root: Element
    entries: tuple[MarkupEntry, ...]

    def first(self, rule: str) -> str:
        """Return what a selector finds on the page."""
        selector, attribute = split_selector(rule)
        return value_in(self.root, f"{selector}@{attribute or 'href'}")


def value_in(element: Element, rule: str) -> str:
    """Return what a selector finds within an element."""
    selector, attribute = split_selector(rule)
    found = element.select_one(selector) if selector else element
    if found is None:
        return ""
    return readable(found) if attribute is None else (found.attr(attribute) or "").strip()


def markup_of(response: Response, item: str) -> Markup:
    """Return the list of a page. Raises ParseError where nothing on it matches."""
    charset = response.headers.get("content-type", "").partition("charset=")[2].strip(" \"'") or None
    root = parse(decode(response.body, charset=charset))
    entries = tuple(MarkupEntry(element) for element in root.select(item))
    if not entries:
        title = root.select_one("title")
        named = f" titled {title.text.strip()[:80]!r}" if title is not None and title.text.strip() else ""
        raise ParseError(f"nothing on the page{named} matches item = {item!r}")
    return Markup(root, entries)
