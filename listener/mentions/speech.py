"""Kind of speech: complaint, question, praise, request, churn risk, news, spam; and how surely it is a complaint.
Pure.

The probability of a complaint is a logistic mix of sentiment, phrases of the lexicon of speech, pain topics, and
form (a post addressed to the brand, an exclamation, a question); the weights were set by hand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from listener.mentions.words import Found, Words
from listener.types import ItemKind, Speech

#: Lists of the phrase book that are signs of a kind of speech.
KINDS = ("complaint", "question", "praise", "request", "churn", "news", "spam")

_LINK = re.compile(r"https?://|www\.|\bt\.co/")
_PRICE = re.compile(r"[$€£]\s?\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechReading:
    """What kind of speech a text is."""

    kind: Speech
    #: 0 to 1.
    complaint: float
    #: Signs found, with the words, for `--explain`.
    signs: tuple[tuple[str, str], ...]


def read_speech(
    words: Words, phrases: Mapping[str, Sequence[Found]], *, compound: float | None, pains: int, item: ItemKind
) -> SpeechReading:
    """Return the kind of a text.

    `phrases` are those of the lists of speech, such as "complaint"; `compound` is the sentiment towards the target,
    `pains` the number of pain topics named.
    """
    signs = {kind: [found.words for found in phrases[kind]] for kind in KINDS if kind in phrases}
    # A firm that tells of its own outage doesn't complain.
    complaint = 0.0 if item == "incident" else _complaint(words.text, signs, compound, pains)
    kind = _kind(words.text, signs, compound, complaint, item)
    return SpeechReading(
        kind=kind,
        complaint=round(complaint, 4),
        signs=tuple((sign, word) for sign, found in signs.items() for word in dict.fromkeys(found)),
    )


def _complaint(text: str, signs: Mapping[str, list[str]], compound: float | None, pains: int) -> float:
    score = -1.2
    score -= 2.4 * (compound or 0.0)
    score += 1.1 * min(pains, 2)
    score += 1.3 * min(len(signs.get("complaint", ())), 2)
    score += 1.2 * ("churn" in signs)
    score -= 1.0 * ("praise" in signs)
    score -= 1.2 * ("news" in signs or "spam" in signs)
    score += 0.5 * text.lstrip().startswith("@")
    score -= 0.8 * (_LINK.search(text) is not None)
    return 1.0 / (1.0 + math.exp(-score))


def _kind(
    text: str, signs: Mapping[str, list[str]], compound: float | None, complaint: float, item: ItemKind
) -> Speech:
    if item == "incident":
        return "news"
    if len(signs.get("spam", ())) >= 2 or ("spam" in signs and _LINK.search(text) and _PRICE.search(text)):
        return "spam"
    if "churn" in signs:
        return "churn"
    if "request" in signs and len(signs["request"]) >= len(signs.get("complaint", ())):
        return "request"
    if complaint >= 0.5:
        return "complaint"
    if "request" in signs:
        return "request"
    if item == "article" or "news" in signs:
        return "news"
    if "question" in signs or text.rstrip().endswith("?"):
        return "question"
    if "praise" in signs or (compound is not None and compound >= 0.4):
        return "praise"
    return "other"
