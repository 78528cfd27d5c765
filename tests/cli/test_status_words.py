"""What `listener status` says of deliveries that wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from listener.cli.status import since_due

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_a_digest_that_is_not_due_yet_has_not_waited_for_a_negative_time() -> None:
    assert since_due(NOW - timedelta(minutes=5), NOW) == "the oldest for 5 min"
    assert since_due(NOW + timedelta(hours=2), NOW) == "the first due in 2 h"
