"""Matches items against the queries of all brands at once, or against one query.

`listener.mentions.guards` finds in one pass which queries may hold; only those are evaluated. So ten thousand queries
cost about what a hundred do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from listener.mentions.evaluate import Finding, Language, Scan, explain, tidy
from listener.mentions.guards import Guards
from listener.mentions.leaves import literal
from listener.mentions.places import Haystack
from listener.mentions.query import Query, parse
from listener.mentions.syntax import Term, name_terms
from listener.types import Brand, Hit, Item, Match, Source, Span


class CompiledQuery:
    """One query, ready to be tried on items. Immutable."""

    def __init__(self, query: Query) -> None:
        self.query = query

    def holds(self, item: Item, source: Source | None = None) -> bool:
        """Whether an item answers the query."""
        return Scan(item, source).hits(self.query.root) is not None

    def hits(self, item: Item, source: Source | None = None) -> tuple[Hit, ...]:
        """Return what makes the query hold; empty where it does not (or where a narrowing query holds by NOT alone)."""
        return tidy(Scan(item, source).hits(self.query.root) or ())

    def explain(self, item: Item, source: Source | None = None) -> Finding:
        """Return for each part of the query whether it holds and why."""
        return explain(self.query.root, Scan(item, source))


def compile_query(expression: str, *, narrows: bool = False) -> CompiledQuery:
    """Read one query, such as an alert rule's `words`. Raises QueryError. For `narrows` see `parse`."""
    return CompiledQuery(parse(expression, narrows=narrows))


class BrandNames:
    """Finds the names of a brand in texts: the names in its query (see `Query.names`) and its aliases. Immutable."""

    def __init__(self, brand: Brand, query: Query | None = None) -> None:
        """Read the brand's query unless it is given. Raises QueryError."""
        self._terms = _names_of(brand, query or parse(brand.query))

    def spans(self, text: str) -> tuple[Span, ...]:
        """Return where the brand is named in a text, from left to right; names that overlap are one span."""
        return _spans(self._terms, Haystack(text))


class AllNames:
    """Finds the names of many brands in a text at once, as `BrandNames` does those of one. Immutable."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        """Read the brands' queries. Raises QueryError."""
        named = [(brand.name, _names_of(brand, parse(brand.query))) for brand in brands]
        self._named = [
            (name, tuple(replace(term, fields=("text",)) for term in terms)) for name, terms in named if terms
        ]
        self._guards = Guards([terms for _, terms in self._named])

    def find(self, text: str) -> dict[str, tuple[Span, ...]]:
        """Return where each brand is named that is named at all, by the brand."""
        scan = Scan(Item(text=text), None)
        found = {}
        for number in sorted(self._guards.candidates(scan)):
            name, terms = self._named[number]
            if spans := _spans(terms, scan.haystack("text")):
                found[name] = spans
        return found


def _names_of(brand: Brand, query: Query) -> tuple[Term, ...]:
    return (*name_terms(query.root), *(literal(alias) for alias in brand.aliases))


def _spans(terms: Iterable[Term], haystack: Haystack) -> tuple[Span, ...]:
    found = sorted(haystack.folded.span(place.start, place.end) for term in terms for place in haystack.places(term))
    merged: list[Span] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


class Matcher:
    """All brands' queries, ready to be tried on items. Immutable, so that threads can share it."""

    def __init__(self, brands: Sequence[Brand], *, language: Language | None = None) -> None:
        """Read the brands' queries and aliases. Raises QueryError.

        `language` tells the language of an item for `lang:`, and is asked only where a query comes down to that;
        without it the language is the one that the source declares.
        """
        self._language = language
        self._brands = tuple(brands)
        self._queries = tuple(parse(brand.query) for brand in brands)
        self._index = {brand.name: number for number, brand in enumerate(brands)}
        for alias in (alias for brand in brands for alias in brand.aliases):
            literal(alias)  # raises now what would else be raised at the first mention
        self._guards = Guards([query.guards for query in self._queries])

    def match(self, item: Item, source: Source | None = None, only: str | None = None) -> list[Match]:
        """Return the brands whose query an item answers, in the order of the brands.

        `only` names the one brand to be tried; left out, a source that belongs to a brand tries only that one. A name
        that is no brand's matches nothing.
        """
        scan = Scan(item, source, self._language)
        only = only or (source.brand if source is not None else None)
        if only is None:
            candidates = sorted(self._guards.candidates(scan))
        else:
            candidates = [self._index[only]] if only in self._index else []
        matches: list[Match] = []
        for number in candidates:
            hits = scan.hits(self._queries[number].root)
            if hits is not None:
                matches.append(Match(brand=self._brands[number].name, hits=tidy(hits)))
        return matches
