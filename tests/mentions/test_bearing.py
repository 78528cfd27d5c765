"""Kind, sentiment and pains of a mention agree, and are read towards the brand and from where it is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.mentions.bearing import agreeing
from listener.mentions.data import Data
from listener.mentions.excerpt import words_near
from listener.mentions.matcher import Matcher
from listener.mentions.relevance import outside_addresses, own_words
from listener.mentions.sentiment import label_of
from listener.mentions.speech import read_speech
from listener.mentions.understand import Understander, UnderstandSettings
from listener.mentions.words import Found, words_of
from listener.types import Brand, Item, ItemKind, Reading, Sentiment, Source, Speech

BRANDS = (Brand(name="acme", query="Acme"), Brand(name="globex", query="Globex"))
SOURCE = Source(name="forum", scraper="feed")
FILLER = "The harvest was early this year and nobody minded much. " * 20

KINDS: tuple[ItemKind, ...] = ("post", "article")

Read = Callable[..., dict[str, Reading]]


@pytest.fixture(scope="module")
def read(data: Data) -> Read:
    settings = UnderstandSettings(languages=("en", "de", "fr", "es"))
    understander, matcher = Understander(BRANDS, settings, data), Matcher(BRANDS)

    def read_all(text: str, kind: ItemKind = "post", title: str = "", lang: str | None = None) -> dict[str, Reading]:
        item = Item(title=title, text=text, kind=kind, lang=lang)
        readings = [understander.read(item, match, SOURCE) for match in matcher.match(item, SOURCE)]
        return {reading.brand: reading for reading in readings if reading is not None}

    return read_all


# --- towards the brand


@pytest.mark.parametrize(
    "text",
    [
        "Moved from Acme to Globex, best decision ever.",
        "Tried Acme for a month and came back to Globex. So much better.",
        "We switched to Globex after three years with Acme, and it is wonderful.",
    ],
)
def test_who_moves_from_one_brand_to_another_leaves_the_one_and_praises_the_other(read: Read, text: str) -> None:
    left, found = read(text)["acme"], read(text)["globex"]
    assert (left.kind, left.sentiment.label) == ("churn", "negative")
    assert found.kind != "churn"
    assert found.sentiment.label != "negative"


def test_the_brand_one_moves_to_is_praised(read: Read) -> None:
    mention = read("Moved from Acme to Globex, best decision ever.")["globex"]
    assert (mention.kind, mention.sentiment.label) == ("praise", "positive")


def test_who_states_what_happened_without_a_word_of_anger_is_negative_all_the_same(read: Read) -> None:
    mention = read("@acme my parcel hasn't arrived and I still haven't received an answer.")["acme"]
    assert mention.kind == "complaint"
    assert mention.sentiment.label == "negative"


@pytest.mark.parametrize("kind", ["complaint", "churn"])
@given(compound=st.floats(-1, 1), complaint=st.floats(0, 1), speaks=st.booleans())
def test_no_complaint_and_no_farewell_is_positive(
    kind: Speech, compound: float, complaint: float, speaks: bool
) -> None:
    agreed = agreeing(Sentiment(compound=compound, label=label_of(compound)), kind, complaint, speaks=speaks)
    assert agreed.label != "positive"
    assert agreed.compound is not None
    assert agreed.compound <= max(compound, -0.05) or agreed.label == "neutral"
    assert agreeing(agreed, kind, complaint, speaks=speaks) == agreed


def test_what_is_not_scored_stays_unknown() -> None:
    unknown = Sentiment(compound=None, label=None)
    assert agreeing(unknown, "complaint", 0.9, speaks=True) == unknown


def test_spam_feels_nothing(read: Read) -> None:
    mention = read("WIN A FREE ACME ACCOUNT! Follow me and click here https://win.example giveaway, amazing!")["acme"]
    assert (mention.kind, mention.sentiment.label, mention.sentiment.compound) == ("spam", "neutral", 0.0)


@pytest.mark.parametrize(("text", "label"), [("Acme 😍😍😍", "positive"), ("Acme 😭😭", "negative"), ("Acme", None)])
def test_emoji_speak_without_a_language(read: Read, text: str, label: str | None) -> None:
    mention = read(text)["acme"]
    assert (mention.lang, mention.sentiment.label) == (None, label)


def test_emoji_do_not_speak_for_words_of_an_unknown_language(read: Read) -> None:
    assert read("Acme qwrtz 😍")["acme"].sentiment.label is None


def test_why_a_sentiment_was_turned_is_told(read: Read) -> None:
    mention = read("Moved from Acme to Globex, best decision ever.", title="Wonderful, lovely")["acme"]
    turned = agreeing(Sentiment(compound=0.4, label="positive"), mention.kind, mention.complaint, speaks=True)
    assert turned.reasons[-1][0] == "(churn)"
    assert turned.reasons[-1][1] < 0


def test_a_question_that_names_what_may_hurt_is_no_complaint(read: Read) -> None:
    assert read("Has anyone ever got compensation from Acme?")["acme"].kind == "question"


@pytest.mark.parametrize(
    ("text", "kind", "topic"),
    [
        ("Ich warte seit sechs Wochen auf meine Rückerstattung von Acme. Unverschämt!", "complaint", "refund"),
        ("Habe mein Abo bei Acme gekündigt, viel zu teuer geworden.", "churn", "price"),
        ("Le service client d'Acme ne répond pas, c'est inadmissible.", "complaint", "support"),
        ("Acme me ha cobrado dos veces y nadie me responde. Una vergüenza.", "complaint", "billing"),
    ],
)
def test_customers_complain_in_other_languages_too(read: Read, text: str, kind: str, topic: str) -> None:
    mention = read(text)["acme"]
    assert mention.kind == kind
    assert topic in {pain.topic for pain in mention.pains}


def test_whoever_leaves_makes_every_pain_severe(read: Read) -> None:
    (pain,) = read("Ich habe mein Abo bei Acme gekündigt, viel zu teuer geworden.")["acme"].pains
    assert (pain.topic, pain.severity) == ("price", 3)


def test_who_does_not_complain_suffers_nothing_again_or_at_once(read: Read) -> None:
    (pain,) = read("Acme always asks for my password right now, fine.")["acme"].pains
    assert (pain.topic, pain.severity, pain.words) == ("account", 0, ("password",))


# --- news


@pytest.mark.parametrize(
    "text",
    [
        "Acme shares fall 3% after outage hits European customers",
        "Regulator fines Acme 20 million over data breach",
        "Acme says outage was caused by a faulty configuration change",
    ],
)
def test_bad_news_is_news_and_no_complaint(read: Read, text: str) -> None:
    mention = read(text)["acme"]
    assert mention.kind == "news"
    assert mention.complaint < 0.5


def test_who_speaks_for_himself_may_use_words_of_news(read: Read) -> None:
    text = "Acme says my account was closed and refuses to give me a refund. Worst service ever."
    assert read(text)["acme"].kind == "complaint"


def test_an_article_without_a_voice_is_news_whatever_it_tells(read: Read) -> None:
    text = "Customers report that Acme keeps crashing. The problems with the latest update are terrible."
    mention = read(text, "article", "Acme has an outage")["acme"]
    assert mention.kind == "news"
    assert mention.complaint < 0.5


def test_a_customer_in_a_forum_complains_although_the_feed_calls_it_an_article(read: Read) -> None:
    mention = read("I can't log in to Acme, it keeps crashing. Terrible.", "article")["acme"]
    assert mention.kind == "complaint"
    assert mention.sentiment.label == "negative"


def test_what_is_no_complaint_by_kind_is_none_by_probability() -> None:
    words = words_of("I read that the new shop is late.")
    late = Found(name="complaint", first=7, last=7, words="late")
    speech = [
        read_speech(words, {"complaint": [late]}, compound=-0.1, pains=0, item=item, speaks=True) for item in KINDS
    ]
    assert [(one.kind, one.complaint >= 0.5) for one in speech] == [("complaint", True), ("news", False)]


# --- from where the brand is named


def test_an_article_is_not_angry_at_whom_it_names_beside_its_anger(read: Read) -> None:
    text = FILLER + "The attack was terrible, a horrible disaster; the photographs were kept by Acme. " + FILLER
    assert read(text, "article")["acme"].sentiment.label == "neutral"
    angry = FILLER + "Acme is terrible, a horrible disaster. " + FILLER
    assert read(angry, "article")["acme"].sentiment.label == "negative"


def test_an_article_that_is_matched_by_its_site_is_read_as_a_whole(data: Data) -> None:
    brands = [Brand(name="acme", query="site:acme.example")]
    item = Item(text="What a terrible, horrible disaster. " + FILLER, kind="article", url="https://acme.example/a")
    (match,) = Matcher(brands).match(item, SOURCE)
    reading = Understander(brands, UnderstandSettings(), data).read(item, match, SOURCE)
    assert reading is not None
    assert reading.sentiment.label == "negative"


def test_pains_of_a_long_text_are_those_at_the_name_and_stand_in_the_excerpt(read: Read) -> None:
    far = "My train was delayed again and my bank charged me twice. "
    text = far + FILLER + "I hate that my Acme app keeps crashing. " + FILLER + far
    mention = read(text)["acme"]
    assert [pain.topic for pain in mention.pains] == ["bugs"]
    assert all(pain.words[0] in mention.excerpt for pain in mention.pains)


def test_of_many_places_the_excerpt_shows_the_one_that_hurts(read: Read) -> None:
    text = "I saw Acme once. " + FILLER + "Then Acme charged me twice and I am furious. " + FILLER
    mention = read(text)["acme"]
    assert "charged me twice" in mention.excerpt
    assert "billing" in {pain.topic for pain in mention.pains}


def test_the_title_of_an_article_ends_before_its_text(read: Read) -> None:
    mention = read("Acme may be to it what others were.", "article", "Globex has a terrible problem")["acme"]
    assert mention.sentiment.label != "negative"


def test_an_article_in_a_passage_too_short_to_tell_has_the_language_of_the_whole(read: Read) -> None:
    german = "Die Ernte war in diesem Jahr spät, und niemand hat sich darüber sehr geärgert. " * 12
    assert read(german + "Acme GmbH. " + german, "article")["acme"].lang == "de"


# --- addresses and frames


def test_a_name_in_an_address_alone_is_less_surely_about_the_brand(read: Read) -> None:
    linked = read("Lovely pictures of our garden: https://acme.com/garden")["acme"]
    spoken = read("Lovely pictures of our garden are on Acme: https://acme.com/garden")["acme"]
    assert linked.relevance < 0.5 < spoken.relevance


def test_spans_within_addresses_are_told_from_others() -> None:
    text = "see https://acme.com/acme?x=acme, acme.com and <www.acme.com> or acme"
    spans = [(at, at + 4) for at in range(len(text)) if text.startswith("acme", at)]
    assert [text[a - 1 : b + 1].strip() for a, b in outside_addresses(text, spans)] == ["acme.", "acme"]


@pytest.mark.parametrize(
    "frame", ["July 2 from Acme - Comment - Like", "Follow us on Acme", "View Full Coverage on Acme"]
)
def test_what_a_site_puts_around_texts_is_nobodys_mention(frame: str) -> None:
    text = f"A fine day.\n{frame}"
    at = text.index("Acme")
    assert own_words(text, [(at, at + 4)]) == []


@given(st.text(max_size=300), st.lists(st.tuples(st.integers(0, 300), st.integers(1, 9)), max_size=3))
def test_words_that_are_to_be_seen_are_found_where_they_stand(text: str, places: list[tuple[int, int]]) -> None:
    names = [(a, a + n) for a, n in places]
    for start, end in words_near(text, names, [[text[5:9], "nowhere to be seen"]] if text[5:9] else []):
        assert text[start:end] == text[5:9]
