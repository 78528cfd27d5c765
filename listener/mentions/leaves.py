"""Builds the leaves of a query's tree: terms out of words and phrases, facets out of sites, languages and sources."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from listener.errors import QueryError
from listener.mentions.syntax import Facet, FacetField, Gap, Piece, Term, TextField
from listener.mentions.tokens import Token
from listener.text import fold_exact, fold_text, is_continuous, is_hangul, is_word, one_line

Field: TypeAlias = Literal["title", "text", "author", "site", "lang", "source"]

#: Longer names than this the name system does not know.
HOST_LIMIT = 253
#: A shorter stem than this begins too many words: `in*`, `co*`.
STEM_LIMIT = 3
_FACETS: dict[Field, FacetField] = {"site": "site", "lang": "lang", "source": "source"}
_TEXT_FIELDS: dict[Field | None, tuple[TextField, ...]] = {
    None: ("title", "text"),
    "title": ("title",),
    "text": ("text",),
    "author": ("author",),
}
#: Punctuation of the sentence and not of the word; what is missing here (@ # $ & + / % _ .net) is looked for.
_LEADING = "'\"!?,;:)(][><~^|-"
_TRAILING = "'\"!?,;:.)(][><~^|-"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DOMAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*")


def leaf(expression: str, token: Token, field: Field | None) -> Term | Facet:
    """Return the leaf for a word, phrase or exact form, under a field or none. Raises QueryError."""
    if field in _FACETS:
        return _facet(expression, token, _FACETS[field])
    exact: str | None = None
    if token.kind == "exact":
        exact = one_line(fold_exact(token.text))
        pieces = _exact_pieces(exact)
    else:
        pieces = _pieces(expression, token, without_at=field == "author")
    if not pieces:
        raise QueryError(expression, token.start, "nothing to look for: expected at least one letter or digit")
    return Term(
        pieces=pieces,
        anchor=_anchor(pieces),
        fields=_TEXT_FIELDS[field],
        exact=exact,
        spelled=one_line(token.text),
        at=(token.start, token.end),
    )


def literal(name: str) -> Term:
    """Return the term for a name given outside of a query, such as a brand's alias; {Name} is case-exact.

    Raises QueryError where there is nothing in it to look for.
    """
    is_exact = name.startswith("{") and name.endswith("}")
    token = Token("exact" if is_exact else "phrase", name.strip("{}"), 0, len(name))
    found = leaf(name, token, None)
    assert isinstance(found, Term)
    return found


def _exact_pieces(exact: str) -> tuple[Piece, ...]:
    words = fold_text(exact).split()
    if not any(_is_sought(word) for word in words):
        return ()
    return tuple(Piece(text=word, gap="space") for word in words)


def _pieces(expression: str, token: Token, *, without_at: bool) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for chunk in fold_text(token.text).split():
        if chunk.isalnum():
            pieces.append(Piece(text=chunk))
            continue
        prefix = chunk.endswith("*")
        stem = chunk.rstrip("*")
        if "*" in stem:
            raise QueryError(expression, token.start, "a * can only stand at the end of a word: expected word*")
        gap: Gap = "any"
        # Hyphens come and go (Coca-Cola, Coca Cola): the parts are looked for as neighbours.
        words = [word for part in stem.split("-") if _is_sought(word := _trimmed(part, without_at=without_at))]
        for word in words:
            pieces.append(Piece(text=word, gap=gap))
            gap = "hyphen"
        if prefix and (not words or not _is_stem(words[-1]) or stem.endswith("-")):
            message = f"too little stands before this *: expected at least {STEM_LIMIT} letters"
            raise QueryError(expression, token.start, message)
        if prefix:
            pieces[-1] = Piece(text=pieces[-1].text, gap=pieces[-1].gap, prefix=True)
    return tuple(pieces)


def _anchor(pieces: tuple[Piece, ...]) -> int:
    if len(pieces) == 1 or any(piece.prefix for piece in pieces):
        return 0
    return max(range(len(pieces)), key=lambda index: len(pieces[index].text))


def _trimmed(word: str, *, without_at: bool) -> str:
    word = word.lstrip(_LEADING).rstrip(_TRAILING)
    if word.startswith(".."):
        word = word.lstrip(".")
    # Sources give authors' names with and without the sign.
    return word.lstrip("@") if without_at else word


def _is_sought(word: str) -> bool:
    """Whether there is something in a word to look for: a letter or digit, or a symbol such as an emoji."""
    return any(is_word(character) or character > "\x7f" for character in word)


def _is_stem(word: str) -> bool:
    letters = [character for character in word if is_word(character)]
    return len(letters) >= STEM_LIMIT or any(is_continuous(letter) or is_hangul(letter) for letter in letters)


def _facet(expression: str, token: Token, field: FacetField) -> Facet:
    if token.kind == "exact":
        raise QueryError(expression, token.start, f"{field}: has no case-exact form: expected it without braces")
    spelled = one_line(token.text)
    at = (token.start, token.end)
    match field:
        case "site":
            domain, path = _site(expression, token)
            return Facet(field=field, value=domain, path=path, spelled=spelled, at=at)
        case "lang":
            tag = spelled.lower().replace("_", "-")
            if not _LANGUAGE.fullmatch(tag):
                message = "this is no language code: expected one such as en, de or pt-BR"
                raise QueryError(expression, token.start, message)
            return Facet(field=field, value=tag, spelled=spelled, at=at)
        case "source":
            name = one_line(fold_text(token.text))
            stem = name.rstrip("*")
            if not stem or "*" in stem:
                message = "expected the name of a source, or its beginning and a *"
                raise QueryError(expression, token.start, message)
            return Facet(field=field, value=stem, prefix=stem != name, spelled=spelled, at=at)


def _site(expression: str, token: Token) -> tuple[str, str]:
    address = _SCHEME.sub("", token.text.strip(), count=1)
    domain, slash, path = address.partition("/")
    host = ascii_host(domain.removeprefix("*").strip("."))
    if host is None or not _DOMAIN.fullmatch(host):
        raise QueryError(
            expression, token.start, "this is no domain: expected one such as example.com or reddit.com/r/python"
        )
    path = (slash + path).rstrip("/").lower()
    return host.removeprefix("www."), path


def ascii_host(host: str) -> str | None:
    """Return a host as the name system knows it, lower case and ASCII (IDNA 2003); None where that can't be."""
    host = host.lower()
    if host.isascii():
        return host
    if len(host) > HOST_LIMIT:  # the codec is quadratic
        return None
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
