"""Relevance: how surely a match is about the brand and not a namesake, boilerplate or somebody's old words. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from listener.mentions.words import Found
from listener.types import Span

#: A match without any context for or against it.
UNDECIDED = 0.75
#: Log-odds that a context word adds or takes.
CONTEXT_WEIGHT = 1.2
AGAINST_WEIGHT = 2.2
#: In a language that no customer of the brand is said to write in.
FOREIGN_WEIGHT = 2.0

#: Where it stands in addresses alone, which link to somebody's page or picture more often than they speak of the brand.
LINK_WEIGHT = 1.2
#: An address longer than this is looked at for its last so many characters before the name.
ADDRESS_LENGTH = 500

_QUOTE = re.compile(r"[ \t]*>")
_REPLY = re.compile(r"[ \t]*On [^\n]{5,200} wrote:[ \t]*")
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
#: Of a line in lower case: so it takes a third of the time that it would take without regard to case.
_BOILERPLATE = re.compile(
    r"all rights reserved|©|\(c\) 20\d\d|copyright 20\d\d|cookie policy|privacy policy|terms of (?:use|service)|"
    r"subscribe to our|sign up for our|follow us on|share (?:this )?on|sent from my|appeared first on|read more at|"
    r"view in (?:your )?browser|unsubscribe|view full coverage|- comment - like\b|(?:rss|atom) feed \||related posts|"
    r"(?:find|follow|join|reach|add|tag|tweet|message|like) (?:me|us|him|her|them|out|it) (?:on|via|at)\b|"
    r"(?:connect|stay in touch|keep up) with (?:me|us) (?:on|via)\b|"
    r"(?:originally )?(?:posted|published) (?:on|via|at)\b"
)
#: An address that goes on to the end of what is looked at.
_ADDRESS = re.compile(r"(?:https?://|\bwww\.)[^\s<>\"']{0,500}\Z")
#: A line longer than this that holds such words is prose, not a footer.
FOOTER_LENGTH = 160


def own_words(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the spans (rising) that stand in the author's own words: not in a quoted reply, a signature or a footer.

    A line is looked at only where a span is in it, and once: texts are long, and spans few.
    """
    signature = _SIGNATURE.search(text) if "--" in text else None
    end = signature.start() if signature is not None else len(text) + 1
    own: list[Span] = []
    stop = -1
    is_own = False
    for span in spans:
        if span[0] >= end:
            break
        if span[0] > stop:
            start = text.rfind("\n", 0, span[0]) + 1
            stop = text.find("\n", span[0])
            stop = stop if stop >= 0 else len(text)
            is_own = not _is_of_another(text, start, stop)
        if is_own:
            own.append(span)
    return own


def outside_addresses(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the spans that don't stand within an address, such as "https://example.com/acme"."""
    return [span for span in spans if not _is_in_address(text, span[0])]


def _is_in_address(text: str, at: int) -> bool:
    # Nearly all names stand behind a space.
    if at == 0 or text[at - 1].isspace():
        return False
    return _ADDRESS.search(text, max(0, at - ADDRESS_LENGTH), at) is not None


def _is_of_another(text: str, start: int, stop: int) -> bool:
    """Tell whether the line that stands from `start` up to `stop` is somebody else's."""
    if _QUOTE.match(text, start, stop) or _REPLY.fullmatch(text, start, stop):
        return True
    return stop - start <= FOOTER_LENGTH and _BOILERPLATE.search(text[start:stop].lower()) is not None


def relevance_of(
    phrases: Mapping[str, Sequence[Found]], *, expected_language: bool, only_linked: bool = False
) -> float:
    """Return how surely a match is about the brand, 0 to 1.

    `phrases` are those of the lists "context" and "not_context" of the brand. `expected_language` is False for a
    language that isn't among the configured ones, `only_linked` that the name stands in addresses alone.
    """
    supports = {found.name for found in phrases.get("context", ())}
    opposes = {found.name for found in phrases.get("not_context", ())}
    odds = math.log(UNDECIDED / (1 - UNDECIDED))
    odds += CONTEXT_WEIGHT * min(len(supports), 3) - AGAINST_WEIGHT * min(len(opposes), 3)
    if not expected_language:
        odds -= FOREIGN_WEIGHT
    if only_linked:
        odds -= LINK_WEIGHT
    return round(1.0 / (1.0 + math.exp(-odds)), 4)
