"""Decides whether an item answers a query, and because of what. Pure; one `Scan` belongs to one item and one thread."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

import msgspec

from listener.mentions.leaves import ascii_host
from listener.mentions.places import PLACE_LIMIT, TEXT_LIMIT, Haystack, Place
from listener.mentions.syntax import And, Facet, Near, Node, Not, Or, Term, TextField, parts_of
from listener.text import fold_text, one_line
from listener.types import Hit, Item, Source, Span

#: Hits kept of one term in one field, and of one match: enough to show and to cut an excerpt around.
HITS_OF_TERM_LIMIT = 50
HIT_LIMIT = 200
TEXT_FIELDS: tuple[TextField, ...] = ("title", "text", "author")
#: Tells the language of an item (ISO 639-1) by its text and what its source declares; None for unknown.
Language: TypeAlias = Callable[[Item], str | None]
_ORDER = {field: rank for rank, field in enumerate((*TEXT_FIELDS, "site", "lang", "source"))}
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://([^/?#\\]*)([^?#]*)", re.IGNORECASE)


class Scan:
    """An item being read, with what was already found in it."""

    def __init__(self, item: Item, source: Source | None, language: Language | None = None) -> None:
        self.item = item
        self.source = source
        self._language = language
        self._haystacks: dict[TextField, Haystack] = {}

    def haystack(self, field: TextField) -> Haystack:
        """Return the text of a field, folded once."""
        haystack = self._haystacks.get(field)
        if haystack is None:
            haystack = self._haystacks[field] = Haystack(self.text(field))
        return haystack

    def text(self, field: TextField) -> str:
        """Return what of a field is searched."""
        match field:
            case "title":
                text = self.item.title
            case "text":
                text = self.item.text
            case "author":
                text = self.item.author or ""
        return text[:TEXT_LIMIT]

    @cached_property
    def _lang(self) -> str:
        """Return the language tag of the item in lower case, "" for unknown; told from its text where that can be."""
        declared = (self.item.lang or "").lower().replace("_", "-")
        told = self._language(self.item) if self._language is not None else None
        # What is declared may say more: pt-BR where the text shows pt.
        return declared if told is None or declared.partition("-")[0] == told else told

    def hits(self, node: Node) -> list[Hit] | None:
        """Return what makes a node hold, None where it does not hold. NOT holds because of nothing: an empty list."""
        match node:
            case Term():
                return self._hits_of_term(node) or None
            case Facet():
                return self._hits_of_facet(node) or None
            case Near():
                return self._hits_of_near(node) or None
            case Not():
                return [] if self.hits(node.part) is None else None
            case And():
                collected: list[Hit] = []
                for part in node.parts:
                    found = self.hits(part)
                    if found is None:
                        return None
                    collected += found
                return collected
            case Or():
                alternatives = [found for part in node.parts if (found := self.hits(part)) is not None]
                return [hit for found in alternatives for hit in found] if alternatives else None

    def _hits_of_term(self, term: Term) -> list[Hit]:
        return [
            hit
            for field in term.fields
            for hit in self._as_hits(field, self.haystack(field).places(term)[:HITS_OF_TERM_LIMIT])
        ]

    def _hits_of_near(self, near: Near) -> list[Hit]:
        return [hit for field in TEXT_FIELDS for hit in self._as_hits(field, self._places(near, field)[:HIT_LIMIT])]

    def _as_hits(self, field: TextField, places: Iterable[Place]) -> Iterator[Hit]:
        folded = self.haystack(field).folded
        for place in places:
            for term, start, end in place.terms:
                begin, finish = folded.span(start, end)
                yield Hit(field=field, start=begin, end=finish, term=term.spelled)

    def _places(self, node: Node, field: TextField) -> list[Place]:
        """Return where one side of a NEAR stands in a field."""
        match node:
            case Term():
                return self.haystack(field).places(node) if field in node.fields else []
            case Or():
                return _merged(place for part in node.parts for place in self._places(part, field))
            case Near():
                left = self._places(node.left, field)
                right = self._places(node.right, field) if left else []
                if not (left and right):
                    return []
                words = self.haystack(field).words
                found = _pairs(left, right, node.words, words)
                if not node.ordered:
                    found += _pairs(right, left, node.words, words)
                return _merged(found)
            case _:
                raise AssertionError("the parser lets nothing else stand beside NEAR")

    def _hits_of_facet(self, facet: Facet) -> list[Hit]:
        span: Span | None = None
        match facet.field:
            case "site":
                span = site_span(facet, self.item.url)
            case "lang":
                if self._lang == facet.value or self._lang.startswith(facet.value + "-"):
                    span = (0, len(self.item.lang or ""))
            case "source":
                if self.source is not None and is_source(facet, source_key(self.source)):
                    span = (0, len(self.source.name))
        return [] if span is None else [Hit(field=facet.field, start=span[0], end=span[1], term=facet.spelled)]


def _pairs(first: Sequence[Place], second: Sequence[Place], limit: int, words: Sequence[int]) -> list[Place]:
    """Return the pairs of neighbours, `first` left of `second`, with at most `limit` words between them.

    For each place its nearest partner on the other side: linear where all pairs would be quadratic.
    """
    starts = [place.start for place in second]
    by_end = sorted(first, key=lambda place: place.end)
    ends = [place.end for place in by_end]
    pairs: list[Place] = []

    def add(left: Place, right: Place) -> None:
        if bisect_left(words, right.start) - bisect_left(words, left.end) <= limit:
            pairs.append(Place(left.start, right.end, left.terms + right.terms))

    for place in first:
        index = bisect_left(starts, place.end)
        if index < len(second):
            add(place, second[index])
    for place in second:
        index = bisect_right(ends, place.start)
        if index:
            add(by_end[index - 1], place)
    return pairs


def _merged(places: Iterable[Place]) -> list[Place]:
    """Return places from left to right, one for each span."""
    by_span = {(place.start, place.end): place for place in places}
    return [by_span[span] for span in sorted(by_span)[:PLACE_LIMIT]]


def host_of(url: str | None) -> tuple[str, Span, str] | None:
    """Return the host of an absolute URL in lower-case ASCII, its offsets in the URL, and the path in lower case."""
    found = _ADDRESS.match(url) if url else None
    if found is None:
        return None
    authority = found[1]
    start = found.start(1) + authority.rfind("@") + 1
    host = authority[authority.rfind("@") + 1 :].partition(":")[0].rstrip(".")
    name = ascii_host(host)
    return (name, (start, start + len(host)), found[2].lower()) if name else None


def site_span(facet: Facet, url: str | None) -> Span | None:
    """Return where in a URL the host stands that is of the facet's site, or None."""
    address = host_of(url)
    if address is None:
        return None
    host, span, path = address
    in_domain = host == facet.value or host.endswith("." + facet.value)
    in_path = not facet.path or path == facet.path or path.startswith(facet.path + "/")
    return span if in_domain and in_path else None


def source_key(source: Source) -> str:
    """Return the name of a source as `source:` compares it."""
    return one_line(fold_text(source.name))


def is_source(facet: Facet, key: str) -> bool:
    """Whether a source, by its key, is the one that a facet names."""
    return key.startswith(facet.value) if facet.prefix else key == facet.value


def tidy(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Return hits each once, in the order of fields and places, not more than `HIT_LIMIT`."""
    ordered = {(_ORDER[hit.field], hit.start, hit.end, hit.term): hit for hit in hits}
    return tuple(ordered[key] for key in sorted(ordered)[:HIT_LIMIT])


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one part of a query on one item."""

    node: Node
    holds: bool
    #: What makes the part hold; empty where it does not, and for NOT.
    hits: tuple[Hit, ...]
    parts: tuple[Finding, ...]


def explain(node: Node, scan: Scan) -> Finding:
    """Return for each part of a query whether it holds: nothing is skipped, as deciding alone would do."""
    hits = scan.hits(node)
    parts = tuple(explain(part, scan) for part in parts_of(node))
    return Finding(node=node, holds=hits is not None, hits=tidy(hits or ()), parts=parts)
