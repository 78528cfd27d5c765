"""Analyses one match: sentiment, kind, complaint, pain points, relevance and reach towards the matched brand.

Pure: what was loaded from files comes in as a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from listener.mentions.bearing import agreeing, by_the_name, phrases_by_the_name, words_by_the_name
from listener.mentions.data import Data, Resources
from listener.mentions.excerpt import excerpt, words_near
from listener.mentions.forms import forms_of
from listener.mentions.matcher import AllNames
from listener.mentions.model import ModelScorer
from listener.mentions.network import NetworkScorer
from listener.mentions.pains import Topic, find_pains
from listener.mentions.passages import passages, titled
from listener.mentions.reach import reach
from listener.mentions.relevance import outside_addresses, own_words, relevance_of
from listener.mentions.scene import Scene, SceneMaker
from listener.mentions.sentiment import Scorer, VaderScorer, of_emoji
from listener.mentions.speech import read_speech
from listener.mentions.stars import verdict_of, weighed
from listener.mentions.vader import NEGATION, Lexicon
from listener.mentions.words import OTHER, TARGET, Found, PhraseBook, mask, phrases_of, words_of
from listener.types import Brand, Item, ItemKind, Match, Pain, Reading, Sentiment, Source, Span, Speech

#: Characters of an excerpt.
EXCERPT = 280
#: Characters by which the language of an item is told where passages of it are too short.
WIDER = 1_000

ScorerName = Literal["vader", "model", "minilm"]


class UnderstandSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The table [understand] of the settings."""

    #: ISO 639-1, that the brands' customers write in.
    languages: tuple[str, ...] = ("en",)
    scorer: str = "model"
    #: Words and phrases with their valence, -4 to 4, over the bundled lexicon.
    lexicon: Mapping[str, float] = msgspec.field(default_factory=dict)
    #: Topics over the bundled taxonomy; one of the same name replaces it.
    topics: tuple[Topic, ...] = ()
    #: Leave the bundled taxonomy out.
    only_own_topics: bool = False
    #: Matches below are not kept, 0 to 1.
    relevance_at_least: float = 0.2


class _Question(msgspec.Struct, frozen=True, kw_only=True):
    """The input of an analysis: a text, its target, and what is known about it."""

    text: str
    targets: Sequence[Span]
    #: By brand, where its names stand.
    named: Mapping[str, Sequence[Span]]
    brand: str | None
    declared: str | None
    kind: ItemKind
    stars: tuple[float | None, str]
    #: The language that a person gave.
    given: str | None = None
    only_linked: bool = False
    #: Of a text that was cut, what more tells its language.
    wider: str = ""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The result of analysing a text towards one target."""

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
                "pain": phrases_of({topic.name: (*topic.phrases, *topic.translated) for topic in topics}),
                **{kind: phrases_of({kind: phrases}) for kind, phrases in resources.speech.items()},
                **{sign: phrases_of({sign: phrases}) for sign, phrases in resources.signs.items()},
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
    """Analyses matched items. Built once; keeps no state of a poll."""

    def __init__(self, brands: Sequence[Brand], settings: UnderstandSettings, data: Data) -> None:
        self._settings = settings
        self._languages = data.languages
        self._scenes = SceneReader(settings, data.resources)
        self._voices = data.resources.voices
        self._scorer = _scorer(settings.scorer, data)
        self._contexts = {brand.name: PhraseBook(_context(brand)) for brand in brands if _context(brand)}
        self._names = AllNames(brands)

    def read(self, item: Item, match: Match, source: Source, lang: str | None = None) -> Reading | None:
        """Understand an item for the brand that it matches; None if it isn't about it, or not in the author's
        words. `lang` is the language that it is in, if a person gave it.
        """
        whole, spans = _text_and_targets(item, match)
        # What is told to the brand itself is about it, in whatever language and words: "How do I unsubscribe?"
        told_to = source.brand == match.brand and all(hit.field == "source" for hit in match.hits)
        spans = spans if told_to else own_words(whole, spans)
        if not spans:
            return None
        spoken = outside_addresses(whole, spans)
        text, targets = passages(whole, spoken or spans)
        named = self._names.find(text)
        # Stars are for what the source is about, not for whom a review names beside it.
        verdict = verdict_of(item) if source.brand in (None, match.brand) else None
        judgement = self._judge(
            _Question(
                text=text,
                # What a query looks for beside the name, such as "pricing", is no name, and may have a feeling.
                targets=() if match.brand in named else targets,
                named=named,
                brand=match.brand,
                declared=item.lang,
                kind=item.kind,
                stars=(verdict, "" if item.rating is None else f"{item.rating:g} of {item.rating_max:g}"),
                given=lang,
                only_linked=not spoken,
                wider=whole[:WIDER] if text != whole else "",
            )
        )
        relevance = 1.0 if told_to else judgement.relevance
        if relevance < self._settings.relevance_at_least:
            return None
        shown, pains = _shown(item, match, spoken or spans, judgement.pains, only_visible=text != whole and not told_to)
        return Reading(
            brand=match.brand,
            excerpt=shown,
            lang=judgement.lang,
            sentiment=judgement.sentiment,
            scorer=judgement.scorer,
            complaint=judgement.complaint,
            kind=judgement.kind,
            pains=pains,
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
        named = self._names.find(text)
        return self._judge(
            _Question(text=text, targets=targets, named=named, brand=brand, declared=declared, kind=kind, stars=stars)
        )

    def _judge(self, asked: _Question) -> Judgement:
        text = asked.text
        lang = asked.given or self._languages.tell(text, asked.declared, self._settings.languages)
        if lang is None and asked.wider:
            lang = self._languages.tell(asked.wider, asked.declared, self._settings.languages)
        scene = self._scenes.read(_masked(text, asked.targets, asked.named, asked.brand), lang)
        words, phrases = scene.words, scene.phrases
        voice = self._voices.get(lang or "en", frozenset())
        speaks = scene.addressed or not voice.isdisjoint(words.words)
        sentiment = self._scorer.score(scene) if lang is not None else of_emoji(scene)
        is_post = asked.kind != "article" or (speaks and not asked.only_linked and len(asked.wider or text) <= EXCERPT)
        # An article that is matched by its site or author is about the brand as a whole.
        in_passing = not is_post and asked.stars[0] is None and (bool(scene.targets) or asked.only_linked)
        if in_passing:
            sentiment = by_the_name(sentiment, scene)
            phrases = phrases_by_the_name(scene)
            speaks = speaks and not voice.isdisjoint(words_by_the_name(scene))
        sentiment = weighed(sentiment, *asked.stars)
        speech = read_speech(
            words,
            phrases,
            compound=sentiment.compound,
            pains=len(phrases.get("pain", ())),
            item=asked.kind,
            speaks=speaks,
            in_passing=in_passing,
        )
        if asked.stars[0] is None:
            sentiment = agreeing(sentiment, speech.kind, speech.complaint, speaks=speaks)
        return Judgement(
            lang=lang,
            sentiment=sentiment,
            scorer=self._scorer.version,
            complaint=speech.complaint,
            kind=speech.kind,
            signs=speech.signs,
            pains=find_pains(
                words,
                phrases,
                self._scenes.topic_sizes,
                compound=sentiment.compound,
                complaint=speech.complaint,
                reports=speech.reports,
                leaves=speech.kind == "churn",
            ),
            relevance=self._relevance(asked, lang),
        )

    def _relevance(self, asked: _Question, lang: str | None) -> float:
        context = self._contexts.get(asked.brand or "")
        return relevance_of(
            context.find(words_of(asked.text)) if context else {},
            expected_language=lang is None or lang in self._settings.languages,
            only_linked=asked.only_linked,
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
    before = titled(item.title, "")
    shift = {"title": 0, "text": len(before)}
    targets = [(hit.start + shift[hit.field], hit.end + shift[hit.field]) for hit in match.hits if hit.field in shift]
    # A match by author, site or source alone is about the whole text.
    return before + item.text, sorted(targets) or [(0, 0)]


def _shown(
    item: Item, match: Match, spans: Sequence[Span], pains: tuple[Pain, ...], *, only_visible: bool
) -> tuple[str, tuple[Pain, ...]]:
    """Return an excerpt around the names at `spans` of title and text, with what hurts in it, and the pains.

    `only_visible` leaves out pains of whose words neither the title nor the excerpt shows any.
    """
    shift = len(titled(item.title, ""))
    at = {(start - shift, end - shift) for start, end in spans}
    hits = [hit for hit in match.hits if hit.field == "text" and (hit.start, hit.end) in at]
    also = words_near(item.text, [(hit.start, hit.end) for hit in hits], [pain.words for pain in pains])
    shown = excerpt(item.text or item.title, hits, EXCERPT, also)
    if only_visible:
        seen = f"{item.title} {shown}"
        pains = tuple(pain for pain in pains if any(word in seen for word in pain.words))
    return shown, pains
