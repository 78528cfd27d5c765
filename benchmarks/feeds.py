"""What the feed scraper reads of feeds that nobody here wrote: `python benchmarks/feeds.py --data DIR`.

DIR holds any of the folders `feeds-real`, `feeds-transcoded` and `feeds-conformance`, each with its archives
(`*.tar.zst`, unpacked with tar) and its lists (`manifest.csv`, `truth.jsonl.gz`, `expectations.jsonl.gz`).

real: exceptions that aren't a ParseError; entries against the manifest's columns where two of them agree; what becomes
of answers that are no feed; dates and titles against feedparser's; time of both, in turn, in one process.
transcoded: titles against those of the feed before its encoding was changed.
hostile: ten megabytes of each kind of malice, and when that ends.
conformance: exceptions, and what the parsers' own tests expect of an entry, where that can be said of an Item.
Ratios within one run are what counts; the machine's mood is not.
"""

from __future__ import annotations

import argparse
import calendar
import csv
import gzip
import io
import json
import re
import statistics
import subprocess
import tempfile
import time
import traceback
from ast import literal_eval
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser

from listener.errors import ParseError
from listener.html import text_of
from listener.plugins import Scrapers
from listener.types import Item, Parsed, Request, Response, Source

FEED = Scrapers().get("feed")
URL = "https://source.example/feed"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: Of each kind of difference so many are shown.
SHOWN = 8


class Report:
    """Counts, and a few examples of what went wrong."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def add(self, name: str, example: str = "") -> None:
        self.counts[name] += 1
        if example:
            self.examples.setdefault(name, []).append(example)

    def show(self) -> None:
        print(f"\n## {self.title}\n")
        for name, count in sorted(self.counts.items()):
            print(f"{count:7,}  {name}")
            for example in self.examples.get(name, [])[:SHOWN]:
                print(f"           {example[:200]}")


def parse(body: bytes, content_type: str | None = None, url: str = URL) -> Parsed:
    headers = {"content-type": content_type} if content_type else {}
    response = Response(request=Request(url=url), url=url, status=200, headers=headers, body=body, fetched_at=NOW)
    return FEED.parse(response, Source(name="benchmark", scraper="feed", url=url))


def tried(report: Report, name: str, action: Callable[[], Parsed]) -> Parsed | ParseError | None:
    """Return what a parse ends in; None, noted and printed, for an exception that it may not raise."""
    try:
        return action()
    except ParseError as error:
        return error
    except Exception as error:  # the very thing to be counted
        traceback.print_exc(limit=-3)
        report.add("EXCEPTION that is no ParseError", f"{name}: {error!r}")
        return None


def seconds(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def peer(body: bytes) -> Any:
    return feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)


def plain_peer(body: bytes) -> Any:
    return feedparser.parse(io.BytesIO(body))


# --- real ---------------------------------------------------------------------------------------------------------


def real(folder: Path, files: Path, with_peer: bool) -> None:
    report = Report("real feeds")
    times: dict[str, list[float]] = {"listener": [], "feedparser, bare": [], "feedparser as is": []}
    for row in csv.DictReader((folder / "manifest.csv").open(encoding="utf-8")):
        path = files / row["file"]
        if not path.exists():
            report.add("in the manifest, not in the archive")
            continue
        body = path.read_bytes()
        outcome = tried(report, path.name, lambda body=body: parse(body))
        if row["group"] == "not-a-feed":
            _negative(report, path.name, outcome)
            continue
        report.add("feeds")
        columns = [int(row[name]) for name in ("raw_items", "fp_entries", "fast_entries") if row[name]]
        agreed = [count for count, times_said in Counter(columns).items() if times_said >= 2]
        found = len(outcome.items) if isinstance(outcome, Parsed) else -1
        if agreed and found < agreed[0]:
            report.add("fewer entries than two columns agree on", f"{path.name}: {found} of {columns}, {outcome!s:.80}")
        elif found < max(columns, default=0):
            report.add("fewer entries than one column says", f"{path.name}: {found} of {columns}")
        elif found > max(columns, default=0):
            report.add("more entries than any column says", f"{path.name}: {found} of {columns}")
        if isinstance(outcome, Parsed):
            _describe(report, outcome)
            if with_peer:
                times["listener"].append(seconds(lambda body=body: parse(body)))
                times["feedparser, bare"].append(seconds(lambda body=body: peer(body)))
                times["feedparser as is"].append(seconds(lambda body=body: plain_peer(body)))
                _compare(report, path.name, outcome, peer(body).entries)
    report.show()
    if with_peer:
        _show_times(times)


def _negative(report: Report, name: str, outcome: Parsed | ParseError | None) -> None:
    if isinstance(outcome, ParseError):
        report.add("no feeds, told as such")
    else:
        report.add("no feeds, taken for one", name)


def _describe(report: Report, parsed: Parsed) -> None:
    for item in parsed.items:
        report.add("items")
        for field in ("title", "text", "url", "guid", "author", "published", "lang"):
            if getattr(item, field):
                report.add(f"items with {field}")
    if parsed.skipped:
        report.add("feeds with something skipped", "; ".join(parsed.skipped[:2]))


def _compare(report: Report, name: str, parsed: Parsed, entries: list[Any]) -> None:
    if len(entries) != len(parsed.items):
        report.add("feeds where feedparser counts otherwise", f"{name}: {len(parsed.items)}, feedparser {len(entries)}")
        return
    for item, entry in zip(parsed.items, entries, strict=True):
        ours = {moment.timestamp() // 60 for moment in (item.published, item.updated) if moment}
        theirs = {
            calendar.timegm(parts) // 60
            for key in ("published_parsed", "updated_parsed")
            if key in entry and (parts := entry[key])
        }
        said = entry.get("published") or entry.get("created") or ""
        if ours and theirs:
            same = "same" if ours & theirs else "another"
            report.add(f"dates: {same} as feedparser's", "" if ours & theirs else f"{name}: {said!r} {item.published}")
        elif ours or theirs:
            whose = "listener's" if ours else "feedparser's"
            report.add(f"dates: only {whose}", f"{name}: {said!r} {item.published or ''}")
        title = " ".join(text_of(entry.get("title") or "").split())
        report.add("titles: same" if title == item.title else "titles: another", f"{item.title!r} for {title!r}")
        report.counts["titles: same"] += 0
    report.examples.pop("titles: same", None)


def _show_times(times: dict[str, list[float]]) -> None:
    print("\n| CPU, ms a feed | mean | median | 99th of 100 |\n|---|---|---|---|")
    for name, values in times.items():
        ordered = sorted(value * 1000 for value in values)
        late = ordered[int(len(ordered) * 0.99)]
        print(f"| {name} | {statistics.mean(ordered):.2f} | {statistics.median(ordered):.2f} | {late:.1f} |")
    ratios = [theirs / ours for ours, theirs in zip(times["listener"], times["feedparser as is"], strict=True) if ours]
    print(f"\nfeedparser as is takes {statistics.median(ratios):.1f} times as long (median over feeds)")


# --- transcoded ---------------------------------------------------------------------------------------------------


def transcoded(folder: Path, files: Path) -> None:
    report = Report("transcoded feeds")
    for truth in _lines(folder / "truth.jsonl.gz"):
        path = files / truth["file"]
        if not path.exists():
            report.add("in the list, not in the archive")
            continue
        outcome = tried(
            report, path.name, lambda path=path, truth=truth: parse(path.read_bytes(), truth["content_type"])
        )
        found = [item.title for item in outcome.items if item.title] if isinstance(outcome, Parsed) else []
        wanted = [" ".join(text_of(title).split()) for title in truth["titles"] if title]
        wrong = [pair for pair in zip(found, wanted, strict=False) if pair[0] != pair[1]]
        if len(found) == len(wanted) and not wrong:
            report.add(f"{truth['variant']}: all titles right")
        else:
            report.add(f"{truth['variant']}: titles differ", f"{path.name}: {len(wrong)}, such as {wrong[:1]}")
    report.show()


# --- conformance --------------------------------------------------------------------------------------------------

_EXPECTATION = re.compile(r"(?:not bozo and )?entries\[(\d)\](?:\[['\"](\w+)['\"]\]|\.(\w+)) == (.*)", re.DOTALL)
_HEADER = re.compile(rb"Header:\s*([\w-]+):\s*([^\r\n]+)")


def conformance(folder: Path, files: Path) -> None:
    report = Report("conformance suites")
    for path in sorted(files.rglob("*")):
        if path.is_file():
            outcome = tried(report, str(path.relative_to(files)), lambda path=path: parse(path.read_bytes()))
            report.add("read" if isinstance(outcome, Parsed) else "told as no feed")
    for expectation in _lines(folder / "expectations.jsonl.gz"):
        path = files / expectation["suite"] / expectation["path"]
        said = _EXPECTATION.fullmatch(expectation["expect"]) if expectation["suite"] == "feedparser" else None
        if said and path.exists():
            _expect(report, path, int(said[1]), said[2] or said[3], said[4])
    report.show()


def _expect(report: Report, path: Path, number: int, field: str, value: str) -> None:
    body = path.read_bytes()
    headers = {name.lower().decode(): content.strip().decode() for name, content in _HEADER.findall(body[:2000])}
    try:
        wanted = literal_eval(value)
        items = parse(body, headers.get("content-type"), headers.get("content-location", "http://127.0.0.1/")).items
    except (ParseError, ValueError, SyntaxError):
        return
    if number >= len(items):
        return
    item = items[number]
    readings: dict[str, Callable[[Item], bool]] = {
        "title": lambda item: item.title == " ".join(text_of(wanted).split()),
        "summary": lambda item: item.text.split() == text_of(wanted).split(),
        "description": lambda item: item.text.split() == text_of(wanted).split(),
        "link": lambda item: item.url == wanted,
        "id": lambda item: item.guid == wanted,
        "author": lambda item: item.author == wanted,
        "published_parsed": lambda item: _same_moment(item, wanted),
        "updated_parsed": lambda item: _same_moment(item, wanted),
    }
    if field in readings:
        met = readings[field](item)
        report.add(
            f"feedparser's {field}: {'as expected' if met else 'otherwise'}", "" if met else f"{path.name}: {wanted!r}"
        )


def _same_moment(item: Item, parts: Any) -> bool:
    moments = {int(moment.timestamp()) for moment in (item.published, item.updated) if moment}
    return not moments if parts is None else calendar.timegm(parts) in moments


# --- hostile ------------------------------------------------------------------------------------------------------

SIZE = 10_000_000


def hostile() -> None:
    """Print what ten megabytes of each kind of malice end in, and when."""
    item = "<rss version='2.0'><channel><item><title>T</title>{}"
    entities = "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
    bodies = {
        "nested tags": item.format("<b>" * (SIZE // 3)),
        "as many nested tags as are read": item.format("<b>" * 590_000),
        "nested HTML": item.format(
            "<description>" + "&lt;b&gt;" * (SIZE // 9) + "</description></item></channel></rss>"
        ),
        "a million attributes": item.format("<x " + " ".join(f"a{n}='1'" for n in range(1_000_000)) + "/>"),
        "entities within entities": f"<!DOCTYPE rss [<!ENTITY a 'ha'>{entities}]>" + item.format("&j;" * (SIZE // 3)),
        "ampersands": item.format("&" * SIZE),
        "entries": "<rss>" + "<item>" * 590_000,
        "never closed sections": item.format("<![CDATA[" * 590_000),
        "never closed quotes": item.format("<a b='" * 590_000),
        "nested JSON": "[" * SIZE,
        "spaces": " " * SIZE,
    }
    print("\n## hostile bytes\n")
    report = Report("hostile")
    for name, text in bodies.items():
        body = text.encode()
        began = time.process_time()
        outcome = tried(report, name, lambda body=body: parse(body))
        end = f"{len(outcome.items)} items" if isinstance(outcome, Parsed) else f"{outcome!s:.70}"
        print(f"{time.process_time() - began:6.2f} s of CPU  {len(body) / 1e6:4.1f} MB  {name}: {end}")


# --- files --------------------------------------------------------------------------------------------------------


def _lines(path: Path) -> list[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def unpacked(folder: Path, into: Path, *, by_suite: bool) -> Path:
    for archive in sorted(folder.glob("*.tar.zst")):
        target = into / archive.name.removesuffix(".tar.zst") if by_suite else into
        target.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "--zstd", "-xf", str(archive), "-C", str(target)], check=True)
    return into


def folders(data: Path, name: str) -> Iterator[Path]:
    """Yield the folder of this name, or the parts inside it."""
    whole = data / name
    for folder in (whole, *sorted(path for path in whole.glob("*") if path.is_dir())):
        if any(folder.glob("*.tar.zst")):
            yield folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--section", choices=("real", "transcoded", "conformance", "hostile"))
    parser.add_argument("--without-feedparser", action="store_true", help="neither compare nor time it")
    given = parser.parse_args()
    for section in ("real", "transcoded", "conformance"):
        if given.section not in (None, section):
            continue
        for folder in folders(given.data, f"feeds-{section}"):
            with tempfile.TemporaryDirectory() as temporary:
                files = unpacked(folder, Path(temporary), by_suite=section == "conformance")
                if section == "real":
                    real(folder, files, not given.without_feedparser)
                elif section == "transcoded":
                    transcoded(folder, files)
                else:
                    conformance(folder, files)
    if given.section in (None, "hostile"):
        hostile()


if __name__ == "__main__":
    main()
