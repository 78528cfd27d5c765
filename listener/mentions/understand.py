"""Understanding one match: whose, how it feels, what hurts, how far it reaches. Puts the room's judgements "
"together. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from listener.mentions.data import Data
from listener.mentions.language import language_of
from listener.mentions.pains import PainFinder, Topic
from listener.mentions.reach import reach
from listener.mentions.relevance import RelevanceScorer, other_voices, outside
from listener.mentions.sentiment import VaderScorer
from listener.mentions.speech import SpeechReader
from listener.mentions.vader import Lexicon
from listener.mentions.words import mask, words_of
from listener.types import Brand, Item, Match, Reading, Scorer, Source, Span

#: Characters of an excerpt.
EXCERPT = 280
#: Of a long text, what stands this far around the matches is read.
AROUND = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstandSettings:
    """The table [understand] of the settings."""

    #: ISO 639-1, that the brands' customers write in.
    languages: tuple[str, ...] = ("en",)
    scorer: str = "vader"
    #: Words and phrases with their valence, -4 to 4, over the bundled lexicon.
    lexicon: Mapping[str, float] = field(default_factory=dict)
    #: Topics over the bundled taxonomy; one of the same name replaces it.
    topics: tuple[Topic, ...] = ()
    #: Leave the bundled taxonomy out.
    only_own_topics: bool = False
    #: Matches below are not kept, 0 to 1.
    relevance_at_least: float = 0.2


class Understander:
    """Reads matched items. Built once; holds no state of a poll."""

    def __init__(self, brands: Sequence[Brand], settings: UnderstandSettings, data: Data) -> None:
        self._settings = settings
        self._identifier = data.identifier
        self._scorer: Scorer = VaderScorer(
            Lexicon(words={**data.vader.words, **data.domain, **settings.lexicon}, emoji=data.vader.emoji)
        )
        self._pains = PainFinder(_topics(settings, data), data.severity)
        self._speech = SpeechReader(data.speech)
        self._relevance = {brand.name: RelevanceScorer(brand) for brand in brands}
        self._names = {brand.name: _names(brand) for brand in brands}

    def read(self, item: Item, match: Match, source: Source) -> Reading | None:
        """Understand an item for the brand that it matches; None if it isn't about the brand, or not in its own "
        "words."""
        text, targets = _text_and_targets(item, match)
        targets = list(outside(targets, other_voices(text)))
        if not targets:
            return None
        text, targets = _around(text, targets)
        lang = language_of(text, item.lang, self._identifier, self._settings.languages)
        names = self._names[match.brand]
        masked = mask(text, [*targets, *(found.span() for found in names.finditer(text))] if names else targets)
        words = words_of(masked)
        expected = lang is None or lang in self._settings.languages
        relevance = self._relevance[match.brand].score(words_of(text), expected_language=expected)
        if relevance < self._settings.relevance_at_least:
            return None
        sentiment = self._scorer.score(masked, targets, lang)
        topics = self._pains.find(words, sentiment.compound, 0.0)
        speech = self._speech.read(words, compound=sentiment.compound, pains=len(topics), item=item.kind)
        return Reading(
            brand=match.brand,
            excerpt=_excerpt(text, targets[0]),
            lang=lang,
            sentiment=sentiment,
            scorer=self._scorer.version,
            complaint=speech.complaint,
            kind=speech.kind,
            pains=self._pains.find(words, sentiment.compound, speech.complaint),
            relevance=relevance,
            reach=reach(item.metrics, source.weight),
            hits=match.hits,
        )


def _topics(settings: UnderstandSettings, data: Data) -> list[Topic]:
    bundled = () if settings.only_own_topics else data.topics
    return list({topic.name: topic for topic in (*bundled, *settings.topics)}.values())


def _names(brand: Brand) -> re.Pattern[str] | None:
    """Find names of a brand beyond what its query hit."""
    names = sorted({brand.name, *brand.aliases}, key=len, reverse=True)
    return re.compile(r"(?<!\w)@?(?:" + "|".join(map(re.escape, names)) + r")(?!\w)", re.IGNORECASE)


def _text_and_targets(item: Item, match: Match) -> tuple[str, list[Span]]:
    """Join title and text, and move the hits to where they then stand."""
    before = f"{item.title}\n" if item.title else ""
    shift = {"title": 0, "text": len(before)}
    targets = [(hit.start + shift[hit.field], hit.end + shift[hit.field]) for hit in match.hits if hit.field in shift]
    text = before + item.text
    # A match by author, site or source alone is about the whole text.
    return text, sorted(targets) or [(0, 0)]


def _around(text: str, targets: Sequence[Span]) -> tuple[str, list[Span]]:
    """Cut a long text down to what stands around the first matches, at white space."""
    start = max(0, targets[0][0] - AROUND)
    end = min(len(text), targets[0][1] + 2 * AROUND)
    if start:
        start = max(text.rfind(" ", 0, start), text.rfind("\n", 0, start), start - 40) + 1
    kept = [(a - start, b - start) for a, b in targets if a >= start and b <= end]
    return text[start:end], kept


def _excerpt(text: str, target: Span) -> str:
    """Return about `EXCERPT` characters around a target on one line, with an ellipsis where words were left out."""
    start = max(0, target[0] - EXCERPT // 2)
    end = min(len(text), start + EXCERPT)
    cut = " ".join(text[start:end].split())
    return ("…" if start else "") + cut + ("…" if end < len(text) else "")
