"""The query language of brands and rules: reading an expression, and what a read one can be asked.

The grammar stands in `listener.mentions.grammar`, the tree in `listener.mentions.syntax`; `docs/queries.md` describes
the language for the people who write it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from listener.errors import QueryError
from listener.mentions.grammar import read
from listener.mentions.syntax import Facet, Node, Term, guard, name_terms, text_terms

#: Queries that are kept read: the settings, the matcher and the reader of mentions ask for each.
QUERIES = 20_000


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed query."""

    expression: str
    root: Node
    #: Leaves of which at least one holds whenever the query does; empty for a narrowing query that has none.
    guards: tuple[Term | Facet, ...]

    def terms(self) -> tuple[str, ...]:
        """Return the words and phrases that can make the query hold, as spelled, each once, in order.

        Without those under NOT and those of fields other than the title. A prefix keeps its `*`.
        """
        return _spelled(text_terms(self.root))

    def names(self) -> tuple[str, ...]:
        """Return those of `terms` that name the brand and not what is said of it.

        In `Globex NEAR/8 (hosting OR pricing)` only Globex is a name: to mask "pricing" would blind the scorer, and
        what is said about "hosting" is not said about the brand. See `name_terms`.
        """
        return _spelled(name_terms(self.root))


@lru_cache(maxsize=QUERIES)
def parse(expression: str, *, narrows: bool = False) -> Query:
    """Read an expression of the query language.

    Raises QueryError, also for a query that could hold without anything having been found ("NOT refund", "lang:en"):
    it would match nearly everything. `narrows` allows those: a rule's words only narrow what a brand's query found.
    """
    root = read(expression)
    guards = guard(root)
    if not narrows and not guards:
        message = (
            "this would match nearly everything: expected at least one word, phrase, author:, site: or source: "
            "that must be there"
        )
        raise QueryError(expression, root.at[0], message)
    return Query(expression=expression, root=root, guards=guards)


def _spelled(terms: Iterable[Term]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term.spelled for term in terms))
