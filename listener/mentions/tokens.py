"""Cuts an expression of the query language into tokens, each with its place for error messages."""

from __future__ import annotations

import difflib
import re
from typing import Literal, NamedTuple, NoReturn, TypeAlias

from listener.errors import QueryError

Kind: TypeAlias = Literal["(", ")", "AND", "OR", "NOT", "NEAR", "field", "word", "phrase", "exact", "end"]

FIELDS = ("title", "text", "author", "site", "lang", "source")
#: Quotation marks of all countries are taken, and not in pairs: people paste queries out of word processors.
_QUOTES = '"\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02'
_TOKEN = re.compile(
    rf"""(?P<phrase>[{_QUOTES}][^{_QUOTES}]*[{_QUOTES}])
    | (?P<exact>\{{[^{{}}]*\}})
    | (?P<field>(?i:{"|".join(FIELDS)}):)
    | (?P<word>[^\s(){{}}{_QUOTES}]+)
    | (?P<sign>\S)""",
    re.VERBOSE,
)
_NEAR = re.compile(r"(O?NEAR)/([0-9]{1,9})")
_NEAR_LIKE = re.compile(r"(o?near)(/.*)?", re.IGNORECASE)
_FIELD_LIKE = re.compile(r"([A-Za-z]+):.")
_OPERATORS: dict[str, Kind] = {"AND": "AND", "OR": "OR", "NOT": "NOT"}
_PARENTHESES: dict[str, Kind] = {"(": "(", ")": ")"}
#: What other search languages write for an operator of ours.
_FOREIGN = {"&": "AND", "&&": "AND", "+": "AND", "|": "OR", "||": "OR", "-": "NOT", "!": "NOT"}
#: First characters of words that `_refuse_lookalikes` may have something to say of.
_SUSPECT = frozenset("aAoOnN&+|-!~")


class Token(NamedTuple):
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
    value_at = -1
    for found in _TOKEN.finditer(expression):
        start, end = found.span()
        text = found.group()
        match found.lastgroup:
            case "word":
                # What touches a field's colon is its value, even if it looks like an operator or an address.
                is_value = start == value_at
                token = Token("word", text, start, end) if is_value else _word(expression, start, text)
            case "field":
                token = Token("field", text[:-1].lower(), start, end)
                value_at = end
            case "phrase":
                token = Token("phrase", text[1:-1], start, end)
            case "exact":
                token = Token("exact", text[1:-1], start, end)
            case _:
                token = _parenthesis(expression, start, text)
        tokens.append(token)
    tokens.append(Token("end", "the end", len(expression), len(expression)))
    return tokens


def _parenthesis(expression: str, at: int, sign: str) -> Token:
    if sign in _PARENTHESES:
        return Token(_PARENTHESES[sign], sign, at, at + 1)
    if sign == "}":
        raise QueryError(expression, at, "this brace closes nothing: expected a '{' before it, as in {Apple}")
    closing = "}" if sign == "{" else '"'
    raise QueryError(expression, at, f"this {sign} is never closed: expected a {closing} after it")


def _word(expression: str, at: int, word: str) -> Token:
    end = at + len(word)
    if word in _OPERATORS:
        return Token(_OPERATORS[word], word, at, end)
    near = _NEAR.fullmatch(word)
    if near:
        return Token("NEAR", near[1], at, end, int(near[2]))
    if word[0] in _SUSPECT:
        _refuse_lookalikes(expression, at, word)
    if ":" in word:
        field = _FIELD_LIKE.match(word)
        if field:
            _refuse_field(expression, at, field[1], word)
    return Token("word", word, at, end)


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
