"""Stars and survey scores feed sentiment, complaint and severity."""

from __future__ import annotations

import pytest

from listener.mentions.data import Data
from listener.mentions.stars import verdict_of, weighed
from listener.mentions.understand import Understander, UnderstandSettings
from listener.types import Brand, Hit, Item, Match, Reading, Sentiment, Source

ACME = Brand(name="acme", query="Acme")
GLOBEX = Brand(name="globex", query="Globex", role="competitor")
STORE = Source(name="store", scraper="app-store", brand="acme")
ABOUT = Hit(field="source", start=0, end=0, term="store")


@pytest.mark.parametrize(
    ("rating", "best", "metric", "verdict"),
    [
        (1, 5, "", -0.8),
        (3, 5, "", 0.0),
        (5, 5, "", 0.8),
        (100, 100, "", 0.8),
        (0, 1, "churn", -0.8),
        (10, 10, "nps", 0.8),
        (9, 10, "nps", 0.8),
        (8, 10, "nps", 0.0),
        (6, 10, "nps", -0.2),
        (0, 10, "nps", -0.8),
        (None, 5, "", None),
        (6, 5, "", None),
        (1, 0, "", None),
        (0, 5, "", -0.8),
    ],
)
def test_a_rating_is_a_verdict_on_the_scale_of_sentiment(
    rating: float | None, best: float, metric: str, verdict: float | None
) -> None:
    assert verdict_of(Item(rating=rating, rating_max=best, segment={"metric": metric})) == verdict


def test_stars_alone_decide_where_words_can_not_be_scored_and_weigh_twice_where_they_can() -> None:
    unknown = Sentiment(compound=None, label=None)
    assert weighed(unknown, -0.8, "1 of 5").label == "negative"
    assert weighed(unknown, None, "") is unknown
    assert weighed(Sentiment(compound=0.2, label="positive"), -0.8, "1 of 5").compound == -0.4667


def read(data: Data, text: str, stars: float | None, *, brand: str = "acme", source: Source = STORE) -> Reading:
    item = Item(text=text, kind="review", rating=stars)
    at = text.lower().find(brand)
    hit = ABOUT if at < 0 else Hit(field="text", start=at, end=at + len(brand), term=brand)
    found = Understander([ACME, GLOBEX], UnderstandSettings(), data).read(item, Match(brand=brand, hits=(hit,)), source)
    assert found is not None
    return found


def test_one_star_turns_a_text_without_feeling_into_a_complaint(data: Data) -> None:
    text = "The export stops at page two since the last update, I was charged twice."
    without, with_star = read(data, text, None), read(data, text, 1)
    assert with_star.sentiment.label == "negative"
    assert with_star.complaint >= without.complaint
    assert max(pain.severity for pain in with_star.pains) >= max(pain.severity for pain in without.pains)
    assert ("1 of 5", -0.8) in with_star.sentiment.reasons


def test_a_review_in_a_language_that_nobody_scores_has_the_sentiment_of_its_stars(data: Data) -> None:
    found = read(data, "通知が届かないので困っています。何度も問い合わせました。", 1)
    assert (found.sentiment.compound, found.sentiment.label) == (-0.8, "negative")


def test_the_stars_of_a_review_say_nothing_of_a_competitor_that_it_names(data: Data) -> None:
    text = "Moved to Globex and never looked back."
    about_other = read(data, text, 1, brand="globex")
    assert about_other.sentiment == read(data, text, None, brand="globex").sentiment
