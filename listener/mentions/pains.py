"""Pain points: what hurts, by a taxonomy of phrases, and how much. Pure.

A topic is found by its phrases. Its severity, 0 to 4, grows with what surrounds them in the whole text: one step
each for strong feeling, for repetition ("again", "third time"), for urgency, for loss of money or time; leaving and
legal words make it 3 and 4 at least. Phrases inside a denial ("no bugs so far") don't count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from listener.mentions.words import Found, Phrases, Words
from listener.types import Pain

#: A mention names no more topics than these, the strongest first.
TOPICS_LIMIT = 4
_DENIALS = frozenset({"no", "without", "never", "zero", "not", "isn't", "wasn't", "aren't", "free", "fewer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One kind of pain: a table of the taxonomy."""

    name: str
    definition: str = ""
    #: Of the customer's journey: evaluate, buy, onboard, use, support, renew, leave.
    stage: str = ""
    #: In the language of `listener.mentions.words.Phrases`.
    phrases: tuple[str, ...] = ()
    #: What an answer to it looks like.
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """Phrases that raise a severity, by the step they belong to: loss, leaving, legal, repetition, urgency."""

    steps: Mapping[str, tuple[str, ...]]


class PainFinder:
    """Finds the topics of one taxonomy."""

    def __init__(self, topics: Sequence[Topic], severity: Severity) -> None:
        self._phrases = [(topic.name, phrase) for topic in topics for phrase in topic.phrases]
        self._finder = Phrases([phrase for _, phrase in self._phrases])
        self._steps = [(step, phrase) for step, phrases in severity.steps.items() for phrase in phrases]
        self._step_finder = Phrases([phrase for _, phrase in self._steps])

    def find(self, words: Words, compound: float | None, complaint: float) -> tuple[Pain, ...]:
        """Return the topics that a text names, the strongest first.

        `compound` is the text's sentiment towards its target, `complaint` how surely it complains, 0 to 1.
        """
        by_topic: dict[str, list[Found]] = {}
        for found in self._finder.find(words):
            if not _denied(words, found):
                by_topic.setdefault(self._phrases[found.phrase][0], []).append(found)
        if not by_topic:
            return ()
        severity, reasons = self._severity(words, compound, complaint)
        ranked = sorted(by_topic.items(), key=lambda pair: (-_weight(pair[1]), pair[1][0].first))
        return tuple(
            Pain(topic=topic, severity=severity, words=_unique([found.words for found in founds] + reasons))
            for topic, founds in ranked[:TOPICS_LIMIT]
        )

    def steps(self, words: Words) -> dict[str, list[str]]:
        """Return the words that raise severity, by step."""
        found: dict[str, list[str]] = {}
        for one in self._step_finder.find(words):
            found.setdefault(self._steps[one.phrase][0], []).append(one.words)
        return found

    def _severity(self, words: Words, compound: float | None, complaint: float) -> tuple[int, list[str]]:
        steps = self.steps(words)
        severity = int(complaint >= 0.5) + int(compound is not None and compound <= -0.5)
        severity += sum(step in steps for step in ("loss", "repetition", "urgency"))
        if "leaving" in steps:
            severity = max(severity, 3)
        if "legal" in steps:
            severity = 4
        return min(severity, 4), [found[0] for found in steps.values()]


def _weight(founds: Sequence[Found]) -> int:
    """Sum the words of different phrases: a long phrase says more than a short one."""
    return sum({found.phrase: 1 + found.last - found.first for found in founds}.values())


def _denied(words: Words, found: Found) -> bool:
    return any(word in _DENIALS for word in words.words[max(0, found.first - 1) : found.first])


def _unique(parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(parts))
