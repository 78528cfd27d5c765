"""Differences, cuts and durations in words."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.alerts.words import cut, duration, word_diff

SIDES = re.compile(r"\[-(.*?)-\]|\{\+(.*?)\+\}", re.DOTALL)


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        ("the same words", "the same words", "the same words"),
        ("", "all new", "{+all new+}"),
        ("all gone", "", "[-all gone-]"),
        ("pay monthly now", "pay now", "pay [-monthly-] now"),
        ("pay now", "pay monthly now", "pay {+monthly+} now"),
        ("a [-trick-] {+here+}", "a trick here", "a [-[ -trick- ] { +here+ }-] {+trick here+}"),
        ("a b c d e f g h i j k l OLD m", "a b c d e f g h i j k l NEW m", "… e f g h i j k l [-OLD-] {+NEW+} m"),
    ],
)
def test_a_difference_marks_what_is_gone_and_what_is_new(before: str, after: str, difference: str) -> None:
    assert word_diff(before, after) == difference


words = st.lists(st.sampled_from(["one", "two", "three", "four", "five", "six", "seven"]), max_size=30).map(" ".join)


@given(words, words)
def test_both_sides_of_a_difference_can_be_read_off_it(before: str, after: str) -> None:
    difference = word_diff(before, after, limit=10_000)
    if "…" not in difference:
        assert SIDES.sub(lambda match: match[1] or "", difference).split() == before.split()
        assert SIDES.sub(lambda match: match[2] or "", difference).split() == after.split()


@given(st.text(), st.text(), st.integers(20, 200))
def test_a_difference_keeps_its_limit_and_its_marks_closed(before: str, after: str, limit: int) -> None:
    difference = word_diff(before, after, limit)
    assert len(difference) <= limit
    assert not re.search(r"\[-|\{\+|-\]|\+\}", SIDES.sub("", difference))


def test_a_hostile_pair_of_texts_costs_little() -> None:
    before = " ".join(f"w{number * 7 % 101}" for number in range(50_000))
    after = " ".join(f"w{number * 11 % 101}" for number in range(50_000))
    started = time.process_time()
    word_diff(before, after)
    assert time.process_time() - started < 2


@given(st.text(), st.integers(1, 50))
def test_a_cut_keeps_its_limit_and_leaves_short_text_alone(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=30), "less than a minute"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=7, minutes=12), "7 h 12 min"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
        (timedelta(seconds=-5), "less than a minute"),
    ],
)
def test_a_duration_is_said_in_two_units(length: timedelta, said: str) -> None:
    assert duration(length) == said
