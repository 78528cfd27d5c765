"""Sends a batch of deliveries as one message, and determines each result. Reads no clock and no database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from listener.alerts import next_attempt
from listener.errors import DeliveryError, MessageDeferred, MessageRefused, TemporaryDeliveryError
from listener.types import Channel, Delivery

#: Refusals without a message that is taken, after which it isn't the messages that the service objects to. Halving 500
#: alerts down to the one at fault takes nine.
REFUSALS_LIMIT = 12


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that failed and is to be tried again."""

    id: int
    at: datetime
    error: str
    #: Receivers who have it, whom the next attempt leaves out.
    delivered_to: tuple[str, ...] = ()


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that failed for good."""

    id: int
    error: str


class Partly(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that some receivers have and others never get: the server refuses their addresses."""

    id: int
    error: str


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch: each delivery is in just one of the four."""

    #: Ids of deliveries.
    sent: tuple[int, ...] = ()
    #: Sent as well, though not to all receivers.
    partly: tuple[Partly, ...] = ()
    retry: tuple[Retry, ...] = ()
    dead: tuple[Dead, ...] = ()
    #: What is wrong with the channel itself, whatever else is due on it.
    trouble: TemporaryDeliveryError | None = None

    @property
    def error(self) -> str:
        """The first error, if there was one."""
        return next((failed.error for group in (self.retry, self.dead, self.partly) for failed in group), "")


class Progress(msgspec.Struct, kw_only=True):
    """What has become of deliveries while a batch is being sent."""

    now: datetime
    sent: list[int] = msgspec.field(default_factory=list)
    partly: list[Partly] = msgspec.field(default_factory=list)
    retry: list[Retry] = msgspec.field(default_factory=list)
    dead: list[Dead] = msgspec.field(default_factory=list)
    trouble: TemporaryDeliveryError | None = None

    def fail(self, deliveries: Sequence[Delivery], error: DeliveryError) -> None:
        """Note a failure: another attempt, or the end."""
        for delivery in deliveries:
            at = next_attempt(delivery.attempts + 1, error, self.now, key=delivery.alert.key + delivery.channel)
            if at is None:
                self.dead.append(Dead(id=delivery.id, error=str(error)))
            else:
                have = error.delivered if isinstance(error, MessageDeferred) else delivery.delivered_to
                self.retry.append(Retry(id=delivery.id, at=at, error=str(error), delivered_to=have))
        if isinstance(error, TemporaryDeliveryError) and not isinstance(error, MessageDeferred):
            self.trouble = error


def send_batch(channel: Channel, deliveries: Sequence[Delivery], now: datetime) -> Sent:
    """Send deliveries of one channel as one message, or as several where some receivers have a part of them.

    A message that the service refuses for what it holds is halved until what it objects to is alone: the rest goes out
    and that one alert is dead. One that it puts off for itself alone waits by itself. Any other failure ends the batch,
    and what is left of it fails in the same way. Where everything is refused the rest is tried again later: it is the
    service that is at fault.
    """
    progress = Progress(now=now)
    refusals = 0
    parts = parted(deliveries)
    while parts:
        part = parts.pop(0)
        try:
            refused = channel.send(
                [one.alert for one in part],
                message_id=message_identity(channel.name, part),
                now=now,
                delivered=part[0].delivered_to,
            )
        except MessageRefused as error:
            refusals += 1
            if len(part) == 1:
                progress.fail(part, error)
            elif refusals >= REFUSALS_LIMIT and not (progress.sent or progress.partly):
                rest = [*part, *(one for other in parts for one in other)]
                progress.fail(rest, TemporaryDeliveryError(f"every message is refused: {error}"))
                break
            else:
                middle = len(part) // 2
                parts[:0] = [part[:middle], part[middle:]]
        except MessageDeferred as error:
            progress.fail(part, error)
        except DeliveryError as error:
            progress.fail([*part, *(one for other in parts for one in other)], error)
            break
        else:
            if refused is None:
                progress.sent.extend(one.id for one in part)
            else:
                progress.partly.extend(Partly(id=one.id, error=refused) for one in part)
    return Sent(
        sent=tuple(progress.sent),
        partly=tuple(progress.partly),
        retry=tuple(progress.retry),
        dead=tuple(progress.dead),
        trouble=progress.trouble,
    )


def parted(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """Group deliveries by who has them already: all of a message go to the same receivers."""
    parts: dict[frozenset[str], list[Delivery]] = {}
    for delivery in deliveries:
        parts.setdefault(frozenset(delivery.delivered_to), []).append(delivery)
    return list(parts.values())


def message_identity(channel: str, deliveries: Sequence[Delivery]) -> str:
    """Return the id of a message: the same for the same alerts on the same channel, in any order."""
    keys = sorted(one.alert.key for one in deliveries)
    return hashlib.sha256("\n".join([channel, *keys]).encode("utf-8", "replace")).hexdigest()[:32]
