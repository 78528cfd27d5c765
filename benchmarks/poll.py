"""One poll of a thousand feeds against a plain script, cold and unchanged, in turn.

`python benchmarks/poll.py --data DIR [--feeds 1000] [--rounds 3]` prints a table of CPU and wall
seconds and peak memory, medians of the rounds, with the ratios. Both run as whole processes, imports included; modules
are compiled before, as they are where a program is installed.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

WORDS = ("google", "apple", "twitter", "microsoft")
HERE = Path(__file__).parent

SETTINGS = """\
[listener]
database = "poll.db"
contact = "https://example.com/benchmark"
workers = 16

[fetch]
allow_networks = ["127.0.0.0/8"]

{brands}{sources}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one process."""

    cpu: float
    wall: float
    peak_mb: float


def measure(command: list[str], folder: Path) -> Cost:
    """Run a command to its end and return what it cost."""
    started = time.perf_counter()
    with (folder / "out").open("ab") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):  # 1: a source failed, which some of the files do
        raise RuntimeError(f"{command} ended with {process.returncode}: {(folder / 'out').read_text()[-2000:]}")
    wall = time.perf_counter() - started
    return Cost(cpu=usage.ru_utime + usage.ru_stime, wall=wall, peak_mb=usage.ru_maxrss / 1024)


def write_settings(urls: list[str], folder: Path) -> Path:
    """Write listener's settings for these feeds."""
    brands = "".join(f'[brands.{word}]\nquery = "{word}"\n\n' for word in WORDS)
    sources = "".join(f'[sources.feed-{i}]\nurl = "{url}"\n\n' for i, url in enumerate(urls))
    path = folder / "listener.toml"
    path.write_text(SETTINGS.format(brands=brands, sources=sources))
    return path


def pair(urls: list[str], folder: Path) -> dict[str, tuple[Cost, Cost]]:
    """Run both programs cold and then unchanged; return (listener, script) for each."""
    folder.mkdir()
    (folder / "urls.json").write_text(json.dumps(urls))
    ours = [sys.executable, "-m", "listener", "-c", str(write_settings(urls, folder)), "run", "--once"]
    script = [sys.executable, str(HERE / "plain_script.py"), "urls.json", "plain.db", *WORDS]
    costs = {name: (measure(ours, folder), measure(script, folder)) for name in ("cold", "unchanged")}
    stored, expected = (count_items(folder / name) for name in ("poll.db", "plain.db"))
    if stored < 0.95 * expected:  # a round that some feeds fail ends with 1, as does a program that isn't there
        told = (folder / "out").read_text()[-2000:]
        raise RuntimeError(f"listener stored {stored} items, the script {expected}: {told}")
    return costs


def count_items(path: Path) -> int:
    """Return the number of items that a program stored."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        (count,) = database.execute("SELECT count(*) FROM items").fetchone()
    return int(count)


def table(rounds: list[dict[str, tuple[Cost, Cost]]]) -> None:
    """Print medians and ratios."""
    print("| poll | program | CPU s | wall s | peak MB |")
    print("|---|---|---|---|---|")
    for name in rounds[0]:
        for which, program in enumerate(("listener", "plain script")):
            costs = [one[name][which] for one in rounds]
            figures = [statistics.median(getattr(cost, key) for cost in costs) for key in ("cpu", "wall", "peak_mb")]
            print(f"| {name} | {program} | {figures[0]:.2f} | {figures[1]:.2f} | {figures[2]:.0f} |")
        for key in ("cpu", "wall"):
            ratio = statistics.median(getattr(one[name][1], key) / getattr(one[name][0], key) for one in rounds)
            print(f"{name}: the script takes {ratio:.1f} times listener's {key}")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--feeds", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    for room in ("listener", "scrapers"):
        compileall.compile_dir(HERE.parent / room, quiet=1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command = [sys.executable, str(HERE / "farm.py"), str(chosen.data), str(chosen.feeds), str(folder / "feeds")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as farm:
            assert farm.stdout is not None
            assert farm.stdin is not None
            urls = json.loads(farm.stdout.readline())
            rounds = [pair(urls, folder / str(n)) for n in range(chosen.rounds)]
            farm.stdin.close()
        table(rounds)


if __name__ == "__main__":
    main()
