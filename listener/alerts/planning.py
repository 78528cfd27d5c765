"""Delivery times: at once, with a digest, after quiet hours, and retries after a failure.

Nothing here decides whether something is worth an alert: quiet hours and digests delay delivery, never evaluation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from listener.channels import ChannelSettings, quiet_window
from listener.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError
from listener.types import Alert

#: Pauses after the first, second, ... failed attempt. With the last one failed, some 47 hours after the first, a
#: delivery is dead: long enough for a weekend's night or an expired certificate, short enough to still be news.
RETRY_PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
#: Added to a pause by chance, as a part of it: many that failed together don't come back together.
JITTER = 0.1
#: No service makes us wait longer than this.
RETRY_AFTER_LIMIT = timedelta(hours=24)
#: New alerts wait for a channel in trouble no longer than the last of these after its first, second, ... failure in a
#: row, unless the service asks for more: a server that is back is found within a quarter of an hour.
CHANNEL_PAUSES = RETRY_PAUSES[:3]
#: More alerts of one rule within an hour are collected until the next full hour, and told in one message.
FLOOD_LIMIT = 30
FLOOD_WINDOW = timedelta(hours=1)


class Planner:
    """Plans deliveries by the settings of the channels."""

    def __init__(
        self, channels: Mapping[str, ChannelSettings], zone: ZoneInfo, *, flood_limit: int = FLOOD_LIMIT
    ) -> None:
        """Take the channels by name and the time zone of digests and quiet hours."""
        self._channels = channels
        self._zone = zone
        self._flood_limit = flood_limit

    def plan(self, alert: Alert, now: datetime, *, recent: int = 0) -> dict[str, datetime]:
        """Return when an alert is due on each of its channels; a channel that is no longer in the settings has none.

        `recent` is how many alerts the same rule has made within `FLOOD_WINDOW` before this one.
        """
        wanted = digest_due(alert.send, self._zone, now)
        if alert.send == "now" and recent >= self._flood_limit:  # a digest collects them anyway
            wanted = max(wanted, next_hour(now))
        return {name: self.earliest(name, wanted) for name in alert.channels if name in self._channels}

    def earliest(self, channel: str, wanted: datetime, *, last_sent: datetime | None = None) -> datetime:
        """Return the first moment from `wanted` on at which a channel may be used.

        `last_sent` is when it was last used: the least gap between two messages counts from there. A channel that the
        settings don't know has no quiet hours and no gap.
        """
        settings = self._channels.get(channel)
        if settings is None:
            return wanted
        if last_sent is not None:
            wanted = max(wanted, last_sent + settings.gap)
        return after_quiet(settings.quiet, self._zone, wanted)


def digest_due(send: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return `now` for "now", or the next time that it is "07:00" or so in a zone. Raises ValueError for the rest."""
    return now if send == "now" else next_time(digest_time(send), zone, now)


def digest_time(send: str) -> time:
    """Read the time of day of a digest, "07:00". Raises ValueError."""
    hours, separator, minutes = send.partition(":")
    if separator and len(hours) == 2 and len(minutes) == 2 and send.isascii() and (hours + minutes).isdigit():
        return time(int(hours), int(minutes))
    raise ValueError('send: expected "now" or a time of day such as "07:00"')


def next_time(at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the next moment after `now` at which clocks in a zone show a time of day.

    A time that clocks skip in spring counts from the offset before, so it comes that much later by the clock; of a
    time that comes twice in autumn the first counts.
    """
    today = now.astimezone(zone).date()
    moments = (datetime.combine(today + timedelta(days=days), at, zone).astimezone(UTC) for days in range(-1, 3))
    return next(moment for moment in moments if moment > now)


def after_quiet(quiet: str, zone: ZoneInfo, wanted: datetime) -> datetime:
    """Return `wanted`, or the end of the quiet hours that it falls into.

    Of an end that comes twice in autumn both count: the one that the quiet hours run into is taken.
    """
    if not quiet:
        return wanted
    start, end = quiet_window(quiet)

    def within(moment: datetime) -> bool:
        local = moment.astimezone(zone).time()
        return start <= local < end if start < end else local >= start or local < end

    if not within(wanted):
        return wanted
    today = wanted.astimezone(zone).date()
    ends = sorted(
        datetime.combine(today + timedelta(days=days), end.replace(fold=fold), zone).astimezone(UTC)
        for days in range(3)
        for fold in (0, 1)
    )
    return next(moment for moment in ends if moment > wanted and not within(moment))


def next_hour(now: datetime) -> datetime:
    """Return the next full hour."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def next_attempt(attempts: int, error: DeliveryError, now: datetime, *, key: str = "") -> datetime | None:
    """Return when to try again after the `attempts`-th attempt failed; None: never, the delivery is dead.

    Waits at least as long as the service asked, up to `RETRY_AFTER_LIMIT`. `key` names the message and decides its
    jitter: the same one always gets the same.
    """
    if isinstance(error, PermanentDeliveryError) or not 1 <= attempts <= len(RETRY_PAUSES):
        return None
    pause = RETRY_PAUSES[attempts - 1]
    if isinstance(error, TemporaryDeliveryError) and error.retry_after is not None:
        pause = max(pause, min(error.retry_after, RETRY_AFTER_LIMIT))
    return now + pause * jitter(key, attempts)


def channel_pause(failures: int, error: TemporaryDeliveryError, now: datetime, *, key: str) -> datetime:
    """Return until when a channel is left alone that has failed `failures` times in a row, by whatever messages.

    `key` names the channel and decides the jitter.
    """
    pause = CHANNEL_PAUSES[min(max(failures, 1), len(CHANNEL_PAUSES)) - 1]
    if error.retry_after is not None:
        pause = max(pause, min(error.retry_after, RETRY_AFTER_LIMIT))
    return now + pause * jitter(key, failures)


def jitter(key: str, attempts: int) -> float:
    """Return a factor from 1 to 1 + `JITTER`, the same for the same arguments."""
    digest = hashlib.sha256(f"{key}\n{attempts}".encode()).digest()
    return 1 + JITTER * int.from_bytes(digest[:4], "big") / 2**32
