"""Reads an expression of the query language into its tree, or says where and why it can't.

    query   := all ("OR" all)*
    all     := some (["AND"] some)*                 a space means AND
    some    := "NOT" some | near
    near    := atom (("NEAR/" n | "ONEAR/" n) atom)*    from left to right
    atom    := "(" query ")" | field ":" atom | word | '"' phrase '"' | "{" exact "}"

Bounded in length, number of terms and depth, so that no expression is slow to read or deep to walk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, cast

from msgspec.structs import replace

from listener.errors import QueryError
from listener.mentions.leaves import Field, leaf
from listener.mentions.syntax import And, Facet, Near, Node, Not, Or, Term, TextField, parts_of, positive_leaves
from listener.mentions.tokens import Token, tokenize
from listener.types import Span

#: A query of 20,000 characters has some 1,500 words: the longest that listening services take.
LENGTH_LIMIT = 20_000
TERM_LIMIT = 2_000
#: Parentheses, fields and NOTs in each other. With the chains of NEAR it bounds how deep a tree can be: 360 nodes.
DEPTH_LIMIT = 30
CHAIN_LIMIT = 10
#: Farther apart than this, two words have nothing to do with each other: AND says the same.
NEAR_LIMIT = 100

_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR"})
_ATOMS = frozenset({"(", "field", "word", "phrase", "exact"})
_JOINED_BY_AND = _ATOMS | {"AND", "NOT"}


def read(expression: str) -> Node:
    """Return the tree of an expression. Raises QueryError."""
    if len(expression) > LENGTH_LIMIT:
        message = (
            f"the query has {len(expression):,} characters, and at most {LENGTH_LIMIT:,} are read: split it in two"
        )
        raise QueryError(expression, LENGTH_LIMIT, message)
    parser = _Parser(expression)
    return parser.read()


class _Parser:
    """Recursive descent over the tokens; `_depth` bounds the recursion."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = tokenize(expression)
        self._next = 0
        self._depth = 0
        self._terms = 0

    def read(self) -> Node:
        if self._peek().kind == "end":
            self._fail(self._peek(), 'the query is empty: expected a word, a "phrase" or a field such as title:')
        node = self._query(None)
        if self._peek().kind == ")":
            self._fail(self._peek(), "this parenthesis closes nothing: expected a '(' before it")
        assert self._peek().kind == "end"
        return node

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _end(self) -> int:
        """Return where the last token that was taken ends."""
        return self._tokens[self._next - 1].end

    def _fail(self, where: Token | int, message: str) -> NoReturn:
        raise QueryError(self._expression, where if isinstance(where, int) else where.start, message)

    def _query(self, field: Field | None) -> Node:
        start = self._peek().start
        parts = [self._all(field)]
        while self._peek().kind == "OR":
            self._take()
            parts.append(self._all(field))
        return parts[0] if len(parts) == 1 else Or(parts=_flat(Or, parts), at=(start, self._end()))

    def _all(self, field: Field | None) -> Node:
        start = self._peek().start
        parts = [self._some(field)]
        while (kind := self._peek().kind) in _JOINED_BY_AND:
            if kind == "AND":
                self._take()
            parts.append(self._some(field))
        return parts[0] if len(parts) == 1 else And(parts=_flat(And, parts), at=(start, self._end()))

    def _some(self, field: Field | None) -> Node:
        if self._peek().kind != "NOT":
            return self._near(field)
        operator = self._enter()
        part = self._some(field)
        self._depth -= 1
        return part.part if isinstance(part, Not) else Not(part=part, at=(operator.start, self._end()))

    def _near(self, field: Field | None) -> Node:
        start = self._peek().start
        left = self._atom(field)
        chain = 0
        while self._peek().kind == "NEAR":
            operator = self._take()
            chain += 1
            if chain > CHAIN_LIMIT:
                self._fail(operator, f"more than {CHAIN_LIMIT} NEARs stand in this chain: expected AND or OR by now")
            if operator.number > NEAR_LIMIT:
                self._fail(operator, f"NEAR reaches at most {NEAR_LIMIT} words far: expected a smaller number, or AND")
            right = self._atom(field)
            self._check_near(left, operator)
            self._check_near(right, operator)
            left = self._paired(left, right, operator, (start, self._end()))
        return left

    def _atom(self, field: Field | None) -> Node:
        token = self._peek()
        if token.kind == "(":
            return self._group(field)
        if token.kind == "field":
            if field is not None:
                self._fail(token, f'a field stands inside of {field}: already: expected a word, a "phrase" or a group')
            self._enter()
            if self._peek().kind not in _ATOMS:
                self._fail(token.end, f'{token.text}: needs a value: expected a word, a "phrase" or a group behind it')
            node = self._atom(cast("Field", token.text))
            self._depth -= 1
            return replace(node, at=(token.start, self._end()))
        if token.kind in ("word", "phrase", "exact"):
            return self._leaf(self._take(), field)
        raise self._missing_atom(token)

    def _group(self, field: Field | None) -> Node:
        opening = self._enter()
        if self._peek().kind == ")":
            self._fail(self._peek(), 'nothing stands between these parentheses: expected a word or a "phrase"')
        node = self._query(field)
        if self._peek().kind != ")":
            self._fail(opening, "this parenthesis is never closed: expected a ')' after it")
        self._take()
        self._depth -= 1
        return node

    def _leaf(self, token: Token, field: Field | None) -> Term | Facet:
        self._terms += 1
        if self._terms > TERM_LIMIT:
            self._fail(token, f"the query has more than {TERM_LIMIT:,} terms: split it in two")
        return leaf(self._expression, token, field)

    def _enter(self) -> Token:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            self._fail(
                self._peek(), f"parentheses and NOTs stand more than {DEPTH_LIMIT} deep here: expected a flatter query"
            )
        return self._take()

    def _missing_atom(self, token: Token) -> QueryError:
        before = self._tokens[self._next - 1] if self._next else None
        after = f" after {before.text}" if before is not None and before.kind in _OPERATORS else ""
        if token.kind == "end":
            message = f'the query ends too early: expected a word, a "phrase" or a group{after}'
            return QueryError(self._expression, token.start, message)
        hint = ""
        if token.kind == "NOT":
            hint = "; NOT can't stand beside NEAR: write a NEAR/5 b NOT c"
        elif token.kind in _OPERATORS and not after:
            hint = f'; put it in quotes to look for the word: "{token.text}"'
        message = f'{token.text} can\'t stand here: expected a word, a "phrase" or a group{after}{hint}'
        return QueryError(self._expression, token.start, message)

    def _check_near(self, side: Node, operator: Token) -> None:
        """Refuse what has no place in a text, or not one place."""
        if isinstance(side, Facet):
            self._fail(side.at[0], f"{side.field}: has no place in a text: expected words beside {operator.text}")
        if isinstance(side, Not):
            self._fail(
                side.at[0], f"NOT can't stand beside {operator.text}: expected NOT behind it, as in a NEAR/5 b NOT c"
            )
        for part in parts_of(side):
            self._check_near(part, operator)

    def _paired(self, left: Node, right: Node, operator: Token, at: Span) -> Node:
        """Return NEAR of two sides; of a side with AND: each of its parts near the other side."""
        for side, other in ((left, right), (right, left)):
            if isinstance(side, And | Or) and _holds_and(side):
                # Each part comes with a copy of the other side, so this can multiply.
                self._terms += len(side.parts) * sum(1 for _ in positive_leaves(other))
                if self._terms > TERM_LIMIT:
                    message = f"AND beside NEAR makes more than {TERM_LIMIT:,} terms here: expected a simpler query"
                    self._fail(operator, message)
                pairs = [(part, other) if side is left else (other, part) for part in side.parts]
                parts = [self._paired(first, second, operator, at) for first, second in pairs]
                return type(side)(parts=_flat(type(side), parts), at=at)
        if _fields(left).isdisjoint(_fields(right)):
            message = f"{operator.text} works within one field: expected a group behind it, as in title:(a NEAR/5 b)"
            self._fail(operator, message)
        return Near(left=left, right=right, words=operator.number, ordered=operator.text[0] == "O", at=at)


def _flat(kind: type[And] | type[Or], parts: Sequence[Node]) -> tuple[Node, ...]:
    """Return parts with nested ones of the same kind taken up."""
    return tuple(node for part in parts for node in (part.parts if isinstance(part, kind) else (part,)))


def _holds_and(side: Node) -> bool:
    return isinstance(side, And) or (isinstance(side, Or) and any(_holds_and(part) for part in side.parts))


def _fields(side: Node) -> set[TextField]:
    return {field for found in positive_leaves(side) if isinstance(found, Term) for field in found.fields}
