"""Entries of a list to items, whatever they were found in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Protocol

from listener.dates import parse_date
from listener.types import Item, ItemKind
from listener.urls import absolute

#: Entries of one page that are read.
ITEMS_LIMIT = 1_000
_TEXT_LIMIT = 100_000
#: What is looked for in each entry.
FIELDS = ("title", "text", "link", "date", "author", "id", "rating")
_STARS = re.compile(r"(\d{1,4}(?:[.,]\d{1,4})?)", re.ASCII)


class Entry(Protocol):
    """One entry of a list."""

    def value(self, rule: str) -> str:
        """Return what a rule finds in the entry, as text; "" where it finds nothing."""
        ...

    def link(self) -> str:
        """Return where the entry's first link leads; ""."""
        ...

    def words(self, title: str) -> str:
        """Return all readable text of the entry but its title; ""."""
        ...


class Reader(Protocol):
    """An answer with a list in it."""

    @property
    def entries(self) -> Sequence[Entry]:
        """The entries, in their order."""
        ...

    def first(self, rule: str) -> str:
        """Return what a rule finds in the whole answer; ""."""
        ...


def item_of(
    entry: Entry,
    rules: Mapping[str, str | None],
    page: str,
    *,
    zone: tzinfo,
    day_first: bool | None,
    kind: ItemKind,
    best: float,
) -> Item | None:
    """Return an entry as an item; None for one that says nothing."""
    found = {name: entry.value(rule) if rule is not None else "" for name, rule in rules.items()}
    title = " ".join(found["title"].split())[:1000]
    text = (found["text"] if rules["text"] is not None else entry.words(found["title"]))[:_TEXT_LIMIT]
    if not (title or text):
        return None
    address = found["link"] if rules["link"] is not None else entry.link()
    return Item(
        title=title,
        text=text,
        url=absolute(address, page),
        guid=found["id"][:1000] or None,
        author=" ".join(found["author"].split())[:200] or None,
        published=parse_date(found["date"][:200], zone=zone, day_first=day_first),
        kind=kind,
        rating=_rating(found["rating"], best),
        rating_max=best,
    )


def _rating(words: str, best: float) -> float | None:
    """Return the first number of words such as "4.5 of 5"; None where there is none on the scale."""
    number = _STARS.search(words[:100])
    stars = float(number[1].replace(",", ".")) if number else None
    return stars if stars is not None and stars <= best else None
