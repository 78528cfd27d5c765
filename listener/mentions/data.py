"""Data that understanding starts from: VADER's lexicon, the domain lexicon, the taxonomy. The one place in this package
that reads files, with `network_files`, once, when the program is put together; all others get values.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from listener.errors import ConfigError, ConfigProblem
from listener.mentions.language import Languages
from listener.mentions.model import Weights, parse_weights
from listener.mentions.network import Reader
from listener.mentions.network_files import NETWORK_FILE, read_network
from listener.mentions.pains import Topic
from listener.mentions.speech import COMING, LEAVING, more
from listener.mentions.vader import Lexicon, parse_lexicon

LEXICON_FILE = "lexicon.toml"
SPEECH_FILE = "speech.toml"
LANGUAGES_FILE = "lexicon-languages.toml"
LANGUAGE_WORDS_FILE = "languages.toml"
MODEL_FILE = "model.bin"
PAINS_FILE = "pains.toml"


_File = TypeVar("_File")


class _Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    phrases: tuple[str, ...]
    translated: tuple[str, ...] = ()
    definition: str = ""
    stage: str = ""
    answer: str = ""


class _Pains(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pains: dict[str, _Topic]


class _Lexicon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    #: Words and phrases by their valence on VADER's scale, -4 to 4.
    valence: dict[str, float]
    phrases: dict[str, float]
    #: Phrases around `<brand>` by what they say of it, on the same scale.
    relation: dict[str, tuple[str, ...]]
    speech: dict[str, tuple[str, ...]]
    severity: dict[str, tuple[str, ...]]


class _Phrases(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    phrases: tuple[str, ...]


class _Signs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    #: By language, words with spaces between.
    voice: dict[str, str]
    leaving: _Phrases
    coming: _Phrases
    #: By kind of speech, beside the lexicon's.
    more: dict[str, tuple[str, ...]]


class _Languages(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    #: By language, words with spaces between; letters that few others have; words found in texts.
    words: dict[str, str]
    letters: dict[str, str]
    #: More words of languages that there are no texts of.
    listed: dict[str, str]
    learned: dict[str, str]
    #: Beginnings and endings of words that one language has, found in texts.
    parts: dict[str, str]


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    """Words and phrases, loaded."""

    vader: Lexicon
    #: Words of software and services, over VADER's.
    domain: Mapping[str, float]
    #: By language: words and phrases by valence, of languages other than English.
    languages: Mapping[str, Mapping[str, tuple[str, ...]]]
    #: Lists of phrases: by valence, by relation to the brand, by kind of speech, by step of severity.
    phrases: Mapping[str, float]
    relation: Mapping[str, tuple[str, ...]]
    speech: Mapping[str, tuple[str, ...]]
    severity: Mapping[str, tuple[str, ...]]
    #: More signs of speech, by the list that they are found in (see `listener.mentions.speech`).
    signs: Mapping[str, tuple[str, ...]]
    #: By language, words of somebody who speaks of himself or to somebody.
    voices: Mapping[str, frozenset[str]]
    topics: tuple[Topic, ...]


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is loaded from files, as values."""

    resources: Resources
    weights: Weights
    languages: Languages
    #: Only where the scorer "minilm" is asked for.
    network: Reader | None = None


@cache
def load(config: Path) -> Data:
    """Load everything from the folder of bundled settings, once. Raises ConfigError for a file that can't be used."""
    resources = load_resources(config)
    return Data(
        resources=resources,
        weights=_read_weights(config / MODEL_FILE),
        languages=_read_languages(config / LANGUAGE_WORDS_FILE, resources.vader),
    )


def load_for(scorer: str, config: Path) -> Data:
    """Load everything that a scorer needs. Raises ConfigError, also where packages of its extra aren't installed."""
    data = load(config)
    return replace(data, network=read_network(config / NETWORK_FILE)) if scorer == "minilm" else data


def load_resources(config: Path) -> Resources:
    """Load words and phrases. Raises ConfigError."""
    vader = files("vaderSentiment")
    lexicon = _read(config / LEXICON_FILE, _Lexicon)
    signs = _read(config / SPEECH_FILE, _Signs)
    return Resources(
        vader=parse_lexicon(
            vader.joinpath("vader_lexicon.txt").read_text(encoding="utf-8"),
            vader.joinpath("emoji_utf8_lexicon.txt").read_text(encoding="utf-8"),
        ),
        domain=lexicon.valence,
        languages=_read(config / LANGUAGES_FILE, dict[str, dict[str, tuple[str, ...]]]),
        phrases=lexicon.phrases,
        relation=lexicon.relation,
        speech=lexicon.speech,
        severity=lexicon.severity,
        signs={
            LEAVING: signs.leaving.phrases,
            COMING: signs.coming.phrases,
            **{more(kind): phrases for kind, phrases in signs.more.items()},
        },
        voices={lang: frozenset(words.split()) for lang, words in signs.voice.items()},
        topics=read_topics(config / PAINS_FILE),
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
            translated=topic.translated,
            answer=topic.answer,
        )
        for name, topic in parsed.pains.items()
    )


def read_frequent_words(config: Path, languages: Sequence[str]) -> frozenset[str]:
    """Read the words that everybody uses in some languages. Raises ConfigError."""
    read = _read(config / LANGUAGE_WORDS_FILE, _Languages)
    return frozenset(word for lang in languages for word in read.words.get(lang, "").split())


def _read(path: Path, kind: type[_File]) -> _File:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), kind)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        problem = ConfigProblem(file=str(path), line=None, key="", message=str(error))
        raise ConfigError([problem]) from error


def _read_weights(path: Path) -> Weights:
    try:
        return parse_weights(path.read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError([ConfigProblem(file=str(path), line=None, key="", message=str(error))]) from error


def _read_languages(path: Path, english: Lexicon) -> Languages:
    read = _read(path, _Languages)
    more = (read.listed, read.learned)
    words = {
        lang: " ".join((listed, *(one.get(lang, "") for one in more))).split() for lang, listed in read.words.items()
    }
    known = {word for lang, listed in words.items() if lang != "en" for word in listed}
    words["en"] += [word for word in english.words if word.isalpha() and word not in known]
    return Languages(words, read.letters, {lang: listed.split() for lang, listed in read.parts.items()})
