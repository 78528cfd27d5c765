"""`listener scrapers`: supported scrapers and their options, documented from their source files.

`docs/scrapers.md` is this command's output with `--markdown`.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import click
import msgspec
from rich.console import Console
from rich.table import Table

from listener.channels import Secret
from listener.config import load
from listener.errors import ConfigError
from listener.plugins import Scrapers
from listener.presets import Preset
from listener.searching import Addressed, PagedSearchOptions, SearchOptions
from listener.types import Scraper

#: A comment that documents a field, and the field it documents.
_DOCUMENTED = re.compile(r"((?:^ *#: ?.*\n)+) +(\w+) *:", re.MULTILINE)
_LINK = re.compile(r"(?<![(<\"`])(https?://[^\s,;)]+[^\s,;).:])")
HEAD = """# Scrapers

Supported sources. This page is generated from the scrapers' source files by `listener scrapers --markdown`. To add
your own, see [write a scraper](write-a-scraper.md).

Every source also has the keys of [`[sources.NAME]`](settings.md#sourcesname).

A **search** needs no `url`: it searches its network for what your brands' queries look for, one search per brand, and
matches the results exactly. `brand = "..."` searches for that brand only, `ask = ["..."]` for your own search terms. A
**preset** is a URL template that is read by another scraper.

Tokens and passwords are [secrets](settings.md#secrets): `token = { env = "MASTODON_TOKEN" }`. To use your own
server on a private network, add the network to `allow_networks` in [`[fetch]`](settings.md#fetch).
"""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One option of a scraper, in words."""

    name: str
    kind: str
    #: As TOML has it; None: it must be given, "": none.
    default: str | None
    about: str


@click.command()
@click.argument("name", required=False)
@click.option("--markdown", is_flag=True, help="Print the reference in Markdown (docs/scrapers.md).")
@click.pass_obj
def scrapers(settings_path: Path, name: str | None, markdown: bool) -> None:
    """List all scrapers and presets, or describe one with its options."""
    known = Scrapers(() if markdown else _folders(settings_path))
    if markdown:
        click.echo(page(known), nl=False)
    elif name is not None:
        click.echo(chapter(known.get(name)), nl=False)
    else:
        _show(known)


def _folders(settings_path: Path) -> tuple[Path, ...]:
    """Return the folders with scrapers of the user's own, where there are settings that can be read."""
    try:
        return load(settings_path, environ={}, need_secrets=False).scraper_folders
    except (ConfigError, OSError):
        return ()


def _show(known: Scrapers) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("SCRAPER", "", "READS"):
        table.add_column(title, overflow="fold")
    for scraper in known.load():
        table.add_row(scraper.name, sort_of(scraper), about(scraper).partition("\n\n")[0].replace("\n", " "))
    Console().print(table)


def page(known: Scrapers) -> str:
    """Return the page that describes all scrapers."""
    return HEAD + "".join(f"\n{chapter(scraper)}" for scraper in known.load())


def chapter(scraper: Scraper) -> str:
    """Return what is to be known of one scraper, as Markdown."""
    lines = [f"## {scraper.name}", "", f"{sort_of(scraper).capitalize()}." if sort_of(scraper) else "", ""]
    lines = [*lines[:2], *([lines[2], ""] if lines[2] else []), _LINK.sub(r"<\1>", about(scraper)), ""]
    if isinstance(scraper, Preset):
        lines += [f"Requests `{scraper.file.url}`; format: <{scraper.file.format}>.", ""]
    lines += ["```toml", *example(scraper), "```", ""]
    found = options(scraper.Options)
    if found:
        lines += ["| option | type | default | |", "|---|---|---|---|"]
    for option in found:
        default = "required" if option.default is None else f"`{option.default}`" if option.default else ""
        lines.append(f"| `{option.name}` | {option.kind} | {default} | {option.about} |")
    return "\n".join(lines).rstrip("\n") + "\n"


def sort_of(scraper: Scraper) -> str:
    """Return whether this is a search, a preset or both, in words."""
    search = isinstance(scraper.Options, type) and issubclass(scraper.Options, SearchOptions)
    words = ["search"] if search else []
    if isinstance(scraper, Preset):
        words.append(f"preset on `{scraper.file.scraper}`")
    return ", ".join(words)


def about(scraper: Scraper) -> str:
    """Return what a scraper says of itself."""
    if isinstance(scraper, Preset):
        return scraper.file.about
    return inspect.cleandoc(sys.modules[type(scraper).__module__].__doc__ or "")


def example(scraper: Scraper) -> list[str]:
    """Return the shortest table of settings that uses a scraper."""
    lines = [f"[sources.my-{scraper.name}]", f'scraper = "{scraper.name}"']
    kind = scraper.Options
    if kind is None or not issubclass(kind, Addressed):
        lines.append('url = "https://..."')
    for option in options(kind):
        if option.default is None:
            value = (
                '["..."]'
                if option.kind.startswith("list")
                else '{ env = "..." }'
                if "secret" in option.kind
                else '"..."'
            )
            lines.append(f"{option.name} = {value}")
    return lines


def options(kind: type[Any] | None) -> list[Option]:
    """Return the options that a scraper's record describes, its own before those that all searches have."""
    if kind is None:
        return []
    texts = documented(kind)
    hints = typing.get_type_hints(kind, include_extras=True)
    found = [
        Option(
            name=field.encode_name,
            kind=kind_in_words(hints[field.name]),
            default=None if field.required else default_in_toml(field),
            about=texts.get(field.name, ""),
        )
        for field in msgspec.structs.fields(kind)
    ]
    common = {field.name for field in msgspec.structs.fields(PagedSearchOptions)}
    return sorted(found, key=lambda option: (option.name in common, option.default is not None))


def documented(kind: type[Any]) -> dict[str, str]:
    """Return what stands above each field of an options record, read from its source."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        described = getattr(base, "PRESET_OPTIONS", None)
        if described is not None:
            found.update(described)
        elif issubclass(base, msgspec.Struct) and base is not msgspec.Struct:
            for comment, name in _DOCUMENTED.findall(inspect.getsource(base)):
                found[name] = " ".join(line.strip().removeprefix("#:").strip() for line in comment.splitlines())
    return found


_KINDS = {str: "text", bool: "true or false", int: "whole number", float: "number", timedelta: "duration"}


def kind_in_words(hint: Any) -> str:
    """Return what a type takes, in the words of docs/settings.md."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Secret:
        return "secret"
    if origin is Annotated:
        return kind_in_words(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(kind_in_words(one) for one in arguments if one is not type(None)))
    if origin is Literal:
        return ", ".join(f'`"{choice}"`' for choice in arguments)
    if origin is tuple:
        return f"list of {kind_in_words(arguments[0])}"
    if isinstance(origin, type) and issubclass(origin, typing.Mapping):
        return f"table of {kind_in_words(arguments[1])}"
    return _KINDS.get(hint, "table")


def default_in_toml(field: msgspec.structs.FieldInfo) -> str:
    """Return a field's default as TOML has it; "" for none."""
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return "".join(_toml(value))


def _toml(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, str):
        yield f'"{value}"'
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, timedelta):
        yield f'"{int(value.total_seconds())}s"'
    elif isinstance(value, list | tuple):
        yield f"[{', '.join(''.join(_toml(one)) for one in value)}]"
    elif isinstance(value, typing.Mapping):
        yield "{}" if not value else str(dict(value))
