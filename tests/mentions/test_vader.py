"""The port against the library: equal on sentences written for each rule, and on texts put together at random."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from listener.mentions.data import Data
from listener.mentions.vader import Vader

LIBRARY = SentimentIntensityAnalyzer()

RULES = [
    "The parcel arrived",
    "good",
    "not good",
    "This is NOT good, and the rest is REALLY GREAT!!!",
    "never so good, never this good, without doubt good, without a doubt good",
    "at least it works well, the least helpful of all, least helpful, very least helpful",
    "kind of good, sort of bad, just enough help, kinda great",
    "no good or bad, no happy nor sad friends, no no no",
    "yeah right, that was the bomb and the shit, a bad ass bus stop",
    "to die for food, my beating heart, kiss of death love",
    "The food was good good good but the staff was bad bad, but the view was good",
    "What? What?? Really??? Why????",
    "😀 great😀😀 and 💔broken",
    ":) :( :-D <3",
    "",
    "   ",
]
WORDS = st.sampled_from(
    "good bad GOOD great awful not never so this without doubt no or nor least at very kind of sort but BUT the bomb "
    "bad ass bus stop yeah right kiss death die to for just enough don't VERY really 😀 x😀y ❤️ !!! ??? plain "
    "TEXT".split()
)


@pytest.fixture(scope="module")
def vader(data: Data) -> Vader:
    return Vader(data.resources.vader)


@pytest.mark.parametrize("text", RULES)
def test_each_rule_gives_the_compound_of_the_library(vader: Vader, text: str) -> None:
    assert vader.compound(text) == LIBRARY.polarity_scores(text)["compound"]


@given(st.lists(WORDS, max_size=25).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_words_in_any_order_give_the_compound_of_the_library(data: Data, text: str) -> None:
    assert Vader(data.resources.vader).compound(text) == LIBRARY.polarity_scores(text)["compound"]


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_characters_give_the_compound_of_the_library(data: Data, text: str) -> None:
    assert Vader(data.resources.vader).compound(text) == LIBRARY.polarity_scores(text)["compound"]


def test_time_grows_with_the_length_and_not_with_its_square(vader: Vader) -> None:
    def seconds(words: int) -> float:
        text = "good but bad " * (words // 3)
        began = time.process_time()
        vader.compound(text)
        return time.process_time() - began

    seconds(3_000)
    assert seconds(60_000) < 60 * max(seconds(6_000), 0.005)
