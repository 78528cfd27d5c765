"""Adapter: channels. Rendering is pure and apart from sending; a secret never reaches a log or an error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from listener.channels import ChannelSettings, ConsoleSettings, EmailSettings, SlackSettings, WebhookSettings
from listener.notify.batch import Dead, Retry, Sent, send_batch
from listener.types import Alert, Channel

__all__ = ["Dead", "RenderingChannel", "Retry", "Sent", "build", "sample_alert", "send_batch"]


class RenderingChannel(Channel, Protocol):
    """A channel that also shows what it would send."""

    def render(self, alerts: Sequence[Alert], *, message_id: str, now: datetime) -> str:
        """Return the message as it would be sent, without sending it."""
        ...


def build(name: str, settings: ChannelSettings, zone: ZoneInfo) -> RenderingChannel:
    """Return the channel for settings, whose libraries are imported only for this. Opens no connection.

    Raises PermanentDeliveryError for a certificate file that can't be read.
    """
    match settings:
        case EmailSettings():
            from listener.notify.mail import EmailChannel

            return EmailChannel(name, settings, zone)
        case SlackSettings():
            from listener.notify.slack import SlackChannel

            return SlackChannel(name, settings, zone)
        case WebhookSettings():
            from listener.notify.webhook import WebhookChannel

            return WebhookChannel(name, settings)
        case ConsoleSettings():
            from listener.notify.console import ConsoleChannel

            return ConsoleChannel(name)
    raise TypeError(f"no channel for {type(settings).__name__}")


def sample_alert(channel: str, now: datetime) -> Alert:
    """Return an alert that tries a channel out, with everything that an alert can have."""
    return Alert(
        key=f"test-{channel}-{now:%Y%m%d%H%M%S}",
        rule="test",
        on="mention",
        brand=None,
        source=None,
        created_at=now.astimezone(UTC),
        title=f"Test of the channel {channel}",
        quote="If you can read this, alerts of listener reach you here. “Quotes”, <tags>, emoji 🎧: as they are.",
        url="https://example.com/?q=test&n=1",
        facts=(("Channel", channel), ("Sent", f"{now:%Y-%m-%d %H:%M} UTC")),
    )
