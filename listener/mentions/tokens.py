"""Cuts an expression of the query language into tokens, each with its place for error messages."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeAlias

from listener.errors import QueryError

Kind: TypeAlias = Literal["(", ")", "AND", "OR", "NOT", "NEAR", "field", "word", "phrase", "exact", "end"]

FIELDS = ("title", "text", "author", "site", "lang", "source")
#: Quotation marks of all countries are taken, and not in pairs: people paste queries out of word processors.
_QUOTES = '"\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02'
_SPACE = re.compile(r"\s+")
_PHRASE = re.compile(f"[{_QUOTES}]([^{_QUOTES}]*)([{_QUOTES}]?)")
_EXACT = re.compile(r"\{([^{}]*)(\}?)")
_WORD = re.compile(rf"[^\s(){{}}{_QUOTES}]+")
_FIELD = re.compile(r"([A-Za-z]+):")
_NEAR = re.compile(r"(O?NEAR)/([0-9]{1,9})")
_NEAR_LIKE = re.compile(r"(o?near)(/.*)?", re.IGNORECASE)
_OPERATORS: dict[str, Kind] = {"AND": "AND", "OR": "OR", "NOT": "NOT"}
#: What other search languages write for an operator of ours.
_FOREIGN = {"&": "AND", "&&": "AND", "+": "AND", "|": "OR", "||": "OR", "-": "NOT", "!": "NOT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token; `text` is an operator as written, a field's name, or what stands within quotes or braces."""

    kind: Kind
    text: str
    start: int
    end: int
    #: Of NEAR and ONEAR.
    number: int = 0


def tokenize(expression: str) -> list[Token]:
    """Return the tokens of an expression, the last one of kind "end". Raises QueryError."""
    tokens: list[Token] = []
    at = 0
    while at < len(expression):
        space = _SPACE.match(expression, at)
        if space:
            at = space.end()
            continue
        token = _token_at(expression, at, tokens[-1] if tokens else None)
        tokens.append(token)
        at = token.end
    tokens.append(Token(kind="end", text="the end", start=len(expression), end=len(expression)))
    return tokens


def _token_at(expression: str, at: int, before: Token | None) -> Token:
    first = expression[at]
    if first == "(":
        return Token(kind="(", text="(", start=at, end=at + 1)
    if first == ")":
        return Token(kind=")", text=")", start=at, end=at + 1)
    if first == "}":
        raise QueryError(expression, at, "this brace closes nothing: expected a '{' before it, as in {Apple}")
    phrase, exact = _PHRASE.match(expression, at), _EXACT.match(expression, at)
    enclosed = phrase or exact
    if enclosed is not None:
        if not enclosed[2]:
            closing = '"' if phrase else "}"
            raise QueryError(expression, at, f"this {first} is never closed: expected a {closing} after it")
        return Token(kind="phrase" if phrase else "exact", text=enclosed[1], start=at, end=enclosed.end())
    # What touches a field's colon is its value, even if it looks like an operator or an address.
    is_value = before is not None and before.kind == "field" and before.end == at
    return _word_at(expression, at, is_value=is_value)


def _word_at(expression: str, at: int, *, is_value: bool) -> Token:
    field = _FIELD.match(expression, at)
    if field and field[1].lower() in FIELDS:
        return Token(kind="field", text=field[1].lower(), start=at, end=field.end())
    found = _WORD.match(expression, at)
    assert found is not None
    word, end = found.group(), found.end()
    if is_value:
        return Token(kind="word", text=word, start=at, end=end)
    if word in _OPERATORS:
        return Token(kind=_OPERATORS[word], text=word, start=at, end=end)
    near = _NEAR.fullmatch(word)
    if near:
        return Token(kind="NEAR", text=near[1], start=at, end=end, number=int(near[2]))
    _refuse_lookalikes(expression, at, word)
    if field and field.end() < end:
        _refuse_field(expression, at, field[1], word)
    return Token(kind="word", text=word, start=at, end=end)


def _refuse_lookalikes(expression: str, at: int, word: str) -> None:
    """Refuse what was probably meant as an operator: read as a word, it would quietly match next to nothing."""
    if word.lower() in ("and", "or", "not"):
        operator = word.upper()
        message = f'operators are written in capitals: expected {operator}, or "{word}" in quotes for the word'
        raise QueryError(expression, at, message)
    near = _NEAR_LIKE.fullmatch(word)
    if near and (near[2] or word.isupper()):
        operator = near[1].upper()
        message = (
            f'expected {operator}/ and a number of words, such as {operator}/5; or "{word}" in quotes for the word'
        )
        raise QueryError(expression, at, message)
    if word in _FOREIGN:
        raise QueryError(expression, at, f"{word} is no operator here: expected {_FOREIGN[word]}")
    if word[0] in "-!" and len(word) > 1:
        message = f"a word can't begin with {word[0]}: expected NOT {word[1:]} to exclude it, or quotes around it"
        raise QueryError(expression, at, message)
    if word[0] == "~":
        raise QueryError(expression, at, "~ is no operator here: expected NEAR/5 between two words")


def _refuse_field(expression: str, at: int, name: str, word: str) -> NoReturn:
    if word[len(name) :].startswith("://"):
        message = "an address can't stand here: expected site: and its domain, or quotes around it"
        raise QueryError(expression, at, message)
    close = difflib.get_close_matches(name.lower(), FIELDS, n=1)
    meant = f" (did you mean {close[0]}:?)" if close else ""
    fields = ", ".join(f"{field}:" for field in FIELDS)
    message = f"{name}: is no field{meant}: expected one of {fields}, or quotes around the word"
    raise QueryError(expression, at, message)
