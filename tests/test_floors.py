"""Imports go down the floors of the house, and each outside library stays in its room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: From the front doors down. A line imports only from lines below it.
FLOORS = (
    {"cli", "web", "daemon", "demo", "logs", "__main__"},
    {"app"},
    {"rounds", "metrics"},
    {"dispatch", "outbox", "trial", "discovery", "backfill", "websub", "rescore", "emerging", "trending", "reading"},
    {"pipeline", "rescore_items"},
    {"poll_items", "poll_page"},
    {"parts"},
    {
        "config",
        "plugins",
        "fetch",
        "storage",
        "notify",
        "systemd",
        "memory",
        "files",
        "routing",
        "mailboxes",
        "callbacks",
        "browser",
    },
    {"watch"},
    {"mentions", "changes", "insights", "alerts", "schedule", "subscriptions", "presets"},
    {"fields", "searching", "parcels", "emails", "bookmark"},
    {"pages", "text", "html", "dates", "urls", "opml"},
    {"types", "facts", "channels", "deliveries"},
    {"errors", "lazy"},
)
#: A room above may also use itself, and front doors share the command line's furniture.
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
#: On one floor rooms don't import each other, but for these pairs (from, to).
NEIGHBOURS = {
    ("cli", "daemon"),
    ("cli", "logs"),
    ("cli", "demo"),
    ("cli", "web"),
    ("demo", "daemon"),
    ("__main__", "cli"),
    ("html", "text"),
    ("pages", "html"),
    ("types", "facts"),
    ("types", "deliveries"),
    # Mail servers are reached in the way that web servers are: addresses checked, time and bytes bounded.
    ("mailboxes", "fetch"),
}
#: Where an outside library may be imported.
ROOM_OF_LIBRARY = {
    "requests": {"fetch", "notify"},
    "urllib3": {"fetch", "notify"},
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "apscheduler": {"daemon"},
    "smtplib": {"notify"},
    "playwright": {"browser"},
    "prometheus_client": {"metrics"},
    "numpy": {"mentions"},
    "turbohtml": {"html"},
    "bs4": {"html"},
}
#: What a scraper may use of the house.
SCRAPER_ROOMS = {
    "types",
    "facts",
    "channels",
    "errors",
    "text",
    "html",
    "dates",
    "urls",
    "pages",
    "fields",
    "searching",
    "parcels",
    "emails",
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "listener").parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return [path for path in sorted((ROOT / "listener").rglob("*.py")) if room_of(path) not in {"__init__", "_bundled"}]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_floors_below(path: Path) -> None:
    room = room_of(path)
    assert room in FLOOR_OF, f"{room} stands on no floor"
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "listener" and len(parts) > 1 and parts[1] in FLOOR_OF:
            other = parts[1]
            below = FLOOR_OF[other] > FLOOR_OF[room]
            assert other == room or below or (room, other) in NEIGHBOURS, f"{path}: {room} imports {name}"
        assert room in ROOM_OF_LIBRARY.get(parts[0], {room}), f"{path}: {parts[0]} outside its room"


@pytest.mark.parametrize("path", sorted((ROOT / "scrapers").rglob("*.py")), ids=lambda path: path.name)
def test_a_scraper_imports_only_pure_helpers(path: Path) -> None:
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "listener":
            assert parts[1] in SCRAPER_ROOMS, f"{path}: imports {name}"
        assert parts[0] not in ROOM_OF_LIBRARY, f"{path}: {parts[0]} outside its room"


@pytest.mark.parametrize("folder", ["listener", "scrapers"])
def test_records_are_structs(folder: str) -> None:
    """A dataclass takes fifty times as long to define as a `msgspec.Struct`; each start defines a hundred records."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        assert not any(name.partition(".")[0] == "dataclasses" for name in imports(path)), f"{path}: a dataclass"


def test_scrapers_and_config_are_no_packages() -> None:
    assert not list((ROOT / "scrapers").rglob("__init__.py"))
    assert not list((ROOT / "config").rglob("*.py"))


def test_no_two_test_files_share_a_name() -> None:
    """Folders of tests are no packages: of two files with one name, pytest imports the first alone."""
    names = [path.name for path in sorted((ROOT / "tests").rglob("test_*.py"))]
    assert sorted({name for name in names if names.count(name) > 1}) == []
