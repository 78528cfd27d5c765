"""Presets: scrapers without code, made of a URL template and the scraper that parses the response. Pure.

A preset is a TOML file, `google-news.toml`, beside the scrapers:

    about = "News articles by search."          # what it reads, one sentence
    format = "https://..."                      # where the format or the service is described
    scraper = "feed"                            # what reads the answers
    url = "https://news.google.com/rss/search?q={query}&hl={language}"

    [query]                                     # where `{query}` stands in the URL: how the search is asked
    quotes = '"'                                # around a phrase
    either = " OR "                             # between alternatives; "" where the search knows no OR
    longest = 400                               # characters of a question at most

    [options.language]                          # each other name in the URL
    about = "Language of the edition."
    default = "en"                              # a text; without one the settings must name it
    pattern = "[a-z]{2}"                        # what it must look like
    list = false                                # true: the settings hold a list, and each element is asked for
    slashes = false                             # true: slashes and the marks of a query stand in the URL as they are

    [with]                                      # options of the scraper, the same for every source
    kind = "article"

Values are percent-encoded into the URL; `base`, the address of a server of the user's own, stands in it as it is.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from listener.searching import Addressed, Dialect, SearchOptions, questions_of
from listener.types import Parsed, Request, Response, Scraper, Source
from listener.urls import is_web

#: The option that holds the address of a server of the user's own.
BASE = "base"
QUERY = "query"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_VALUE_LIMIT = 500


class PresetOption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One name in a preset's URL, as its file describes it."""

    about: str
    default: str | None = None
    pattern: str = r"[^\x00-\x1f]+"
    slashes: bool = False
    list: bool = False


class PresetQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a preset's search is asked."""

    quotes: str = '"'
    either: str = " OR "
    longest: Annotated[int, msgspec.Meta(ge=20, le=4000)] = 400


class PresetFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"with_": "with"}):
    """A preset's file."""

    about: str
    format: str
    scraper: str
    url: str
    query: PresetQuery = PresetQuery()
    options: dict[str, PresetOption] = {}
    with_: dict[str, Any] = {}

    def __post_init__(self) -> None:
        names = set(_PLACEHOLDER.findall(self.url))
        if names - {QUERY} != set(self.options):
            raise ValueError(f"the names in the url and those of the options differ: {names ^ set(self.options)}")
        for name, option in self.options.items():
            if option.default is not None and not re.fullmatch(option.pattern, option.default):
                raise ValueError(f"options.{name}: the default doesn't fit the pattern")

    @property
    def searches(self) -> bool:
        """Whether it asks for what the brands' queries look for."""
        return QUERY in _PLACEHOLDER.findall(self.url)


class Preset:
    """A scraper made of a preset's file and the scraper that it names."""

    def __init__(self, name: str, file: PresetFile, scraper: Scraper) -> None:
        """Raise ValueError where the scraper doesn't take the options of `[with]`."""
        self.name = name
        self.version = scraper.version
        self.file = file
        self.Options: type[Any] | None = options_of(name, file)
        self._scraper = scraper
        self._with = None if scraper.Options is None else msgspec.convert(file.with_, scraper.Options, strict=True)
        either = file.query.either or None
        self._dialect = Dialect(quotes=file.query.quotes, either=either, longest=file.query.longest)

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask at each address that the source's options and searches make of the preset's."""
        for url in (source.url,) if source.url else self.urls(source):
            yield from self._scraper.requests(self._inner(source, url), state)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read an answer as the preset's scraper does. Raises ParseError."""
        return self._scraper.parse(response, self._inner(source, response.request.url))

    def urls(self, source: Source) -> Iterator[str]:
        """Yield the addresses that a source is read from."""
        values = {name: self._values(name, source) for name in _PLACEHOLDER.findall(self.file.url)}
        for chosen in itertools.product(*values.values()):
            yield _filled(self.file.url, dict(zip(values, chosen, strict=True)))

    def _values(self, name: str, source: Source) -> list[str]:
        """Return what can stand for a name of the URL."""
        if name == QUERY:
            return [quote(question, safe="") for question in questions_of(source, self._dialect)]
        given = getattr(source.options, name, None)
        if given is None:
            given = self.file.options[name].default
        if given is None:
            return []
        if name == BASE:
            return [str(given).rstrip("/")]
        safe = "/&=%+" if self.file.options[name].slashes else ""
        return [quote(value, safe=safe) for value in ([given] if isinstance(given, str) else given)]

    def _inner(self, source: Source, url: str) -> Source:
        return replace(source, scraper=self._scraper.name, url=url, options=self._with)


def _filled(url: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], url)


def options_of(name: str, file: PresetFile) -> type[Any]:
    """Return the record of a preset's options, made from its file. `PRESET_OPTIONS` of it says what each is for."""
    bases = (SearchOptions,) if file.searches else (Addressed,)
    made: list[Any] = []
    for key, option in file.options.items():
        kind: Any = Annotated[str, msgspec.Meta(pattern=rf"^(?:{option.pattern})$", max_length=_VALUE_LIMIT)]
        if option.list:
            listed: Any = tuple[kind, ...]
            made.append((key, listed) if option.default is None else (key, listed, (option.default,)))
        else:
            made.append((key, kind) if option.default is None else (key, kind, option.default))
    return msgspec.defstruct(
        f"{name.title().replace('-', '')}Options",
        made,
        bases=bases,
        namespace={
            "__post_init__": _check_base,
            "__doc__": file.about,
            "PRESET_OPTIONS": {key: option.about for key, option in file.options.items()},
        },
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )


def _check_base(options: Any) -> None:
    base = getattr(options, BASE, None)
    if base is not None and (not is_web(base) or "?" in base or "#" in base):
        raise ValueError(f"{BASE}: expected the address of a server, such as https://rsshub.example.com")
