"""When a change is told: at once, after a second look, or never because the page flaps. Pure: judges what was seen.

A/B tests, versions for other countries and half-rendered pages show a page in several states by turns. A change is told
when the new state is still there at a later look; a page that keeps going back and forth is told once as flapping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise


class Verdict(StrEnum):
    """What to do about a page after a look."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSettings:
    """How sure to be. `looks` of 1 tells every change at once."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a page: when, and a digest of the facts it showed. Looks in trouble are left out."""

    at: datetime
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict on the newest look."""

    verdict: Verdict
    #: With WAIT: when to look again.
    again_at: datetime | None = None
    #: With WAIT and CONFIRMED: when the new state was seen first.
    first_seen: datetime | None = None


def decide(looks: Sequence[Look], told: str | None, settings: ConfirmSettings) -> Decision:
    """Judge the newest of `looks` (in order of time, never empty) against the state that was told last.

    `told` is None for a page that was never told of: its first state is taken as it is. A page flaps when it returned
    to a state that it had left, as often as the settings say within their window; it stops when one state lasted that
    long. It flaps as well while each look shows something else, and that stops when two looks show the same.
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
    """Return the newest looks in a row that show one state, in order of time."""
    run: list[Look] = []
    for look in reversed(looks):
        if run and look.state != run[-1].state:
            break
        run.append(look)
    return run[::-1]


def _restless(looks: Sequence[Look], count: int) -> bool:
    """Say whether each of the last `count` looks shows another state than the one before it."""
    late = looks[-1 - count :]
    return len(late) > count and all(one.state != other.state for one, other in pairwise(late))


def _returns(looks: Sequence[Look]) -> int:
    """Return how often a state came back after another one had taken its place."""
    seen: set[str] = set()
    returns = 0
    previous: str | None = None
    for look in looks:
        if look.state != previous:
            returns += look.state in seen
            seen.add(look.state)
            previous = look.state
    return returns
