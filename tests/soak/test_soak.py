"""Four simulated days of a web that misbehaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak import soak
from benchmarks.soak_web import GAP_SECONDS, Site, hosts


@pytest.mark.timeout(120)
@pytest.mark.allow_hosts(hosts(10))
def test_nobody_is_asked_too_soon_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    report = soak(tmp_path, sources=20, host_count=10, days=4)
    assert report.polls > 40
    assert report.expected > 0
    assert report.right(), report


def test_the_book_notices_a_visitor_who_comes_too_soon() -> None:
    now = 0.0
    site = Site(lambda: now, 1)
    site.answer(hosts(1)[0], "/robots.txt", "")
    now += GAP_SECONDS
    site.answer(hosts(1)[0], "/feed/0", "")
    assert site.book.too_soon == 0
    now += GAP_SECONDS / 2
    site.answer(hosts(1)[0], "/feed/0", "")
    assert site.book.too_soon == 1


def test_the_book_notices_a_visitor_inside_a_retry_after() -> None:
    now = 3.1 * 86_400
    site = Site(lambda: now, 2)
    limited = hosts(2)[1]
    answer = site.answer(limited, "/feed/1", "")
    assert answer is not None
    assert b"429" in answer[0]
    now += 600
    site.answer(limited, "/feed/1", "")
    assert site.book.inside_retry_after == 1
