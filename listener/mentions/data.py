"""Data that understanding starts from: VADER's lexicon, the domain lexicon, the taxonomy. The one place of this room
that reads files, once, when the program is put together; all others get values.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from listener.errors import ConfigError, ConfigProblem
from listener.mentions.language import Identifier
from listener.mentions.pains import Severity, Topic
from listener.mentions.speech import SpeechLexicon
from listener.mentions.vader import Lexicon, parse_lexicon

LEXICON_FILE = "lexicon.toml"
PAINS_FILE = "pains.toml"


_File = TypeVar("_File", bound=msgspec.Struct)


class _Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    phrases: tuple[str, ...]
    definition: str = ""
    stage: str = ""
    answer: str = ""


class _Pains(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pains: dict[str, _Topic]


class _Lexicon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    #: Words and phrases by their valence on VADER's scale, -4 to 4.
    valence: dict[str, float]
    speech: dict[str, tuple[str, ...]]
    severity: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What is loaded from files, as values."""

    vader: Lexicon
    #: Words of software and services, over VADER's.
    domain: Mapping[str, float]
    speech: SpeechLexicon
    severity: Severity
    topics: tuple[Topic, ...]
    identifier: Identifier


class Langid:
    """The identifier of py3langid, loaded when the first text needs it: it takes a second and 90 MB."""

    @cached_property
    def _identifier(self) -> Any:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def identify(self, text: str) -> tuple[str | None, float]:
        """Return the likeliest of its 97 languages and its probability."""
        language, probability = self._identifier.classify(text)
        return str(language), float(probability)


def load(config: Path) -> Data:
    """Load everything from the folder of bundled settings. Raises ConfigError for a file that can't be used."""
    vader = files("vaderSentiment")
    lexicon = _read(config / LEXICON_FILE, _Lexicon)
    return Data(
        vader=parse_lexicon(
            vader.joinpath("vader_lexicon.txt").read_text(encoding="utf-8"),
            vader.joinpath("emoji_utf8_lexicon.txt").read_text(encoding="utf-8"),
        ),
        domain=lexicon.valence,
        speech=SpeechLexicon(phrases=lexicon.speech),
        severity=Severity(steps=lexicon.severity),
        topics=read_topics(config / PAINS_FILE),
        identifier=Langid(),
    )


def read_topics(path: Path) -> tuple[Topic, ...]:
    """Read a taxonomy: tables `[pains.NAME]` in a TOML file. Raises ConfigError."""
    parsed = _read(path, _Pains)
    return tuple(
        Topic(
            name=name,
            definition=topic.definition,
            stage=topic.stage,
            phrases=topic.phrases,
            answer=topic.answer,
        )
        for name, topic in parsed.pains.items()
    )


def _read(path: Path, kind: type[_File]) -> _File:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), kind)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        problem = ConfigProblem(file=str(path), line=None, key="", message=str(error))
        raise ConfigError([problem]) from error
