"""The tree of a parsed query: terms and facets under AND, OR, NOT and NEAR, and what can be read off the tree.

Values only. Nothing here reads an expression or looks at a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from listener.types import Span

TextField: TypeAlias = Literal["title", "text", "author"]
FacetField: TypeAlias = Literal["site", "lang", "source"]
#: What must stand between a word of a term and the word before it: anything but a word; spaces and hyphens; spaces.
Gap: TypeAlias = Literal["any", "hyphen", "space"]


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One word of a term, folded."""

    text: str
    #: The word may go on: `refund*`.
    prefix: bool = False
    gap: Gap = "any"


class Term(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A word or a phrase."""

    #: Not empty. A phrase has several.
    pieces: tuple[Piece, ...]
    #: Which piece is looked for first: the longest, as the rarest; with a prefix in it the first.
    anchor: int
    #: Where it may stand. A term without a field: title or text.
    fields: tuple[TextField, ...]
    #: For the case-exact form: what the original must read, by `listener.text.fold_exact`.
    exact: str | None
    #: As the query spells it, without quotes or braces.
    spelled: str
    #: Offsets into the expression.
    at: Span


class Facet(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A condition on where an item comes from, not on what it says."""

    field: FacetField
    #: A domain in lower case; a language tag in lower case; a source's name, folded.
    value: str
    #: Of a site: what its path must begin with, "" or beginning with a slash.
    path: str = ""
    prefix: bool = False
    spelled: str
    at: Span


class And(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Holds when each of `parts` (two or more) holds."""

    parts: tuple[Node, ...]
    at: Span


class Or(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Holds when at least one of `parts` (two or more) holds."""

    parts: tuple[Node, ...]
    at: Span


class Not(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Holds when `part` does not."""

    part: Node
    at: Span


class Near(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Holds when in one field both sides stand with at most `words` words between them.

    Sides are made of Term, Or and Near alone: an AND is distributed over them by the parser.
    """

    left: Node
    right: Node
    words: int
    #: The left side must come first.
    ordered: bool
    at: Span


Node: TypeAlias = Term | Facet | And | Or | Not | Near


def parts_of(node: Node) -> tuple[Node, ...]:
    """Return the nodes right below one."""
    match node:
        case And() | Or():
            return node.parts
        case Not():
            return (node.part,)
        case Near():
            return (node.left, node.right)
        case _:
            return ()


def positive_leaves(node: Node) -> Iterator[Term | Facet]:
    """Yield what can make a query hold: its terms and facets but those under NOT."""
    if isinstance(node, Term | Facet):
        yield node
    elif not isinstance(node, Not):
        for part in parts_of(node):
            yield from positive_leaves(part)


def guard(node: Node) -> tuple[Term | Facet, ...]:
    """Return leaves of which at least one holds whenever `node` does; empty where there is no such set.

    This is what makes many queries cheap: a query is looked at only when one of its guards was seen. A language guards
    nothing, being shared by too much.
    """
    match node:
        case Term():
            return (node,)
        case Facet():
            return () if node.field == "lang" else (node,)
        case Near() | And():
            guards = [found for part in parts_of(node) if (found := guard(part))]
            return max(guards, key=_selectivity, default=())
        case Or():
            alternatives = [guard(part) for part in node.parts]
            return tuple(leaf for found in alternatives for leaf in found) if all(alternatives) else ()
        case Not():
            return ()


def _selectivity(leaves: tuple[Term | Facet, ...]) -> tuple[int, int]:
    """Rank guards: names before other words, then long words before short ones, as the rarer ones."""
    lengths = [sum(len(p.text) for p in leaf.pieces) if isinstance(leaf, Term) else len(leaf.value) for leaf in leaves]
    return (2 if all(is_name(leaf) for leaf in leaves) else 1, min(lengths))


def is_name(leaf: Term | Facet) -> bool:
    """Whether a term is spelled like a name: a capital or digit in it, a handle, a hashtag, a case-exact form."""
    if not isinstance(leaf, Term):
        return False
    spelled = leaf.spelled
    # A script without capitals can't show which words are names.
    return leaf.exact is not None or spelled[0] in "@#$." or spelled != spelled.lower()


def name_terms(node: Node) -> Iterator[Term]:
    """Yield the terms that stand for the brand itself.

    All alternatives of an OR. Of an AND or a NEAR: the parts that are all spelled like names; if none is, the part with
    the largest share of them, or the first one, because people write the name before what narrows it.
    """
    match node:
        case Term():
            if node.fields != ("author",):
                yield node
        case Or():
            for part in node.parts:
                yield from name_terms(part)
        case And() | Near():
            shares = {part: share for part in parts_of(node) if (share := _share_of_names(part)) is not None}
            chosen = [part for part, share in shares.items() if share == 1.0]
            if not chosen and shares:
                chosen = [max(shares, key=shares.__getitem__)]
            for part in chosen:
                yield from name_terms(part)
        case _:
            return


def _share_of_names(node: Node) -> float | None:
    """Return which share of the terms below a node is spelled like names; None where it has no terms."""
    spelled_so = [is_name(leaf) for leaf in text_terms(node)]
    return sum(spelled_so) / len(spelled_so) if spelled_so else None


def text_terms(node: Node) -> Iterator[Term]:
    """Yield the terms that can make a node hold by what stands in a title or text."""
    for leaf in positive_leaves(node):
        if isinstance(leaf, Term) and leaf.fields != ("author",):
            yield leaf
