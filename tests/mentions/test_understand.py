from __future__ import annotations

from collections.abc import Callable

import pytest

from listener.mentions.data import Data
from listener.mentions.matcher import Matcher
from listener.mentions.pains import Topic
from listener.mentions.understand import Understander, UnderstandSettings
from listener.types import Brand, Hit, Item, Match, Reading, Source

ACME = Brand(name="acme", query="Acme", aliases=("AcmeDB",))
GLOBEX = Brand(name="globex", query="Globex")
DEFAULTS = UnderstandSettings()
SOURCE = Source(name="forum", scraper="feed")

Read = Callable[..., Reading | None]


def match_of(item: Item, name: str) -> Match:
    title, text = item.title.find(name), item.text.find(name)
    hits = [Hit(field="title", start=title, end=title + len(name), term=name)] if title >= 0 else []
    hits += [Hit(field="text", start=text, end=text + len(name), term=name)] if text >= 0 else []
    return Match(brand=name.lower(), hits=tuple(hits))


@pytest.fixture
def read(data: Data) -> Read:
    def read_with(
        text: str, name: str = "Acme", settings: UnderstandSettings = DEFAULTS, title: str = ""
    ) -> Reading | None:
        item = Item(title=title, text=text)
        return Understander([ACME, GLOBEX], settings, data).read(item, match_of(item, name), SOURCE)

    return read_with


def reading(result: Reading | None) -> Reading:
    assert result is not None
    return result


def test_an_angry_customer_is_a_complaint_with_its_pains(read: Read) -> None:
    mention = reading(read("Acme is down again and I was charged twice. Worst support ever, still waiting."))
    assert mention.sentiment.label == "negative"
    assert mention.kind == "complaint"
    assert mention.complaint > 0.8
    assert {"reliability", "billing"} <= {pain.topic for pain in mention.pains}
    assert all(pain.severity >= 2 for pain in mention.pains)
    assert mention.excerpt.startswith("Acme is down")


@pytest.mark.parametrize(
    "words", ["How do I unsubscribe?", "Your privacy policy is a joke.", "Stürzt ständig ab, der Mechaniker muss her"]
)
def test_what_is_told_to_the_brand_itself_is_about_it_in_any_words_and_language(data: Data, words: str) -> None:
    brand = Brand(name="acme", query="Acme", not_context=("Mechaniker", "joke"))
    source = Source(name="tickets", scraper="files", brand="acme")
    match = Match(brand="acme", hits=(Hit(field="source", start=0, end=0, term="tickets"),))
    mention = reading(Understander([brand], DEFAULTS, data).read(Item(text=words, kind="ticket"), match, source))
    assert mention.relevance == 1.0


def test_an_outage_that_a_firm_tells_of_itself_is_news_with_its_pains_and_no_complaint(data: Data) -> None:
    source = Source(name="status", scraper="status", brand="acme")
    match = Match(brand="acme", hits=(Hit(field="source", start=0, end=0, term="status"),))
    item = Item(title="API is down", text="Customers can't log in. Worst outage so far.", kind="incident")
    mention = reading(Understander([ACME], DEFAULTS, data).read(item, match, source))
    assert (mention.kind, mention.complaint) == ("news", 0.0)
    assert "reliability" in {pain.topic for pain in mention.pains}


def test_what_a_query_looks_for_beside_the_name_keeps_its_feeling(data: Data) -> None:
    brand = Brand(name="acme", query="Acme NEAR/5 (terrible OR outage)")
    item = Item(text="Acme was terrible.")
    [match] = Matcher([brand]).match(item)
    reader = Understander([brand], UnderstandSettings(scorer="vader"), data)
    mention = reading(reader.read(item, match, SOURCE))
    assert mention.sentiment.label == "negative"
    assert [words for words, _ in mention.sentiment.reasons] == ["terrible"]


def test_a_name_with_a_feeling_of_its_own_is_masked(data: Data) -> None:
    brand = Brand(name="united", query="united")
    item = Item(text="I flew with united to the office on Monday and then I walked back.")
    match = Match(brand="united", hits=(Hit(field="text", start=12, end=18, term="united"),))
    mention = reading(Understander([brand], UnderstandSettings(), data).read(item, match, SOURCE))
    assert mention.sentiment.label == "neutral"


def test_a_language_without_a_scorer_is_unscored_and_not_neutral(read: Read) -> None:
    mention = reading(read("Hieno paikka, Acme toimii erinomaisesti ja olen hyvin tyytyväinen heidän palveluunsa."))
    assert mention.lang == "fi"
    assert mention.sentiment.compound is None
    assert mention.sentiment.label is None


def test_quoted_replies_and_footers_are_nobodys_mention(read: Read) -> None:
    assert read("> Acme is great\nI don't know what you mean.") is None
    assert read("Our new office is open.\n© 2026 Acme Inc. All rights reserved.") is None


def test_settings_replace_the_taxonomy(read: Read) -> None:
    own = UnderstandSettings(topics=(Topic(name="luggage", phrases=("lost ... bag*",)),), only_own_topics=True)
    mention = reading(read("Acme lost both of my bags. Terrible, and the app crashes.", settings=own))
    assert [pain.topic for pain in mention.pains] == ["luggage"]
    assert mention.pains[0].words[0] == "lost both of my bags"


def test_a_match_far_inside_a_long_text_is_read_around_it(read: Read) -> None:
    text = "A long and happy story about good things. " * 200 + "Acme is terrible and broken. " + "Fine weather. " * 200
    mention = reading(read(text))
    assert "Acme is terrible" in mention.excerpt
    assert len(mention.excerpt) < 400
