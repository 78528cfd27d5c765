"""How long ten thousand sources take to load, in one file and in a hundred, beside what tomllib alone takes.

    .venv/bin/python benchmarks/settings.py [--sources 10000]

The target: under a second. Prints a table of medians; times are of this process, on one core.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from listener.config import load
from listener.errors import ConfigError

RUNS = 5


def block(number: int) -> str:
    """Return the table of one source, with the keys that sources usually have."""
    return (
        f"[sources.feed-{number}]\n"
        f'url = "https://host{number}.example/feed.xml"\n'
        f'every = "{30 + number % 60}m"\n'
        f'category = "news"\n\n'
    )


def seconds(action: Callable[[], object]) -> float:
    """Return the median of a few runs."""
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=10_000)
    count: int = parser.parse_args().sources
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = folder / "one.toml"
        one.write_text("".join(map(block, range(count))))
        (folder / "many").mkdir()
        for part in range(100):
            (folder / "many" / f"{part}.toml").write_text("".join(map(block, range(part, count, 100))))
        many = folder / "many.toml"
        many.write_text('[listener]\ninclude = ["many/*.toml"]\n')
        typo = folder / "typo.toml"
        typo.write_text(one.read_text() + "[fetch]\ngap = 'soon'\n")
        rows = (
            ("tomllib alone", lambda: tomllib.loads(one.read_text())),
            ("one file", lambda: load(one, environ={}, scrapers_in=lambda _: {"feed": None})),
            ("a hundred files", lambda: load(many, environ={}, scrapers_in=lambda _: {"feed": None})),
            ("one file with a typo at its end", lambda: refused(typo)),
        )
        print(f"{count:,} sources, medians of {RUNS} runs")
        for label, action in rows:
            print(f"{label:32} {seconds(action):6.2f} s")


def refused(path: Path) -> None:
    """Load a file that has a problem."""
    with contextlib.suppress(ConfigError):
        load(path, environ={})
        sys.exit("the problem went unseen")


if __name__ == "__main__":
    main()
