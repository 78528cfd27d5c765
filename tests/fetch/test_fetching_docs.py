"""docs/fetching.md tells every outcome, with the same advice as the command line, and every limit as it is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from listener.fetch import ADVICE, FetchSettings, politeness, robots
from listener.fetch.body import RATIO_LIMIT
from listener.fetch.wire import HEAD_LIMIT_BYTES
from listener.types import Outcome

TEXT = (Path(__file__).parents[2] / "docs" / "fetching.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_is_told_with_its_advice(outcome: Outcome) -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith(f"| `{outcome}` |")]
    assert len(rows) == 1
    _, _, meaning, advice, _ = (cell.strip() for cell in rows[0].split("|"))
    assert meaning.endswith(".")
    assert advice == ADVICE[outcome]


def test_the_limits_are_told_as_they_are() -> None:
    settings = FetchSettings(user_agent="listener")
    words = " ".join(TEXT.split())
    assert settings.gap == timedelta(seconds=2)
    assert "`gap` (2 s)" in words
    assert settings.retry_after_cap == timedelta(days=30)
    assert timedelta(seconds=10) == politeness.PATIENCE
    assert "waits up to 10 s" in words
    assert timedelta(seconds=60) == politeness.PATIENCE_WITHIN
    assert timedelta(minutes=5) == politeness.DEFER_LIMIT
    assert (timedelta(seconds=30), timedelta(hours=1)) == (politeness.BACKOFF_FIRST, politeness.BACKOFF_CAP)
    assert "for 30 s, doubling up to an hour" in words
    assert timedelta(hours=1) == robots.CRAWL_DELAY_CAP
    assert timedelta(hours=1) == robots.ROBOTS_RETRY
    assert timedelta(days=30) == robots.ROBOTS_PATIENCE
    assert HEAD_LIMIT_BYTES == 256 * 1024
    assert f"more than {RATIO_LIMIT} times" in words
