"""Watches a page over time: which state a poll showed, and which changes to report. Pure.

A state of a page is named by the hash of the first bytes that showed it; other bytes with the same facts are the same
state. Both sides of a comparison are read by today's scraper from stored bytes, so that an upgrade of the program never
looks like a change of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from listener.changes.compare import changes_between
from listener.changes.confirm import ConfirmSettings, Look, Verdict, decide
from listener.facts import Change, PageFacts

#: A page that said so much and says nothing of it any more hasn't changed its mind: something else stands there.
PLANS_MISSED, QUESTIONS_MISSED = 2, 3
#: Looks that are remembered of a page; those between the first and the last of a long run are not needed.
LOOKS_LIMIT = 60


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a page came to."""

    verdict: Verdict
    #: What to remember, JSON-able.
    page_state: Mapping[str, Any]
    #: With CONFIRMED: what to tell, and since when it is so.
    changes: tuple[Change, ...] = ()
    first_seen: datetime | None = None
    #: With WAIT: when to look again.
    again_at: datetime | None = None
    #: The hash of stored bytes that show the page as it was last told.
    told: str | None = None
    #: What the page says as far as it is told; None where nothing was read, or a change waits.
    facts: PageFacts | None = None
    #: When the page was last seen as it was told, where it still is and nothing was read.
    stood_at: datetime | None = None
    #: The page has begun to flap with this look.
    flaps: bool = False
    #: The bytes of this look stand for a state that no stored bytes show for certain.
    keep: bool = False
    #: A state of a page that never rests, whose bytes nothing will be compared with any more.
    drop: str | None = None
    #: The look shows nothing of what the page was told to say: no look at all, and the page is in trouble.
    gone: bool = False


def states_of(page_state: Mapping[str, Any]) -> set[str]:
    """Return the hashes of the stored bytes that the next look is compared with."""
    looks = page_state.get("looks", ())
    return {state for state in (page_state.get("told"), looks[-1][1] if looks else None) if state is not None}


def waiting_since(page_state: Mapping[str, Any]) -> datetime | None:
    """Return since when a page has shown something that waits for another look; None where nothing waits."""
    looks, told = page_state.get("looks", ()), page_state.get("told")
    if not looks or looks[-1][1] == told or page_state.get("flapping"):
        return None
    since: str = looks[-1][0]
    for at, state in reversed(looks):
        if state != looks[-1][1]:
            break
        since = at
    return datetime.fromisoformat(since)


def stood_at(page_state: Mapping[str, Any]) -> datetime | None:
    """Return when a page was last seen in its reported version; None for a page that was never polled."""
    told = page_state.get("told")
    last = next((at for at, state in reversed(page_state.get("looks", ())) if state == told), None)
    return None if last is None else datetime.fromisoformat(last)


def accepting(page_state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a page's memory with a person's word that what it said is gone for good.

    Looks that show nothing of it are looks again, confirmed and told like any other, until one of them was told or the
    page says something.
    """
    return {**page_state, "accepted": True}


def watch(
    page_state: Mapping[str, Any],
    body_hash: str | None,
    facts: PageFacts | None,
    read: Callable[[str], PageFacts | None],
    settings: ConfirmSettings,
    now: datetime,
) -> Watched:
    """Judge a look at a page.

    `body_hash` and `facts` are None where the server said that nothing has changed. `read` returns the facts of stored
    bytes by their hash, None where they are gone or can't be read any more: the page is then taken as it is.
    """
    looks = [Look(at=datetime.fromisoformat(at), state=state) for at, state in page_state.get("looks", ())]
    told: str | None = page_state.get("told")
    silent = facts is not None and not (facts.plans or facts.questions)
    accepted = bool(page_state.get("accepted"))
    if silent and not accepted and told is not None and _says_much(read(told)):
        return Watched(verdict=Verdict.SAME, page_state=page_state, gone=True)
    if facts is None or body_hash is None:
        if not looks:
            return Watched(verdict=Verdict.SAME, page_state=page_state)
        state = looks[-1].state
        stood_at = looks[-1].at if state == told else None
    else:
        stood_at = None
        state = _state_of(body_hash, facts, [told, looks[-1].state if looks else None], read)
    accepted = accepted and (silent or facts is None)
    last = looks[-1].state if looks else None
    keep = state not in (told, last)
    looks = _shortened([*looks, Look(at=now, state=state)], settings.looks)
    decision = decide(looks, told, settings)
    flapping = decision.verdict is Verdict.FLAPPING
    changes: tuple[Change, ...] = ()
    if decision.verdict is Verdict.CONFIRMED:
        before = read(told) if told is not None else None
        facts = facts if facts is not None else read(state)
        changes = changes_between(before, facts) if before is not None and facts is not None else ()
        told = state
    return Watched(
        verdict=decision.verdict,
        page_state={
            "told": told,
            "looks": [[look.at.isoformat(), look.state] for look in looks],
            "flapping": flapping,
            **({"accepted": True} if accepted and decision.verdict is not Verdict.CONFIRMED else {}),
        },
        changes=changes,
        first_seen=decision.first_seen,
        again_at=decision.again_at,
        told=told,
        facts=facts if state == told else None,
        stood_at=stood_at,
        flaps=flapping and not page_state.get("flapping", False),
        keep=keep,
        drop=last if flapping and keep and last != told else None,
    )


def _says_much(facts: PageFacts | None) -> bool:
    """Whether a page has several plans or questions."""
    return facts is not None and (len(facts.plans) >= PLANS_MISSED or len(facts.questions) >= QUESTIONS_MISSED)


def _state_of(
    body_hash: str, facts: PageFacts, known: Sequence[str | None], read: Callable[[str], PageFacts | None]
) -> str:
    """Return the known state that has the same facts, or a new one named after these bytes."""
    for state in dict.fromkeys(known):
        if state == body_hash:
            return body_hash
        if state is not None:
            before = read(state)
            if before is not None and not changes_between(before, facts):
                return state
    return body_hash


def _shortened(looks: list[Look], enough: int) -> list[Look]:
    """Leave out looks from the middle of a run that showed one state all along, and the oldest."""
    run = 0
    while run < len(looks) and looks[-1 - run].state == looks[-1].state:
        run += 1
    keep = max(enough, 2)
    if run > keep:
        del looks[-2]
    return looks[-LOOKS_LIMIT:]
