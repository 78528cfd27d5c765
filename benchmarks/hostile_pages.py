"""Pages made to hurt: how long each takes and how much memory it needs, until facts or a typed error.

    python benchmarks/hostile_pages.py [--megabytes 100] [--only NAME]

Each page is read in a process of its own, in the two ways that there are: as `listener extract` reads a file, and as a
poll reads an answer that was let through whole. By default a page has ten times the bytes that a fetch lets through.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from listener.errors import ListenerError
from listener.plugins import Scrapers
from listener.types import Request, Response, Source

BYTES = 1_000_000


def repeated(start: str, piece: str) -> Callable[[int], str]:
    """Return what makes a page of a size out of one piece."""
    return lambda size: start + piece * (size // len(piece))


def numbered(start: str, end: str) -> Callable[[int], str]:
    """Return what makes a page of a size with attributes that all differ."""
    return lambda size: start + " ".join(f"a{number}=1" for number in range(size // 10)) + end


PAGES: dict[str, Callable[[int], str]] = {
    "nested div": repeated("", "<div>"),
    "nested b": repeated("", "<b>"),
    "nested table": repeated("", "<table><tr><td>$1"),
    "nested lists": repeated("", "<ul><li>"),
    "links in paragraphs": repeated("", "<a><p>"),
    "attributes that differ": numbered("<p ", ">x</p>"),
    "attributes that don't": repeated("<p ", "a=1 "),
    "one long class": repeated("<p class='", "price "),
    "only brackets": repeated("", "<"),
    "only references": repeated("", "&lt;"),
    "open comments": repeated("", "<!--"),
    "open scripts": repeated("", "<script>"),
    "open quotes": repeated("", '<p title="'),
    "nested JSON-LD": repeated("<script type='application/ld+json'>", "["),
    "one long title": repeated("<title>", "pricing "),
    "one long number": repeated("<p>", "1,"),
    "only prices": repeated("<p>", "$9 per month "),
    "only questions": repeated("", "<h3>Why?</h3><p>x</p>"),
    "only accents": repeated("<p>", "\u0301"),
    "expression bomb": repeated("<p>", "a" * 400 + "\n<p>"),
}
#: What exponential backtracking is made of, though no repeat stands in a repeat.
BOMB = r"(?:a|b|ab)*(?:a|b|ba)*(?:a|aa)*(?:aa|a)*c"


def read(path: Path, scraper: str) -> str:
    """Read a page with a scraper; return what came of it."""
    response = Response(
        request=Request(url="https://hostile.example/pricing"),
        url="https://hostile.example/pricing",
        status=200,
        headers={"content-type": "text/html; charset=utf-8"},
        body=path.read_bytes(),
        fetched_at=datetime.now(UTC),
    )
    found = Scrapers().get(scraper)
    options = found.Options(ignore=(BOMB,)) if scraper == "page" and found.Options is not None else None
    try:
        found.parse(response, Source(name="hostile", scraper=scraper, url=response.url, options=options))
    except ListenerError as error:
        return f"{type(error).__name__}: {str(error)[:70]}"
    return "read"


def measured(path: Path, scraper: str) -> Iterator[str]:
    """Yield seconds of the processor, megabytes at most, and the end of one reading in a process of its own."""
    command = [sys.executable, __file__, "--one", str(path), scraper]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    yield done.stdout.strip() or f"no answer: {done.stderr.strip()[-200:]}"


def main() -> None:
    """Print a line for each page and way of reading it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--only", action="append", choices=sorted(PAGES))
    parser.add_argument("--one", nargs=2, metavar=("FILE", "SCRAPER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        end = read(Path(given.one[0]), given.one[1])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{time.process_time():6.2f} s {peak:6} MB  {end}")
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in given.only or PAGES:
            path = Path(folder) / "page.html"
            path.write_text(PAGES[name](given.megabytes * BYTES), encoding="utf-8")
            for scraper in ("pricing", "page", "status"):
                print(f"{name:24} {scraper:8}", *measured(path, scraper), flush=True)


if __name__ == "__main__":
    main()
