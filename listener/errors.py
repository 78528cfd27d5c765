"""The exception tree. Errors that an operator can fix are wrapped here; bugs propagate.

ListenerError
├── ConfigError            a settings file says something that can't be used
├── QueryError             a brand's query doesn't parse
├── PluginError            a scraper can't be loaded
├── ParseError             a response isn't what its source promised
├── StorageError           the database can't do what was asked
│   ├── DatabaseInUse      another daemon holds it
│   ├── DatabaseNewer      a newer version of the program wrote it
│   ├── DatabaseBusy       locked for longer than the busy timeout
│   ├── DatabaseFull       no space left on the disk
│   └── DatabaseCorrupt    the file fails its integrity check
└── DeliveryError          a message could not be handed over
    ├── TemporaryDeliveryError
    │   └── MessageDeferred  this one, not now; another one may pass
    └── PermanentDeliveryError
        └── MessageRefused   this one; another one may pass

What a fetch can end in is not an exception but a value: `listener.types.Outcome`.
Identity is in attributes, the cause is chained.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec


class ListenerError(Exception):
    """Base of everything an operator can mend. `str()` is fit to be shown."""


class ConfigProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a settings file."""

    file: str
    #: 1-based; None where the problem is the absence of something.
    line: int | None
    #: Dotted, as in `sources.blog.every`.
    key: str
    #: What is wrong and what was expected, one sentence.
    message: str
    #: The key or value that was probably meant.
    meant: str | None = None

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        key = f" {self.key}:" if self.key else ""
        hint = f" Did you mean {self.meant!r}?" if self.meant else ""
        return f"{where}:{key} {self.message}{hint}"


class ConfigError(ListenerError):
    """A settings file can't be used. All its problems are reported at once."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class QueryError(ListenerError):
    """A query doesn't parse.

    `position` is a 0-based offset into `expression`, in characters.
    """

    def __init__(self, expression: str, position: int, message: str) -> None:
        self.expression = expression
        self.position = position
        self.message = message
        super().__init__(f"{message} at character {position + 1}")


class PluginError(ListenerError):
    """A scraper can't be loaded: `origin` is its file or entry point."""

    def __init__(self, origin: str, message: str) -> None:
        self.origin = origin
        super().__init__(f"scraper {origin}: {message}")


class ParseError(ListenerError):
    """A response isn't what the source promised. The only exception `Scraper.parse` may raise."""


class StorageError(ListenerError):
    """The database can't do what was asked; nothing of the transaction is kept."""


class DatabaseInUse(StorageError):
    """Another daemon holds the database: the process `pid`, where that is known."""

    def __init__(self, message: str, *, pid: int | None = None) -> None:
        self.pid = pid
        super().__init__(message)


class DatabaseNewer(StorageError):
    """A newer version of the program has written this database."""


class DatabaseBusy(StorageError):
    """The database stayed locked for longer than the busy timeout. Try again."""


class DatabaseFull(StorageError):
    """No space is left where the database lies."""


class DatabaseCorrupt(StorageError):
    """The file isn't a database or fails its integrity check."""


class DeliveryError(ListenerError):
    """A message could not be handed over. The text never holds a secret."""


class TemporaryDeliveryError(DeliveryError):
    """Worth another try, not before `retry_after` where the service names a time."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class MessageDeferred(TemporaryDeliveryError):
    """This message isn't taken now, at least not for all of its receivers; the same channel may take another one.

    `delivered` names the receivers who have it, whom the next attempt leaves out.
    """

    def __init__(self, message: str, *, delivered: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.delivered = tuple(delivered)


class PermanentDeliveryError(DeliveryError):
    """The same message to the same channel will be refused again."""


class MessageRefused(PermanentDeliveryError):
    """This message is refused for what it holds or for its size; the same channel may take another one."""
