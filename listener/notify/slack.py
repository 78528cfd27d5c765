"""Slack: handing a message over to an incoming webhook."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from listener.channels import SlackSettings
from listener.errors import DeliveryError, MessageRefused, PermanentDeliveryError, TemporaryDeliveryError
from listener.notify.post import Answer, Poster, retry_after
from listener.notify.slack_message import ALERTS_LIMIT, slack_message
from listener.types import Alert

#: Slack's own words, such as `invalid_payload`. Anything else that came back might quote the address.
ERROR_NAME = re.compile(rb"\s*([a-z][a-z_]{2,60})\s*")
#: About the message; every other refusal is about the webhook or its channel.
ABOUT_THE_MESSAGE = frozenset({400, 413, 422})
TEMPORARY = frozenset({408, 425, 429})


class SlackChannel:
    """Sends to a Slack incoming webhook, or to a service that takes the same messages."""

    MESSAGE_LIMIT = ALERTS_LIMIT

    def __init__(self, name: str, settings: SlackSettings, zone: ZoneInfo) -> None:
        """Take the settings and the zone in which times are shown. Connects only to send."""
        self.name = name
        self._poster = Poster(settings.url, timeout=settings.timeout, ca_file=settings.ca_file)
        self._zone = zone

    def render(self, alerts: Sequence[Alert], *, message_id: str, now: datetime) -> str:
        """Return the message as it would be sent."""
        return slack_message(alerts, self._zone).decode()

    def send(self, alerts: Sequence[Alert], *, message_id: str, now: datetime, delivered: Collection[str] = ()) -> None:
        """Send one message; see `listener.types.Channel`. Slack knows no message ids: a repetition shows twice."""
        answer = self._poster.post(
            slack_message(alerts, self._zone), {"Content-Type": "application/json; charset=utf-8"}
        )
        error = slack_error(answer, now)
        if error is not None:
            raise error


def slack_error(answer: Answer, now: datetime) -> DeliveryError | None:
    """Read an answer; None for a message that was taken.

    https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks lists what Slack may say.
    """
    name = ERROR_NAME.fullmatch(answer.body)
    said = f"Slack said {answer.status} {name[1].decode() if name else ''}".rstrip()
    if 200 <= answer.status < 300:
        # A captive portal or a proxy answers everything with a page of its own.
        return TemporaryDeliveryError(f"{said} with a web page") if answer.body.lstrip()[:1] == b"<" else None
    if answer.status in TEMPORARY or answer.status >= 500:
        return TemporaryDeliveryError(said, retry_after=retry_after(answer.retry_after, now))
    if answer.status in ABOUT_THE_MESSAGE:
        return MessageRefused(said)
    return PermanentDeliveryError(said)
