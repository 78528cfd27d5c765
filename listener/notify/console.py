"""Console: plain lines on standard output, for a terminal or the journal. No colours, no time: the journal has one."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TextIO

from listener.errors import TemporaryDeliveryError
from listener.notify.digest import MARKS, digest, facts, merged, quoted, title_of
from listener.notify.plain import clean_line, link
from listener.types import Alert

QUOTE_LIMIT = 400
QUOTE_COLUMNS = 100


class ConsoleChannel:
    """Writes alerts to standard output."""

    MESSAGE_LIMIT = 500

    def __init__(self, name: str, stream: TextIO | None = None) -> None:
        """Write to a stream; None: to whatever is standard output at the time."""
        self.name = name
        self._stream = stream

    def render(self, alerts: Sequence[Alert], *, message_id: str, now: datetime) -> str:
        """Return the lines as they would be written."""
        shown = digest(merged(alerts), self.MESSAGE_LIMIT)
        lines = [line for group in shown.groups for alert in group.alerts for line in card(alert)]
        return "\n".join([*lines, shown.rest_line] if shown.rest else lines) + "\n"

    def send(self, alerts: Sequence[Alert], *, message_id: str, now: datetime, delivered: Collection[str] = ()) -> None:
        """Write the alerts; see `listener.types.Channel`. A stream that is closed or full is worth another try."""
        stream = self._stream or sys.stdout
        encoding = stream.encoding or "utf-8"
        text = self.render(alerts, message_id=message_id, now=now).encode(encoding, "replace").decode(encoding)
        try:
            stream.write(text)
            stream.flush()
        except (OSError, ValueError) as error:
            raise TemporaryDeliveryError(f"standard output can't be written to: {error}") from error


def card(alert: Alert) -> list[str]:
    """Show one alert in a few lines."""
    lines = [f"{MARKS[alert.tone]} {title_of(alert)}"]
    for quote in quoted(alert, QUOTE_LIMIT, lines=False).splitlines():
        lines += [f"    > {line}" for line in textwrap.wrap(quote, QUOTE_COLUMNS, break_on_hyphens=False)]
    address = link(alert.url)
    if address:
        lines.append(f"    {address}")
    told = "; ".join(f"{label}: {value}" for label, value in (*facts(alert), ("Rule", clean_line(alert.rule, 100))))
    lines.append(f"    {told}")
    return lines
