"""Weeks of polling a web that misbehaves, in simulated time: is it polite, and is anything lost or doubled?

`python -m benchmarks.soak [--sources 2000] [--hosts 500] [--days 30]` prints the figures of docs/reliability.md.
The whole program runs but its clock: settings, scheduling, fetching by real sockets, reading, storing. Waiting for a
host's turn moves the clock instead of taking time.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.soak_web import (
    DAY,
    EPISODES,
    GOES,
    START,
    SharedClock,
    host_kind_of,
    hosts,
    kind_of,
    period_of,
    published,
)
from listener import config
from listener.app import App, OptionsOf
from listener.pipeline import PollResult

ROOT = Path(__file__).resolve().parent.parent
#: The daemon's tick is a second; here the clock jumps from one crowd of due sources to the next.
STEP_SECONDS = 300.0
#: Items published so shortly before the end may still be on their way.
MARGIN_SECONDS = 2.5 * DAY
TITLE = re.compile(r"Report (\d+) of place (\d+)")
SETTINGS = """\
[listener]
database = "soak.db"
contact = "https://example.com/soak"
workers = 4

[fetch]
allow_networks = ["127.0.0.0/8"]
read_timeout = "1s"
total_timeout = "3s"
every = "18h"
min_every = "12h"
max_every = "24h"

[retention]
items = "365d"

[brands.acme]
query = "Acme"

"""


class Clock:
    """The listener's side of the simulated time. Sleeping moves it; it never goes back."""

    def __init__(self, shared: SharedClock) -> None:
        self._shared = shared
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """Return the simulated now."""
        return START + timedelta(seconds=self._shared.get())

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._shared.set(self._shared.get() + seconds)

    def reach(self, moment: datetime) -> None:
        """Let time pass until a moment."""
        with self._lock:
            self._shared.set(max(self._shared.get(), (moment - START).total_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it."""

    polls: int
    outcomes: dict[str, int]
    book: dict[str, object]
    items: int
    expected: int
    lost: int
    doubled: int
    strange: int
    #: Resident memory in MB at the end of each day.
    memory: tuple[float, ...]
    seconds: float

    def right(self) -> bool:
        """Whether nothing was impolite, lost or doubled."""
        impolite = ("too_soon", "inside_retry_after", "forbidden_asked", "after_gone")
        return not any((self.lost, self.doubled, self.strange, *(self.book[name] for name in impolite)))


def settings_text(sources: int, host_count: int, port: int) -> str:
    """Return the settings with all sources."""
    addresses = hosts(host_count)
    blocks = []
    for number in range(sources):
        folder = "forbidden" if kind_of(number) == "forbidden" else "feed"
        url = f"http://{addresses[number % host_count]}:{port}/{folder}/{number}"
        blocks.append(f'[sources.place-{number}]\nurl = "{url}"\nrobots = true\n')
    return SETTINGS + "\n".join(blocks)


def memory_mb() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def soak(folder: Path, sources: int, host_count: int, days: float, *, say: bool = False) -> Report:
    """Run it, and compare what was stored with what was published."""
    started = time.perf_counter()
    path = folder / "listener.toml"
    shared = SharedClock(folder / "clock")
    command = [sys.executable, "-m", "benchmarks.soak_web", str(folder / "clock"), str(host_count)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as web:
        assert web.stdin is not None
        assert web.stdout is not None
        path.write_text(settings_text(sources, host_count, int(web.stdout.readline())))
        settings = config.load(path, environ={}, scrapers_in=OptionsOf)
        clock = Clock(shared)
        app = App(settings, clock=clock, sleep=clock.advance)
        try:
            outcomes, memory = _run(app, clock, START + timedelta(days=days), say=say)
        finally:
            app.close()
            web.stdin.close()
        book = json.loads(web.stdout.readline())
    found = Counter(_titles(folder / "soak.db"))
    expected = set(_expected(sources, host_count, shared.get()))
    return Report(
        polls=sum(outcomes.values()),
        outcomes=dict(outcomes.most_common()),
        book=book,
        items=sum(found.values()),
        expected=len(expected),
        lost=len(expected - found.keys()),
        doubled=sum(count - 1 for count in found.values()),
        strange=found.pop((-1, -1), 0),
        memory=tuple(memory),
        seconds=time.perf_counter() - started,
    )


def _run(app: App, clock: Clock, end: datetime, *, say: bool) -> tuple[Counter[str], list[float]]:
    """Poll what is due, and let time pass, until the end."""
    outcomes: Counter[str] = Counter()
    memory: list[float] = []

    def done(result: PollResult) -> None:
        outcomes[result.outcome.value] += 1

    app.start()
    while clock() < end:
        if clock() >= START + timedelta(days=len(memory) + 1):
            app.upkeep(clock())
            memory.append(memory_mb())
            if say:
                print(f"day {len(memory)}: {sum(outcomes.values()):,} polls, {memory[-1]:.0f} MB", flush=True)
        if app.poll_due(done):
            clock.advance(1.0)
            continue
        now, due = clock(), app.store.next_due()
        if due is None or due <= now:
            clock.advance(1.0)  # it waits for its host
        else:
            steps = -(-(due - START).total_seconds() // STEP_SECONDS)
            clock.reach(min(START + timedelta(seconds=steps * STEP_SECONDS), end))
    memory.append(memory_mb())
    return outcomes, memory


def _titles(database: Path) -> Iterable[tuple[int, int]]:
    """Yield place and report of each stored item; (-1, -1) for what nobody published."""
    connection = sqlite3.connect(database)
    try:
        for (title,) in connection.execute("SELECT title FROM items"):
            named = TITLE.fullmatch(title)
            yield (int(named[2]), int(named[1])) if named else (-1, -1)
    finally:
        connection.close()


def _expected(sources: int, host_count: int, end: float) -> Iterable[tuple[int, int]]:
    """Yield place and report of each item that must have been heard: published long enough before the end."""
    for number in range(sources):
        kind = kind_of(number)
        if kind == "forbidden":
            continue
        last = min(end, GOES * DAY) if kind == "gone" else end
        # A host that is down at the end can't have told of its newest items.
        for start, stop in EPISODES.get(host_kind_of(number % host_count), ()):
            if start * DAY <= last <= (stop + 2) * DAY:
                last = start * DAY
        yield from ((number, k) for k in range(published(number, last - MARGIN_SECONDS)) if k * period_of(number) >= 0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=2000)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--days", type=float, default=30)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        report = soak(Path(scratch), chosen.sources, chosen.hosts, chosen.days, say=True)
    print(
        f"{chosen.sources:,} sources on {chosen.hosts} hosts, {chosen.days:g} days, {report.seconds / 60:.1f} minutes"
    )
    for name in ("polls", "outcomes", "book", "items", "expected", "lost", "doubled", "strange"):
        print(f"{name}: {getattr(report, name)}")
    third = len(report.memory) // 3
    print(f"memory, MB: first day {report.memory[0]:.0f}, day {third + 1} {report.memory[third]:.0f}, "
          f"last day {report.memory[-1]:.0f}")  # fmt: skip
    sys.exit(0 if report.right() else 1)


if __name__ == "__main__":
    main()
