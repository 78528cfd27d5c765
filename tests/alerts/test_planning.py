"""When messages go out: digests and quiet hours by the clock of a zone, and the pauses between attempts."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.alerts import RETRY_PAUSES, Planner, digest_time, next_attempt
from listener.alerts.planning import after_quiet, next_time
from listener.channels import ConsoleSettings
from listener.errors import PermanentDeliveryError, TemporaryDeliveryError
from listener.types import Alert

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def alert(*channels: str, send: str = "now") -> Alert:
    return Alert(
        key="k",
        rule="r",
        on="mention",
        brand=None,
        source=None,
        created_at=NOW,
        title="t",
        channels=channels,
        send=send,
    )


def planner(**channels: ConsoleSettings) -> Planner:
    return Planner(channels, BERLIN, flood_limit=3)


def minute(number: int) -> datetime:
    """Return one of the minutes from 2000 to 2039."""
    return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=number)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_now_is_now_on_every_channel_that_there_is() -> None:
    plan = planner(mail=ConsoleSettings(), slack=ConsoleSettings())
    assert plan.plan(alert("mail", "slack", "removed"), NOW) == {"mail": NOW, "slack": NOW}


def test_a_digest_waits_for_its_time_of_day_in_the_zone() -> None:
    plan = planner(mail=ConsoleSettings())
    assert plan.plan(alert("mail", send="07:00"), NOW) == {"mail": utc("2026-11-21T06:00")}
    assert plan.plan(alert("mail", send="11:00"), NOW) == {"mail": utc("2026-11-20T10:00")}
    assert plan.plan(alert("mail", send="10:30"), NOW) == {"mail": utc("2026-11-21T09:30")}


@pytest.mark.parametrize("send", ["", "7:00", "25:00", "07:60", "later", "07:00:00", "٠٧:00", "-1:00"])
def test_anything_else_is_no_time_of_day(send: str) -> None:
    with pytest.raises(ValueError, match=r"send|hour|minute"):
        digest_time(send)


@pytest.mark.parametrize(
    ("quiet", "wanted", "due"),
    [
        ("22:00-07:00", "2026-11-20T20:59", "2026-11-20T20:59"),
        ("22:00-07:00", "2026-11-20T21:00", "2026-11-21T06:00"),
        ("22:00-07:00", "2026-11-21T05:59", "2026-11-21T06:00"),
        ("22:00-07:00", "2026-11-21T06:00", "2026-11-21T06:00"),
        ("12:00-13:30", "2026-11-20T11:15", "2026-11-20T12:30"),
        ("12:00-13:30", "2026-11-20T12:30", "2026-11-20T12:30"),
        ("00:00-23:59", "2026-11-20T12:30", "2026-11-20T22:59"),
    ],
)
def test_quiet_hours_delay_to_their_end(quiet: str, wanted: str, due: str) -> None:
    plan = planner(mail=ConsoleSettings(quiet=quiet), slack=ConsoleSettings())
    assert plan.plan(alert("mail", "slack"), utc(wanted)) == {"mail": utc(due), "slack": utc(wanted)}


def test_a_digest_that_falls_into_quiet_hours_comes_at_their_end() -> None:
    plan = planner(mail=ConsoleSettings(quiet="22:00-07:00"))
    assert plan.plan(alert("mail", send="06:00"), NOW) == {"mail": utc("2026-11-21T06:00")}


def test_the_gap_between_messages_counts_from_the_last_one_and_ends_outside_quiet_hours() -> None:
    plan = planner(mail=ConsoleSettings(gap=timedelta(hours=1), quiet="11:00-12:00"))
    assert plan.earliest("mail", NOW) == NOW
    assert plan.earliest("mail", NOW, last_sent=NOW - timedelta(minutes=59)) == NOW + timedelta(minutes=1)
    assert plan.earliest("mail", NOW, last_sent=NOW - timedelta(minutes=1)) == utc("2026-11-20T11:00")
    assert plan.earliest("mail", NOW, last_sent=NOW - timedelta(hours=2)) == NOW
    assert plan.earliest("unknown", NOW, last_sent=NOW) == NOW


def test_a_flood_of_one_rule_is_collected_until_the_full_hour() -> None:
    plan = planner(mail=ConsoleSettings())
    due = [plan.plan(alert("mail"), NOW + timedelta(minutes=n), recent=n)["mail"] for n in range(6)]
    assert due[:3] == [NOW, NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)]
    assert set(due[3:]) == {utc("2026-11-20T10:00")}


def test_a_flood_in_a_digest_stays_in_the_digest() -> None:
    plan = planner(mail=ConsoleSettings())
    assert plan.plan(alert("mail", send="07:00"), NOW, recent=99) == {"mail": utc("2026-11-21T06:00")}
    assert plan.plan(alert("mail", send="10:40"), NOW, recent=99) == {"mail": utc("2026-11-20T09:40")}, "not at 10:00"


def test_a_time_that_clocks_skip_in_spring_comes_that_much_later() -> None:
    assert next_time(time(2, 30), BERLIN, utc("2027-03-27T12:00")) == utc("2027-03-28T01:30")
    assert next_time(time(2, 30), BERLIN, utc("2027-03-28T01:30")) == utc("2027-03-29T00:30")


def test_a_time_that_comes_twice_in_autumn_counts_once() -> None:
    first = next_time(time(2, 30), BERLIN, utc("2026-10-24T12:00"))
    assert first == utc("2026-10-25T00:30")
    assert next_time(time(2, 30), BERLIN, first) == utc("2026-10-26T01:30")


@given(
    st.integers(0, 21_000_000).map(minute),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]
    ),
)
def test_a_digest_comes_after_now_and_within_two_days(now: datetime, at: time, zone: str) -> None:
    due = next_time(at, ZoneInfo(zone), now)
    assert now < due <= now + timedelta(hours=49)
    assert due.utcoffset() == timedelta(0)
    local = due.astimezone(ZoneInfo(zone))
    shown = local.hour * 60 + local.minute - at.hour * 60 - at.minute
    assert shown % 1440 in (0, 30, 60)


@given(st.integers(0, 21_000_000).map(minute), st.integers(0, 1439), st.integers(1, 1439))
def test_quiet_hours_end_in_time_and_for_good(now: datetime, start: int, length: int) -> None:
    end = (start + length) % 1440
    quiet = f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    due = after_quiet(quiet, BERLIN, now)
    assert now <= due <= now + timedelta(minutes=length + 60)
    assert after_quiet(quiet, BERLIN, due) == due


def test_quiet_hours_that_end_within_the_hour_that_comes_twice_end_the_same_night() -> None:
    second_ten_past_two = utc("2026-10-25T01:10")
    assert after_quiet("22:00-02:30", BERLIN, second_ten_past_two) == utc("2026-10-25T01:30")


def test_quiet_hours_that_end_within_the_hour_that_is_skipped_end_after_it() -> None:
    assert after_quiet("22:00-02:30", BERLIN, utc("2027-03-28T00:10")) == utc("2027-03-28T01:30")


def test_pauses_grow_to_a_day_and_then_the_delivery_is_dead() -> None:
    error = TemporaryDeliveryError("busy")
    now, attempts = NOW, 0
    pauses = []
    while (again := next_attempt(attempts + 1, error, now, key="m")) is not None:
        attempts += 1
        pauses.append(again - now)
        now = again
    assert len(pauses) == len(RETRY_PAUSES)
    for pause, least in zip(pauses, RETRY_PAUSES, strict=True):
        assert least <= pause <= least * 1.1
    assert timedelta(hours=46) < now - NOW < timedelta(hours=52)


def test_a_permanent_error_is_not_tried_again() -> None:
    assert next_attempt(1, PermanentDeliveryError("no such hook"), NOW) is None


def test_a_service_may_ask_for_a_longer_pause_but_not_for_a_shorter_or_an_endless_one() -> None:
    def pause(wish: timedelta) -> timedelta:
        again = next_attempt(2, TemporaryDeliveryError("429", retry_after=wish), NOW)
        assert again is not None
        return again - NOW

    assert pause(timedelta(seconds=1)) >= timedelta(minutes=5)
    assert pause(timedelta(minutes=30)) >= timedelta(minutes=30)
    assert pause(timedelta(days=400)) <= timedelta(hours=27)


def test_messages_that_failed_together_do_not_come_back_together() -> None:
    error = TemporaryDeliveryError("busy")
    moments = {next_attempt(1, error, NOW, key=f"message {number}") for number in range(50)}
    assert len(moments) > 40
    assert next_attempt(1, error, NOW, key="a") == next_attempt(1, error, NOW, key="a")
