"""A memory of what was worked out for words, bounded on an endless stream. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

#: Words that are remembered before the memory is emptied: a stream in a few languages keeps to these, at 3 to 10 MB.
WORDS = 30_000
#: Longer "words" are not remembered.
LENGTH = 40

_Value = TypeVar("_Value")


class Memory(dict[str, _Value]):
    """Values by word, worked out on first sight. To be asked by `memory[word]`: a look-up without a call, mostly.

    Threads may share it: at worst two work out the same.
    """

    def __init__(self, work_out: Callable[[str], _Value], limit: int = WORDS) -> None:
        super().__init__()
        self._work_out = work_out
        self._limit = limit

    def __missing__(self, word: str) -> _Value:
        value = self._work_out(word)
        if len(word) <= LENGTH:
            if len(self) >= self._limit:
                self.clear()
            self[word] = value
        return value
