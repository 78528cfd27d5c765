"""Pain points: what hurts, by a taxonomy of phrases, and how much. Pure.

A topic is found by its phrases. Its severity, 0 to 4, grows by one step each for complaining and for strong feeling,
of the text as a whole, and for repetition ("again", "third time"), urgency, and loss of money or time; leaving and
legal words make it 3 and 4 at least. Of several topics each has its own: repetition, urgency and loss count for those
in their sentence, or for all where it names none; who leaves or sues does so for everything. Phrases inside a denial
("no bugs so far") don't count. Where nothing hurts, words of leaving and law are only words ("How do I cancel my
trial?"), and a report names no pain; only who complains has something happen to him again, or at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from listener.mentions.sentiment import NEGATIVE
from listener.mentions.speech import COMPLAINS
from listener.mentions.words import Found, Words
from listener.types import Pain

#: A mention names no more topics than these, the strongest first.
TOPICS_LIMIT = 4
#: How much a topic with few phrases is preferred: the exponent of their number.
NARROWNESS = 0.25
#: Signs of severity that are about the whole relation, and so about every topic that is named.
FOR_EVERYTHING = frozenset({"leaving", "legal"})
LOSS = "loss"
#: Signs of severity that count where something hurts, and those that count where somebody complains of it.
OF_BAD_NEWS = (LOSS, "leaving", "legal")
OF_COMPLAINTS = ("repetition", "urgency")
_DENIALS = frozenset({"no", "without", "never", "zero", "not", "isn't", "wasn't", "aren't", "free", "fewer"})


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of pain: a table of the taxonomy."""

    name: str
    definition: str = ""
    #: Of the customer's journey: evaluate, buy, onboard, use, support, renew, leave.
    stage: str = ""
    #: In the language of `listener.mentions.words.PhraseBook`.
    phrases: tuple[str, ...] = ()
    #: The same in other languages than the others are in.
    translated: tuple[str, ...] = ()
    #: What an answer to it looks like.
    answer: str = ""


def find_pains(
    words: Words,
    phrases: Mapping[str, Sequence[Found]],
    sizes: Mapping[str, int],
    *,
    compound: float | None,
    complaint: float,
    reports: bool = False,
    leaves: bool = False,
) -> tuple[Pain, ...]:
    """Return the topics that a text names, the strongest first.

    `phrases` are those of the lists "pain" and "severity"; `sizes` tells how many phrases a topic has: a topic with
    few is a narrow one, and narrow topics come first when a text speaks of several. `compound` is the sentiment
    towards the target, `complaint` how surely the text complains, 0 to 1; `reports` that it only tells news,
    `leaves` that somebody leaves the brand or threatens to.
    """
    complains = complaint >= COMPLAINS
    hurts = complains or (compound is not None and compound <= NEGATIVE)
    if reports and not hurts:
        return ()
    by_topic: dict[str, list[Found]] = {}
    for found in phrases.get("pain", ()):
        if not _denied(words, found):
            by_topic.setdefault(found.name, []).append(found)
    if not by_topic:
        return ()
    ranked = sorted(
        by_topic.items(), key=lambda pair: (-_weight(pair[1]) / sizes[pair[0]] ** NARROWNESS, pair[1][0].first)
    )
    felt = (*OF_BAD_NEWS, *(OF_COMPLAINTS if complains else ())) if hurts else (LOSS,)
    signs = [sign for sign in phrases.get("severity", ()) if sign.name in felt]
    pains = []
    for topic, founds in ranked[:TOPICS_LIMIT]:
        own = signs if len(by_topic) == 1 or not signs else _signs_of(words, founds, by_topic.values(), signs)
        severity, reasons = _severity(own, compound, complaint, leaves=leaves)
        pains.append(Pain(topic=topic, severity=severity, words=_unique([found.words for found in founds] + reasons)))
    return tuple(pains)


def _signs_of(
    words: Words, founds: Sequence[Found], topics: Iterable[Sequence[Found]], signs: Sequence[Found]
) -> list[Found]:
    """Return the signs that speak of one of several topics, which is found at `founds`."""
    ends = _ends(words)

    def sentence(found: Found) -> int:
        return bisect_left(ends, words.places[found.last])

    own = {sentence(found) for found in founds}
    named = {sentence(found) for topic in topics for found in topic}
    return [
        sign for sign in signs if sign.name in FOR_EVERYTHING or sentence(sign) in own or sentence(sign) not in named
    ]


def _ends(words: Words) -> list[int]:
    """Return the tokens that end a sentence, in order. A point before a digit (3.5, v1.2) ends none."""
    following = (*words.tokens[1:], " ")
    return [
        place
        for place, (mark, after) in enumerate(zip(words.tokens, following, strict=False))
        if mark[0] in ".!?…" and not (mark == "." and after[0].isdigit())
    ]


def _severity(
    founds: Sequence[Found], compound: float | None, complaint: float, *, leaves: bool
) -> tuple[int, list[str]]:
    steps: dict[str, str] = {}
    for found in founds:
        steps.setdefault(found.name, found.words)
    severity = int(complaint >= COMPLAINS) + int(compound is not None and compound <= -0.5)
    severity += sum(step in steps for step in ("loss", "repetition", "urgency"))
    if leaves or "leaving" in steps:
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
