"""Tokens, and what the model and the lists know them by."""

from __future__ import annotations

import pytest

from listener.mentions.data import Data
from listener.mentions.understand import SceneReader, UnderstandSettings
from listener.mentions.words import hashtag_words, words_of


@pytest.fixture(scope="module")
def reader(data: Data) -> SceneReader:
    return SceneReader(UnderstandSettings(), data.resources)


@pytest.mark.parametrize(
    ("hashtag", "words"),
    [
        ("WorstAirlineEver", ["Worst", "Airline", "Ever"]),
        ("BBCNews", ["BBC", "News"]),
        ("DownAgain2day", ["Down", "Again2day"]),
        ("ÉtéÀParis", ["Été", "À", "Paris"]),
        ("worstairlineever", ["worstairlineever"]),
        ("NEVERAGAIN", ["NEVERAGAIN"]),
        ("Acme", ["Acme"]),
        ("worst_ever", ["worst_ever"]),
    ],
)
def test_a_hashtag_is_cut_where_words_begin_with_capitals(hashtag: str, words: list[str]) -> None:
    assert hashtag_words(hashtag) == words


def test_words_in_a_hashtag_are_words_of_the_text_and_quoted_where_they_stand() -> None:
    words = words_of("Flight gone. #WorstAirlineEver, Really")
    assert words.words == ("flight", "gone", "worst", "airline", "ever", "really")
    assert words.original(2, 4) == "WorstAirlineEver"


def test_a_hashtag_has_the_feeling_of_its_words(reader: SceneReader) -> None:
    assert sum(feeling.value for feeling in reader.read("#WorstAirlineEver", "en").feelings) < 0


def test_three_dots_are_one_mark() -> None:
    assert words_of("so... slow…").shapes == words_of("so.. slow…").shapes == ("so", "…", "slow", "…")
    assert words_of("v3.5.").shapes == ("v0", ".", "0", ".")


def test_characters_that_were_left_escaped_are_what_they_stand_for(reader: SceneReader) -> None:
    assert words_of("fees &amp; fines &quot;later&quot;").shapes == words_of('fees & fines "later"').shapes
    assert "amp" not in words_of("fees &amp; fines").words
    assert words_of("&lt;3").shapes == words_of("<3").shapes
    assert sum(feeling.value for feeling in reader.read("you &lt;3", "en").feelings) > 0
    # A semicolon ends a clause; the one of a character doesn't.
    assert reader.read("fees &amp; fines", "en").clauses == []
