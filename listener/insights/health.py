"""Source health in words: state, yield, and anything suspicious, each with a suggested fix. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from listener.lazy import LazyModule
from listener.types import HostState, Outcome, SourceState

if TYPE_CHECKING:
    from listener.pages import notices
else:
    notices = LazyModule("listener.pages.notices")

#: How far back a source's yield is looked at.
WINDOW: Final = timedelta(days=14)
#: Items that were all nobody's mention, before that is odd.
UNMATCHED_ITEMS: Final = 50
#: A source is quiet after this, or after this many times its usual gap between two items, whichever is longer.
QUIET_AFTER: Final = timedelta(days=7)
QUIET_GAPS: Final = 5
#: An item that was published this long before it came as new is old; one source's history comes in a poll or two.
OLD_AFTER: Final = timedelta(days=30)
OLD_POLLS: Final = 3
#: Share of the new items that repeat the title of another one, before that is odd, and least number of them.
REPEATED_SHARE: Final = 0.5
REPEATED_ITEMS: Final = 10

#: What a source answers, by how its last poll ended. Those not named here are told as they are.
_ANSWERS: Final[dict[Outcome, str]] = {
    Outcome.OK: "ok",
    Outcome.NOT_MODIFIED: "ok, nothing new",
    Outcome.ROBOTS: "blocked by robots.txt",
    Outcome.ADDRESS: "address refused",
    Outcome.DNS: "no such host",
    Outcome.CONNECT: "no connection",
    Outcome.TLS: "untrusted certificate",
    Outcome.TIMEOUT: "timeout",
    Outcome.PROTOCOL: "incomplete response",
    Outcome.TOO_LARGE: "response too large",
    Outcome.BOMB: "decompression bomb",
    Outcome.REDIRECTS: "redirect loop",
    Outcome.NOT_FOUND: "404 not found",
    Outcome.GONE: "410 gone, stopped",
    Outcome.RATE_LIMITED: "429",
    Outcome.UNAUTHORIZED: "401 login required",
    Outcome.FORBIDDEN: "403 forbidden",
    Outcome.CLIENT_ERROR: "request rejected",
    Outcome.SERVER_ERROR: "server error",
    Outcome.PARSE: "unexpected content",
    Outcome.BLOCKED: "captcha or error page",
    Outcome.RENDER: "rendering failed",
    Outcome.ERROR: "internal error",
}
_LOGIN = re.compile(
    r"\b(?:log[ -]?in|sign[ -]?in|anmelden|einloggen|connexion|iniciar sesi[oó]n|accedi)\b", re.IGNORECASE
)
_STATUS = re.compile(r" answers (\d{3})\b")


class Yield(msgspec.Struct, frozen=True, kw_only=True):
    """What one source brought within `WINDOW`."""

    #: New items, and how many of them became a mention of anybody.
    items: int = 0
    matched: int = 0
    #: Polls that brought items published long before, and the number of those items.
    old_polls: int = 0
    old_items: int = 0
    #: New items with the title of another new one.
    repeated: int = 0
    #: It is a page: versions of it are kept, so it needs no items.
    page: bool = False


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one source, for people."""

    #: What it answers now: "ok", "429 until 14:05", "no items for 12 days".
    answers: str
    #: The last poll failed, or the source is stopped.
    failing: bool
    items_a_day: float | None
    matched_a_day: float | None
    #: Where it has moved for good.
    moved_to: str | None
    #: Oddities, each with the fix to try: (what, fix).
    notes: tuple[tuple[str, str], ...]


def health_of(
    state: SourceState, brought: Yield, *, url: str, added_at: datetime, host: HostState | None, now: datetime
) -> Health:
    """Tell how a source does. `host` is what is remembered of the one that its URL names; None: nothing."""
    failing = state.stopped or state.failures > 0
    days = min(now - added_at, WINDOW) / timedelta(days=1)
    known = state.last_poll_at is not None and days > 0
    moved = moved_to(state, url)
    return Health(
        answers=_answers(state, host, brought, added_at, now),
        failing=failing,
        items_a_day=brought.items / max(days, 1.0) if known else None,
        matched_a_day=brought.matched / max(days, 1.0) if known else None,
        moved_to=moved,
        notes=tuple(_notes(state, brought, moved, added_at, now)),
    )


def moved_to(state: SourceState, url: str) -> str | None:
    """Return where permanent redirects of the source's URL lead; None where it hasn't moved."""
    found = state.validators.get(url)
    there = None if found is None else found.moved_to
    return there if there is not None and there != url else None


def _answers(state: SourceState, host: HostState | None, brought: Yield, added_at: datetime, now: datetime) -> str:
    if state.outcome is None:
        return "not polled yet"
    if state.failures == 0 and not state.stopped:
        quiet = _quiet(state, brought, added_at, now)
        if quiet is not None:
            return quiet
        return _ANSWERS.get(state.outcome, state.outcome.value)
    words = _ANSWERS.get(state.outcome, state.outcome.value)
    if is_login(state):
        words = "login page"
    elif state.outcome is Outcome.BLOCKED:
        words = notices.short(state.detail) or words
    elif state.outcome in (Outcome.SERVER_ERROR, Outcome.CLIENT_ERROR, Outcome.FORBIDDEN):
        status = _STATUS.search(state.detail)
        words = f"{status[1]} {words.removeprefix('403 ')}" if status else words
    until = host.not_before if host is not None and host.not_before is not None else None
    if until is None and state.outcome is Outcome.RATE_LIMITED:
        until = state.due_at
    if until is not None and until > now and not state.stopped:
        return f"{words} until {clock_time(until, now)}"
    if state.failures > 1 and state.failing_since is not None:
        return f"{words} since {clock_time(state.failing_since, now)}"
    return words


def is_login(state: SourceState) -> bool:
    """Whether what came, or where the way led, looks like a page to log in at."""
    return state.outcome in (Outcome.PARSE, Outcome.BLOCKED, Outcome.REDIRECTS) and bool(_LOGIN.search(state.detail))


def _quiet(state: SourceState, brought: Yield, added_at: datetime, now: datetime) -> str | None:
    """Say that a source which works has brought nothing for long; None where that is as usual."""
    if brought.page:
        return None
    if state.last_item_at is None:
        waited = now - added_at
        return "no items yet" if waited > QUIET_AFTER else None
    quiet = now - state.last_item_at
    usual = (state.rhythm or timedelta(0)) * QUIET_GAPS
    return f"no items for {quiet.days} days" if quiet > max(QUIET_AFTER, usual) else None


def _notes(
    state: SourceState, brought: Yield, moved: str | None, added_at: datetime, now: datetime
) -> list[tuple[str, str]]:
    notes = []
    if moved is not None:
        where = "a page to log in at" if _LOGIN.search(moved.replace("_", "-")) else moved
        notes.append((f"moved to {where}", f'Requests follow the redirect. Set url = "{moved}" in the settings.'))
    if _quiet(state, brought, added_at, now) is not None and not state.failures:
        notes.append(
            (
                "it answers, but has no new items",
                "Open it in a browser: it may have moved, or be inactive.",
            )
        )
    if state.outcome is Outcome.OK and state.detail:
        notes.append(("its last response was not read completely", state.detail))
    if brought.items >= UNMATCHED_ITEMS and brought.matched == 0:
        notes.append(
            (
                f"{brought.items:,} items in {WINDOW.days} days, and none matched a brand",
                "Check its items with `listener try` and the query with `listener query`; "
                "or use a source closer to the brand.",
            )
        )
    if brought.old_polls >= OLD_POLLS:
        notes.append(
            (
                f"{brought.old_items:,} items appeared as new but are older than {OLD_AFTER.days} days",
                "It republishes old items with new ids, or treats edits as publications. "
                "They count at their own dates; look for another feed of the same site.",
            )
        )
    if brought.repeated >= REPEATED_ITEMS and brought.repeated >= brought.items * REPEATED_SHARE:
        notes.append(
            (
                f"{brought.repeated:,} of {brought.items:,} new items repeat a title",
                "It changes the ids of its items, or gives them all one title. Compare two with `listener try`.",
            )
        )
    return notes


def clock_time(moment: datetime, now: datetime) -> str:
    """Return a moment as people say it beside `now`, in the zone of `now`: "14:05", or with its day."""
    local = moment.astimezone(now.tzinfo)
    return f"{local:%H:%M}" if abs(moment - now) < timedelta(hours=20) else f"{local:%Y-%m-%d %H:%M}"
