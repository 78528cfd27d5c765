"""A daemon that is killed at random moments loses nothing and repeats nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import kill


@pytest.mark.timeout(170)
def test_ten_kills_lose_no_item_no_mention_no_trend_and_no_alert(tmp_path: Path) -> None:
    report = kill.run(10, tmp_path, seed=7, longest=2.0, growth=1.5)
    assert report.kills_at_work >= 3
    assert report.alerts_expected >= 8
    assert report.right(), report
