"""Understanding one match: whose, how it feels, what hurts, how far it reaches. Puts the room's judgements together.

Pure: what was loaded from files comes in as a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from listener.mentions.data import Data, Resources
from listener.mentions.excerpt import excerpt
from listener.mentions.forms import forms_of
from listener.mentions.matcher import AllNames
from listener.mentions.model import ModelScorer
from listener.mentions.network import NetworkScorer
from listener.mentions.pains import Topic, find_pains
from listener.mentions.passages import passages
from listener.mentions.reach import reach
from listener.mentions.relevance import own_words, relevance_of
from listener.mentions.scene import Scene, SceneMaker
from listener.mentions.sentiment import Scorer, VaderScorer
from listener.mentions.speech import read_speech
from listener.mentions.stars import verdict_of, weighed
from listener.mentions.vader import NEGATION, Lexicon
from listener.mentions.words import OTHER, TARGET, Found, PhraseBook, mask, phrases_of, words_of
from listener.types import Brand, Item, ItemKind, Match, Pain, Reading, Sentiment, Source, Span, Speech

#: Characters of an excerpt.
EXCERPT = 280

ScorerName = Literal["vader", "model", "minilm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstandSettings:
    """The table [understand] of the settings."""

    #: ISO 639-1, that the brands' customers write in.
    languages: tuple[str, ...] = ("en",)
    scorer: str = "model"
    #: Words and phrases with their valence, -4 to 4, over the bundled lexicon.
    lexicon: Mapping[str, float] = field(default_factory=dict)
    #: Topics over the bundled taxonomy; one of the same name replaces it.
    topics: tuple[Topic, ...] = ()
    #: Leave the bundled taxonomy out.
    only_own_topics: bool = False
    #: Matches below are not kept, 0 to 1.
    relevance_at_least: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is found in a text about one target."""

    lang: str | None
    sentiment: Sentiment
    scorer: str
    #: 0 to 1.
    complaint: float
    kind: Speech
    #: What spoke for the kind: sign and words.
    signs: tuple[tuple[str, str], ...]
    pains: tuple[Pain, ...]
    #: 0 to 1.
    relevance: float


class SceneReader:
    """Makes the scene of a masked text: phrases found, feelings placed. What training and understanding share."""

    def __init__(self, settings: UnderstandSettings, resources: Resources) -> None:
        words = {name: value for name, value in settings.lexicon.items() if len(name.split()) == 1}
        feelings = {**resources.phrases, **{name: v for name, v in settings.lexicon.items() if name not in words}}
        lexicon = Lexicon(words={**resources.vader.words, **resources.domain, **words}, emoji=resources.vader.emoji)
        self._scenes = SceneMaker(lexicon, feelings)
        topics = _topics(settings, resources)
        self.topic_sizes = {topic.name: len(topic.phrases) for topic in topics}
        self._book = PhraseBook(
            {
                "feeling": [(phrase, phrase) for phrase in feelings],
                "relation": phrases_of(resources.relation),
                "severity": phrases_of(resources.severity),
                "pain": phrases_of({topic.name: topic.phrases for topic in topics}),
                **{kind: phrases_of({kind: phrases}) for kind, phrases in resources.speech.items()},
            }
        )
        self._languages = resources.languages
        #: By language, made when its first text comes: most settings expect few of them.
        self._feelings: dict[str, PhraseBook] = {}

    def read(self, masked: str, lang: str | None) -> Scene:
        """Read a text whose names are masked."""
        words = words_of(masked)
        phrases: Mapping[str, Sequence[Found]] = self._book.find(words)
        if lang is not None and lang in self._languages:
            phrases = {**phrases, **self._feelings_in(lang).find(words)}
        return self._scenes.make(words, phrases, lang)

    def _feelings_in(self, lang: str) -> PhraseBook:
        book = self._feelings.get(lang)
        if book is None:
            listed = [
                (str(NEGATION * float(value)) if denies else value, form)
                for value, phrases in self._languages[lang].items()
                for phrase in phrases
                for form, denies in forms_of(lang, phrase)
            ]
            book = self._feelings[lang] = PhraseBook({f"feeling {lang}": listed})
        return book


class Understander:
    """Reads matched items. Built once; holds no state of a poll."""

    def __init__(self, brands: Sequence[Brand], settings: UnderstandSettings, data: Data) -> None:
        self._settings = settings
        self._languages = data.languages
        self._scenes = SceneReader(settings, data.resources)
        self._scorer = _scorer(settings.scorer, data)
        self._contexts = {brand.name: PhraseBook(_context(brand)) for brand in brands if _context(brand)}
        self._names = AllNames(brands)

    def read(self, item: Item, match: Match, source: Source) -> Reading | None:
        """Understand an item for the brand that it matches; None if it isn't about it, or not in the author's
        words."""
        text, spans = _text_and_targets(item, match)
        # What is told to the brand itself is about it, in whatever language and words: "How do I unsubscribe?"
        told_to = source.brand == match.brand and all(hit.field == "source" for hit in match.hits)
        spans = spans if told_to else own_words(text, spans)
        if not spans:
            return None
        text, spans = passages(text, spans)
        named = self._names.find(text)
        # What a query looks for beside the name, such as "pricing", is no name, and may have a feeling.
        targets = () if match.brand in named else spans
        # Stars are for what the source is about, not for whom a review names beside it.
        verdict = verdict_of(item) if source.brand in (None, match.brand) else None
        said = "" if item.rating is None else f"{item.rating:g} of {item.rating_max:g}"
        judgement = self._judge(text, targets, named, match.brand, item.lang, item.kind, (verdict, said))
        relevance = 1.0 if told_to else judgement.relevance
        if relevance < self._settings.relevance_at_least:
            return None
        return Reading(
            brand=match.brand,
            excerpt=excerpt(item.text or item.title, match.hits, EXCERPT),
            lang=judgement.lang,
            sentiment=judgement.sentiment,
            scorer=judgement.scorer,
            complaint=judgement.complaint,
            kind=judgement.kind,
            pains=judgement.pains,
            relevance=relevance,
            reach=reach(item.metrics, source.weight),
            hits=match.hits,
        )

    def judge(
        self,
        text: str,
        targets: Sequence[Span],
        *,
        brand: str | None,
        declared: str | None,
        kind: ItemKind = "post",
        stars: tuple[float | None, str] = (None, ""),
    ) -> Judgement:
        """Judge a text towards what stands at `targets`: spans of characters; none, or an empty one, for the whole
        text.

        `brand` names one of the brands, whose names are masked and whose context words count; None for none of them.
        `stars` is what a rating given with the text says, as by `verdict_of`, and the rating in words.
        """
        return self._judge(text, targets, self._names.find(text), brand, declared, kind, stars)

    def _judge(
        self,
        text: str,
        targets: Sequence[Span],
        named: Mapping[str, Sequence[Span]],
        brand: str | None,
        declared: str | None,
        kind: ItemKind,
        stars: tuple[float | None, str],
    ) -> Judgement:
        lang = self._languages.tell(text, declared, self._settings.languages)
        masked = _masked(text, targets, named, brand)
        scene = self._scenes.read(masked, lang)
        words, phrases = scene.words, scene.phrases
        context = self._contexts.get(brand or "")
        expected = lang is None or lang in self._settings.languages
        relevance = relevance_of(context.find(words_of(text)) if context else {}, expected_language=expected)
        sentiment = weighed(self._scorer.score(scene), *stars)
        speech = read_speech(words, phrases, compound=sentiment.compound, pains=len(phrases.get("pain", ())), item=kind)
        return Judgement(
            lang=lang,
            sentiment=sentiment,
            scorer=self._scorer.version,
            complaint=speech.complaint,
            kind=speech.kind,
            signs=speech.signs,
            pains=find_pains(
                words, phrases, self._scenes.topic_sizes, compound=sentiment.compound, complaint=speech.complaint
            ),
            relevance=relevance,
        )


def _scorer(name: str, data: Data) -> Scorer:
    if name == "vader":
        return VaderScorer()
    if name == "minilm":
        assert data.network is not None, "loaded for another scorer"
        return NetworkScorer(data.weights, data.network)
    return ModelScorer(data.weights)


def _topics(settings: UnderstandSettings, data: Resources) -> list[Topic]:
    bundled = () if settings.only_own_topics else data.topics
    return list({topic.name: topic for topic in (*bundled, *settings.topics)}.values())


def _context(brand: Brand) -> dict[str, list[tuple[str, str]]]:
    lists = {"context": brand.context, "not_context": brand.not_context}
    return {name: [(word, word) for word in words] for name, words in lists.items() if words}


def _masked(text: str, targets: Sequence[Span], named: Mapping[str, Sequence[Span]], brand: str | None) -> str:
    """Mask the target, and other brands' names but where they are a part of it."""
    own = [*(span for span in targets if span[0] < span[1]), *named.get(brand or "", ())]
    masked = mask(text, own, TARGET)
    others = [span for name, spans in named.items() if name != brand for span in spans]
    return mask(masked, [span for span in others if TARGET not in masked[slice(*span)]], OTHER) if others else masked


def _text_and_targets(item: Item, match: Match) -> tuple[str, list[Span]]:
    """Join title and text, and move the hits to where they then stand."""
    before = f"{item.title}\n" if item.title else ""
    shift = {"title": 0, "text": len(before)}
    targets = [(hit.start + shift[hit.field], hit.end + shift[hit.field]) for hit in match.hits if hit.field in shift]
    # A match by author, site or source alone is about the whole text.
    return before + item.text, sorted(targets) or [(0, 0)]
