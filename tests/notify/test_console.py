"""Alerts on standard output."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

import pytest

from listener.errors import TemporaryDeliveryError
from listener.notify.console import ConsoleChannel
from listener.types import Alert


def test_alerts_are_written_to_standard_output(
    alert: Callable[..., Alert], now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    ConsoleChannel("screen").send([alert()], message_id="x", now=now)
    written = capsys.readouterr().out
    assert written.startswith("! acme: complaint on hacker-news")
    assert written.endswith("Rule: angry\n")
    assert "\n\n" not in written


def test_a_terminal_without_unicode_gets_question_marks(alert: Callable[..., Alert], now: datetime) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    ConsoleChannel("screen", stream).send([alert()], message_id="x", now=now)
    assert b"leaving. ?" in raw.getvalue()


def test_a_closed_stream_makes_another_attempt(alert: Callable[..., Alert], now: datetime) -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(TemporaryDeliveryError, match="closed"):
        ConsoleChannel("screen", stream).send([alert()], message_id="x", now=now)


def test_a_flood_is_counted(alert: Callable[..., Alert], now: datetime) -> None:
    flood = [alert(key=str(number)) for number in range(510)]
    text = ConsoleChannel("screen").render(flood, message_id="x", now=now)
    assert text.endswith("and 10 more: listener alerts\n")
