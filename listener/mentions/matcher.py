"""Matches items against the queries of all brands at once, or against one query.

An automaton over one word of each term that a query can't do without finds in one pass which queries may hold; only
those are evaluated. So ten thousand queries cost about what a hundred do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ahocorasick_rs import AhoCorasick

from listener.mentions.evaluate import TEXT_FIELDS, Finding, Scan, explain, host_of, is_source, source_key, tidy
from listener.mentions.leaves import literal
from listener.mentions.places import Haystack
from listener.mentions.query import Query, parse
from listener.mentions.syntax import Facet, Piece, Term, TextField, guard, name_terms
from listener.text import are_joined
from listener.types import Brand, Hit, Item, Match, Source, Span

#: The automaton returns all it finds at once: a long text is read in stretches of this many characters.
STRETCH = 50_000


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
        root = (query or parse(brand.query)).root
        aliases = (literal(alias) for alias in brand.aliases)
        self._terms: tuple[Term, ...] = (*name_terms(root), *aliases)

    def spans(self, text: str) -> tuple[Span, ...]:
        """Return where the brand is named in a text, from left to right; names that overlap are one span."""
        haystack = Haystack(text)
        found = sorted(
            haystack.folded.span(place.start, place.end) for term in self._terms for place in haystack.places(term)
        )
        merged: list[Span] = []
        for start, end in found:
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return tuple(merged)


class Matcher:
    """All brands' queries, ready to be tried on items. Immutable, so that threads can share it."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        """Read the brands' queries. Raises QueryError."""
        self._brands = tuple(brands)
        self._queries = tuple(parse(brand.query) for brand in brands)
        self._index = {brand.name: number for number, brand in enumerate(brands)}
        self._names = tuple(BrandNames(brand, query) for brand, query in zip(brands, self._queries, strict=True))
        self._guards = _Guards(self._queries)

    def match(self, item: Item, source: Source | None = None, only: str | None = None) -> list[Match]:
        """Return the brands whose query an item answers, in the order of the brands.

        `only` names the one brand to be tried; left out, a source that belongs to a brand tries only that one. A name
        that is no brand's matches nothing.
        """
        scan = Scan(item, source)
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

    def spans_of(self, brand: str, text: str) -> tuple[Span, ...]:
        """Return where a brand is named in a text: what to mask before scoring, and what sentiment is towards.

        Raises KeyError for a name that is no brand's.
        """
        return self._names[self._index[brand]].spans(text)


class _Guards:
    """Finds which of many queries may hold for an item, by leaves of which each query needs one."""

    def __init__(self, queries: Sequence[Query]) -> None:
        guards = [guard(query.root) for query in queries]
        shared = Counter(piece.text for leaves in guards for leaf in leaves for piece in _pieces(leaf))
        words: dict[str, list[int]] = {}
        self._open: set[str] = set()
        self._fields: set[TextField] = set()
        self._sites: dict[str, list[int]] = {}
        self._sources: list[tuple[Facet, int]] = []
        for number, leaves in enumerate(guards):
            for leaf in leaves:
                if isinstance(leaf, Term):
                    self._fields.update(leaf.fields)
                    # Of "Acme Cloud" and "Globex Cloud" the rare words, or each text on clouds would try both.
                    piece = min(leaf.pieces, key=lambda piece: (shared[piece.text], -len(piece.text)))
                    words.setdefault(piece.text, []).append(number)
                    if piece.prefix:
                        self._open.add(piece.text)
                elif leaf.field == "site":
                    self._sites.setdefault(leaf.value, []).append(number)
                else:
                    self._sources.append((leaf, number))
        self._words = tuple(words)
        self._queries_of = tuple(tuple(dict.fromkeys(numbers)) for numbers in words.values())
        self._reach = max(map(len, words), default=1) - 1
        self._automaton = AhoCorasick(self._words) if words else None

    def candidates(self, scan: Scan) -> set[int]:
        """Return the numbers of the queries that may hold."""
        found: set[int] = set()
        for field in TEXT_FIELDS:
            if field in self._fields:
                for word in self._seen(scan.haystack(field)):
                    found.update(self._queries_of[word])
        if self._sites:
            found.update(self._of_site(scan.item.url))
        if self._sources and scan.source is not None:
            key = source_key(scan.source)
            found.update(number for facet, number in self._sources if is_source(facet, key))
        return found

    def _seen(self, haystack: Haystack) -> Iterable[int]:
        """Return which words stand in a text, and leave in the haystack where."""
        text = haystack.folded.text
        if self._automaton is None or not text:
            return ()
        starts_of: dict[int, list[int]] = {}
        for offset in range(0, len(text), STRETCH):
            stretch = text[offset : offset + STRETCH + self._reach] if len(text) > STRETCH else text
            for word, start, _ in self._automaton.find_matches_as_indexes(stretch, overlapping=True):
                if start < STRETCH:
                    at = start + offset
                    if not (at and are_joined(text[at - 1], text[at])):
                        starts_of.setdefault(word, []).append(at)
        for word, starts in starts_of.items():
            haystack.remember(self._words[word], starts)
        return starts_of

    def _of_site(self, url: str | None) -> Iterable[int]:
        address = host_of(url)
        if address is None:
            return
        labels = address[0].split(".")
        for index in range(len(labels)):
            yield from self._sites.get(".".join(labels[index:]), ())


def _pieces(leaf: Term | Facet) -> tuple[Piece, ...]:
    return leaf.pieces if isinstance(leaf, Term) else ()
