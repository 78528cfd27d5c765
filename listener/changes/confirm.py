"""Decides when a change is reported: at once, after confirmation, or never because the page flaps. Pure.

A/B tests, country versions and half-rendered pages show a page in alternating states. A change is reported if a later
poll still shows the new state; a page that keeps alternating is reported once as flapping.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

import msgspec


class Verdict(StrEnum):
    """What to do about a page after a poll."""

    #: Nothing differs from what was told last.
    SAME = "same"
    #: It differs; look again, not before `Decision.again_at`.
    WAIT = "wait"
    #: It differs, for good: tell the changes since the last told state.
    CONFIRMED = "confirmed"
    #: The change that waited is gone again.
    WITHDRAWN = "withdrawn"
    #: The page goes back and forth, or never rests: tell that once, and no changes while it lasts.
    FLAPPING = "flapping"


class ConfirmSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to confirm changes. `looks = 1` reports every change at once."""

    #: Looks in a row that must show the new state, the first one included.
    looks: int = 2
    #: Least time between the first look and the one that confirms.
    delay: timedelta = timedelta(minutes=10)
    #: So many returns to an earlier state within `flap_window` make a page flap.
    flap_returns: int = 3
    flap_window: timedelta = timedelta(days=7)
    #: So many looks in a row that each show another state than the one before make a page flap, too: something on it,
    #: such as a counter in a headline, differs each time, and no second look will ever confirm anything.
    restless_looks: int = 6


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One successful poll of a page: its time, and a digest of its facts. Polls in trouble are excluded."""

    at: datetime
    state: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on the latest poll."""

    verdict: Verdict
    #: With WAIT: when to look again.
    again_at: datetime | None = None
    #: With WAIT and CONFIRMED: when the new state was seen first.
    first_seen: datetime | None = None


def decide(looks: Sequence[Look], told: str | None, settings: ConfirmSettings) -> Decision:
    """Decide about the latest of `looks` (in order of time, never empty), given the last reported state.

    `told` is None for a new page, whose first state is accepted. A page flaps if it returned to an earlier state as
    often as the settings say within their window, until one state has lasted for the window. It also flaps while each
    look shows something different, until two looks agree.
    """
    newest = looks[-1]
    if told is None:
        return Decision(verdict=Verdict.CONFIRMED, first_seen=newest.at)
    run = _run(looks)
    recent = [look for look in looks if newest.at - look.at <= settings.flap_window]
    if settings.looks > 1 and (_returns(recent) >= settings.flap_returns or _restless(looks, settings.restless_looks)):
        return Decision(verdict=Verdict.FLAPPING, first_seen=run[0].at)
    if newest.state == told:
        waited = len(run) == 1 and len(looks) > 1
        return Decision(verdict=Verdict.WITHDRAWN if waited else Verdict.SAME)
    lasted = newest.at - run[0].at
    if len(run) >= settings.looks and (lasted >= settings.delay or settings.looks == 1):
        return Decision(verdict=Verdict.CONFIRMED, first_seen=run[0].at)
    return Decision(verdict=Verdict.WAIT, again_at=run[0].at + settings.delay, first_seen=run[0].at)


def _run(looks: Sequence[Look]) -> list[Look]:
    """Return the latest consecutive looks with the same state, in order of time."""
    run: list[Look] = []
    for look in reversed(looks):
        if run and look.state != run[-1].state:
            break
        run.append(look)
    return run[::-1]


def _restless(looks: Sequence[Look], count: int) -> bool:
    """Return whether each of the last `count` looks differs from the one before."""
    late = looks[-1 - count :]
    return len(late) > count and all(one.state != other.state for one, other in pairwise(late))


def _returns(looks: Sequence[Look]) -> int:
    """Return how often a state reappeared after being replaced."""
    seen: set[str] = set()
    returns = 0
    previous: str | None = None
    for look in looks:
        if look.state != previous:
            returns += look.state in seen
            seen.add(look.state)
            previous = look.state
    return returns
