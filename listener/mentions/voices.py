"""Complaints cut into runs of words, in which phrases that the taxonomy doesn't know are looked for. Pure.

A run ends where a mark stands, where a brand is named, at an address, and around whatever the taxonomy knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from listener.mentions.pains import Topic
from listener.mentions.words import OTHER, TARGET, PhraseBook, mask, phrases_of, words_of
from listener.types import Span

#: Words that stand next to each other.
Run: TypeAlias = tuple[str, ...]


class Runs:
    """Cuts texts by one taxonomy and the names of brands."""

    def __init__(self, topics: Sequence[Topic], names: Callable[[str], Sequence[Span]]) -> None:
        """Take the topics that are known, and what finds the names of brands in a text."""
        self._known = PhraseBook(
            {"pain": phrases_of({topic.name: (*topic.phrases, *topic.translated) for topic in topics})}
        )
        self._names = names

    def of(self, text: str) -> tuple[Run, ...]:
        """Return the runs of a text, words in lower case."""
        words = words_of(mask(text, self._names(text)))
        known = {at for found in self._known.find(words).get("pain", ()) for at in range(found.first, found.last + 1)}
        runs: list[list[str]] = [[]]
        last = -1
        for at, (word, place) in enumerate(zip(words.words, words.places, strict=True)):
            # What is no word has a place, too: a gap between two words is a mark or an address.
            if place != last + 1:
                runs.append([])
            last = place
            if at in known or TARGET in word or OTHER in word or words.tokens[place].startswith("@"):
                runs.append([])
            else:
                runs[-1].append(word)
        return tuple(tuple(run) for run in runs if run)
