"""Each pain point of a text has a severity of its own, and the words that led to it."""

from __future__ import annotations

import pytest

from listener.mentions.data import Data
from listener.mentions.understand import Understander, UnderstandSettings
from listener.types import Pain


@pytest.fixture(scope="module")
def understander(data: Data) -> Understander:
    return Understander([], UnderstandSettings(scorer="vader"), data)


def pains(understander: Understander, text: str) -> dict[str, Pain]:
    judgement = understander.judge(text, [], brand=None, declared="en")
    return {pain.topic: pain for pain in judgement.pains}


def test_what_makes_one_pain_worse_leaves_the_other_alone(understander: Understander) -> None:
    found = pains(understander, "The outage cost me a whole day. The new menu is confusing.")
    assert found["reliability"].severity == found["usability"].severity + 1
    assert found["reliability"].words == ("outage", "cost me")
    assert found["usability"].words == ("confusing",)


def test_the_order_of_sentences_does_not_matter(understander: Understander) -> None:
    found = pains(understander, "The new menu is confusing. The outage cost me a whole day!")
    assert found["reliability"].severity == found["usability"].severity + 1


def test_a_sentence_without_a_pain_point_speaks_of_all(understander: Understander) -> None:
    found = pains(understander, "There was an outage. The menu is confusing. And it is so every single day.")
    assert found["reliability"].severity == found["usability"].severity
    assert "every single" in found["usability"].words
    assert "every single" in found["reliability"].words


@pytest.mark.parametrize(("ending", "severity"), [("I am cancelling my plan.", 3), ("My lawyer will call.", 4)])
def test_who_leaves_or_sues_does_so_for_everything(understander: Understander, ending: str, severity: int) -> None:
    found = pains(understander, f"The outage was long, {ending} The menu is confusing.")
    assert {found["reliability"].severity, found["usability"].severity} == {severity}


def test_a_point_before_a_digit_ends_no_sentence(understander: Understander) -> None:
    found = pains(understander, "The outage of version 3.5 cost me a day. The menu is confusing.")
    assert found["reliability"].severity > found["usability"].severity


def test_one_pain_point_takes_every_sign(understander: Understander) -> None:
    found = pains(understander, "The outage was long. It cost me a day. I need help immediately.")
    assert set(found["reliability"].words) == {"outage", "cost me", "immediately"}
