"""When a change of a page is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from listener.changes.confirm import ConfirmSettings, Look, Verdict, decide

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTINGS = ConfirmSettings()


def looks(states: str, every: timedelta = HOUR) -> list[Look]:
    return [Look(at=START + number * every, state=state) for number, state in enumerate(states)]


def verdict(states: str, told: str | None, settings: ConfirmSettings = SETTINGS, every: timedelta = HOUR) -> Verdict:
    return decide(looks(states, every), told, settings).verdict


def test_the_first_state_of_a_page_is_taken_as_it_is() -> None:
    assert verdict("a", None) is Verdict.CONFIRMED


def test_the_same_state_is_no_news() -> None:
    assert verdict("aaa", "a") is Verdict.SAME


def test_a_new_state_waits_for_a_second_look() -> None:
    decision = decide(looks("aab"), "a", SETTINGS)
    assert decision.verdict is Verdict.WAIT
    assert decision.first_seen == START + 2 * HOUR
    assert decision.again_at == START + 2 * HOUR + timedelta(minutes=10)


def test_a_state_seen_twice_is_confirmed_since_its_first_look() -> None:
    decision = decide(looks("aabb"), "a", SETTINGS)
    assert decision.verdict is Verdict.CONFIRMED
    assert decision.first_seen == START + 2 * HOUR


def test_a_second_look_too_soon_confirms_nothing() -> None:
    assert verdict("aabb", "a", every=timedelta(minutes=3)) is Verdict.WAIT
    assert verdict("aabbbbbb", "a", every=timedelta(minutes=3)) is Verdict.CONFIRMED


def test_a_state_that_is_gone_at_the_second_look_is_withdrawn() -> None:
    assert verdict("aba", "a") is Verdict.WITHDRAWN
    assert verdict("abaa", "a") is Verdict.SAME


def test_another_new_state_begins_the_wait_again() -> None:
    assert verdict("abc", "a") is Verdict.WAIT
    assert verdict("abcc", "a") is Verdict.CONFIRMED


def test_a_page_that_goes_back_and_forth_flaps() -> None:
    assert verdict("ababa", "a") is Verdict.FLAPPING
    assert verdict("ababb", "a") is Verdict.CONFIRMED


def test_a_page_that_settled_flaps_no_more() -> None:
    assert verdict("ababa" + "b" * 170, "a") is Verdict.CONFIRMED


def test_one_look_is_enough_where_the_settings_say_so() -> None:
    assert verdict("ab", "a", ConfirmSettings(looks=1)) is Verdict.CONFIRMED


@given(st.text(alphabet="abc", min_size=1, max_size=30), st.sampled_from(["a", "b", None]))
def test_nothing_is_confirmed_that_was_not_seen_at_each_of_the_last_looks(states: str, told: str | None) -> None:
    if verdict(states, told) is Verdict.CONFIRMED and told is not None:
        assert states[-1] != told
        assert states[-2] == states[-1]
