"""Pain points: what hurts, by a taxonomy of phrases, and how much. Pure.

A topic is found by its phrases. Its severity, 0 to 4, grows with what surrounds them in the whole text: one step
each for strong feeling, for repetition ("again", "third time"), for urgency, for loss of money or time; leaving and
legal words make it 3 and 4 at least. Phrases inside a denial ("no bugs so far") don't count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from listener.mentions.words import Found, Words
from listener.types import Pain

#: A mention names no more topics than these, the strongest first.
TOPICS_LIMIT = 4
#: How much a topic with few phrases is preferred: the exponent of their number.
NARROWNESS = 0.25
_DENIALS = frozenset({"no", "without", "never", "zero", "not", "isn't", "wasn't", "aren't", "free", "fewer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One kind of pain: a table of the taxonomy."""

    name: str
    definition: str = ""
    #: Of the customer's journey: evaluate, buy, onboard, use, support, renew, leave.
    stage: str = ""
    #: In the language of `listener.mentions.words.PhraseBook`.
    phrases: tuple[str, ...] = ()
    #: What an answer to it looks like.
    answer: str = ""


def find_pains(
    words: Words,
    phrases: Mapping[str, Sequence[Found]],
    sizes: Mapping[str, int],
    *,
    compound: float | None,
    complaint: float,
) -> tuple[Pain, ...]:
    """Return the topics that a text names, the strongest first.

    `phrases` are those of the lists "pain" and "severity"; `sizes` tells how many phrases a topic has: a topic with
    few is a narrow one, and narrow topics come first when a text speaks of several. `compound` is the sentiment
    towards the target, `complaint` how surely the text complains, 0 to 1.
    """
    by_topic: dict[str, list[Found]] = {}
    for found in phrases.get("pain", ()):
        if not _denied(words, found):
            by_topic.setdefault(found.name, []).append(found)
    if not by_topic:
        return ()
    severity, reasons = _severity(phrases.get("severity", ()), compound, complaint)
    ranked = sorted(
        by_topic.items(), key=lambda pair: (-_weight(pair[1]) / sizes[pair[0]] ** NARROWNESS, pair[1][0].first)
    )
    return tuple(
        Pain(topic=topic, severity=severity, words=_unique([found.words for found in founds] + reasons))
        for topic, founds in ranked[:TOPICS_LIMIT]
    )


def _severity(founds: Sequence[Found], compound: float | None, complaint: float) -> tuple[int, list[str]]:
    steps: dict[str, str] = {}
    for found in founds:
        steps.setdefault(found.name, found.words)
    severity = int(complaint >= 0.5) + int(compound is not None and compound <= -0.5)
    severity += sum(step in steps for step in ("loss", "repetition", "urgency"))
    if "leaving" in steps:
        severity = max(severity, 3)
    if "legal" in steps:
        severity = 4
    return min(severity, 4), list(steps.values())


def _weight(founds: Sequence[Found]) -> int:
    """Sum the words of different phrases: a long phrase says more than a short one."""
    return sum({(found.first, found.last): 1 + found.last - found.first for found in founds}.values())


def _denied(words: Words, found: Found) -> bool:
    return any(word in _DENIALS for word in words.words[max(0, found.first - 1) : found.first])


def _unique(parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(parts))
