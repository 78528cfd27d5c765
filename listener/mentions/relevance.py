"""Relevance: how surely a match is about the brand and not a namesake, boilerplate or somebody's old words. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from listener.mentions.words import Found
from listener.types import Span

#: A match without any context for or against it.
UNDECIDED = 0.75
#: Log-odds that a context word adds or takes.
CONTEXT_WEIGHT = 1.2
AGAINST_WEIGHT = 2.2
#: In a language that no customer of the brand is said to write in.
FOREIGN_WEIGHT = 2.0

_QUOTE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_REPLY = re.compile(r"^[ \t]*On [^\n]{5,200} wrote:[ \t]*$", re.MULTILINE)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
_BOILERPLATE = re.compile(
    r"all rights reserved|©|\(c\) 20\d\d|copyright 20\d\d|cookie policy|privacy policy|terms of (?:use|service)|"
    r"subscribe to our|sign up for our|follow us on|share (?:this )?on|sent from my|appeared first on|read more at|"
    r"view in (?:your )?browser|unsubscribe",
    re.IGNORECASE,
)
#: A line longer than this that holds such words is prose, not a footer.
FOOTER_LENGTH = 160


def other_voices(text: str) -> list[Span]:
    """Return the spans that aren't the author's words here: quoted replies, signatures, footers."""
    spans = [found.span() for found in _QUOTE.finditer(text)]
    spans += (found.span() for found in _REPLY.finditer(text))
    spans += _footers(text)
    signature = _SIGNATURE.search(text)
    if signature is not None:
        spans.append((signature.start(), len(text)))
    return sorted(spans)


def _footers(text: str) -> Iterator[Span]:
    """Yield the short lines that hold words of a footer."""
    for found in _BOILERPLATE.finditer(text):
        earliest = max(0, found.end() - FOOTER_LENGTH - 1)
        latest = found.start() + FOOTER_LENGTH + 1
        start = text.rfind("\n", earliest, found.start()) + 1
        end = text.find("\n", found.end(), latest)
        end = end if end >= 0 else len(text)
        if (start or not earliest) and end - start <= FOOTER_LENGTH:
            yield start, end


def outside(spans: Sequence[Span], voices: Sequence[Span]) -> Iterator[Span]:
    """Yield the spans that don't begin within another voice."""
    for span in spans:
        if not any(start <= span[0] < end for start, end in voices):
            yield span


def relevance_of(phrases: Mapping[str, Sequence[Found]], *, expected_language: bool) -> float:
    """Return how surely a match is about the brand, 0 to 1.

    `phrases` are those of the lists "context" and "not_context" of the brand. `expected_language` is False for a
    language that isn't among the configured ones.
    """
    supports = {found.name for found in phrases.get("context", ())}
    opposes = {found.name for found in phrases.get("not_context", ())}
    odds = math.log(UNDECIDED / (1 - UNDECIDED))
    odds += CONTEXT_WEIGHT * min(len(supports), 3) - AGAINST_WEIGHT * min(len(opposes), 3)
    if not expected_language:
        odds -= FOREIGN_WEIGHT
    return round(1.0 / (1.0 + math.exp(-odds)), 4)
