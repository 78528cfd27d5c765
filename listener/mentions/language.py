"""Language of a text, with an honest None where it can't be told. Pure.

Scripts that few languages use tell it alone; in Latin letters the most frequent words of each language vote, and
letters that few languages have. A tool that knows the statistics of characters is surer of single words, but takes
90 MB for it; a mention that is scored has words enough. What the source declares decides where the text doesn't.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from listener.mentions.memory import Memory
from listener.mentions.words import hashtag_words

#: Letters that are needed to tell a language at all.
LEAST_LETTERS = 6
#: Read of a text, in characters.
LEAD = 500
#: The winner must gather this many votes, and so many times those of the next.
LEAST_VOTES = 1.0
#: Enough for an expected language that nothing speaks against.
LEAST_EXPECTED_VOTES = 0.4
LEAST_RATIO = 1.15
#: Of the words of a text, the share that must be known to be sure without a declaration.
LEAST_SHARE = 0.06
#: Of a word that no list has, for each of its beginnings and endings that one language has.
PART_VOTE = 0.5
#: Of a letter that few languages have, each time it stands there.
LETTER_VOTE = 0.7
#: A vote as a whole number; those of the words in `LEAD` characters fit into 32 bits.
ONE = 1 << 20
#: The expected languages' votes count so much more.
EXPECTED_WEIGHT = 1.15
DECLARED_WEIGHT = 1.5

_NOISE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|&\w+;|\d+")
_HASHTAG = re.compile(r"#(\w+)")
#: But for digits, noise holds one of these.
_SIGNS_OF_NOISE = ("@", "#", "&", "://", "www.")
_ASCII = bytes(range(128))
#: All bytes but the letters of ASCII.
_NO_ASCII_LETTERS = bytes(code for code in range(256) if not (code < 128 and chr(code).isalpha()))
_ASCII_WORD = re.compile("[a-z]+(?:'[a-z]+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
#: Scripts by their letters; the languages that share a script are told apart by letters below.
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("bn", re.compile("[\u0980-\u09ff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("te", re.compile("[\u0c00-\u0c7f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("hy", re.compile("[\u0530-\u058f]")),
)
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_INSTEAD: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "ar": (("ur", re.compile("[ٹڈڑںے]")), ("fa", re.compile("[پچژگی]"))),
    "ru": (
        ("uk", re.compile("[іїєґ]")),
        ("be", re.compile("ў")),
        ("sr", re.compile("[ђјљњћџ]")),
        ("bg", re.compile(r"(?<![^\W\d])(?:съм|със|ще|това|които|няма)(?![^\W\d])")),
    ),
}


def parts_of(word: str) -> Sequence[str]:
    """Return the beginnings ("abc-") and endings ("-xyz") of a word that may tell its language; none of a short one."""
    size = len(word)
    if size < 5:
        return ()
    if size == 5:
        return f"-{word[-3:]}", f"{word[:3]}-"
    parts = (f"-{word[-3:]}", f"{word[:3]}-", f"-{word[-4:]}", f"{word[:4]}-")
    return (*parts, f"-{word[-5:]}") if size >= 8 else parts


class Languages:
    """Tells languages by lists of their words, of parts of words (see `parts_of`), and of letters."""

    def __init__(
        self,
        words: Mapping[str, Sequence[str]],
        letters: Mapping[str, str],
        parts: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        shared = Counter(word for listed in words.values() for word in set(listed))
        self._votes: dict[str, list[tuple[str, float]]] = {}
        for lang, listed in words.items():
            for word in dict.fromkeys(listed):
                # A word of one language says more than one of five, and a long one more than a letter.
                vote = (0.5 if len(word) == 1 else 1.0) / shared[word] ** 0.7
                self._votes.setdefault(word, []).append((lang, vote))
        self._langs = sorted({*words, *letters, *parts})
        self._places = {lang: place for place, lang in enumerate(self._langs, start=1)}
        #: Votes as `_packed_votes` has them.
        self._parts = {
            part: vote
            for lang, listed in parts.items()
            for vote in [round(PART_VOTE * ONE) << 32 * self._places[lang]]
            for part in listed
        }
        self._memory = Memory(self._packed_votes)
        self._shared_letters: dict[str, list[str]] = {}
        for lang, listed in letters.items():
            for letter in listed:
                self._shared_letters.setdefault(letter, []).append(lang)

    def _packed_votes(self, word: str) -> int:
        """Return a word's votes side by side in one number: first whether it has any, then each language's.

        So the votes of a text are added up by adding one number a word.
        """
        listed = self._votes.get(word)
        if listed is None:
            votes = [self._parts[part] for part in parts_of(word) if part in self._parts]
        else:
            votes = [round(vote * ONE) << 32 * self._places[lang] for lang, vote in listed]
        return sum(votes, start=bool(votes))

    def tell(self, text: str, declared: str | None, expected: Sequence[str]) -> str | None:
        """Return the language of a text as ISO 639-1, or None.

        `declared` is what the source says (BCP 47), believed where the text is too short to tell or as good as agrees;
        `expected` are the languages of the settings, preferred in doubt.
        """
        said = declared.replace("_", "-").partition("-")[0].lower() if declared else None
        told = self._tell(_quiet(text[:LEAD]), said, expected)
        if told is None and "#" in text:
            # Of little else than hashtags and names, the words in the hashtags are what there is.
            told = self._tell(_quiet(_HASHTAG.sub(_opened, text[:LEAD])), said, expected)
        return told

    def _tell(self, lead: str, said: str | None, expected: Sequence[str]) -> str | None:
        beyond = _beyond_ascii(lead)
        plain = len(lead.encode("utf-8", "surrogatepass").translate(None, _NO_ASCII_LETTERS))
        letters = plain + sum(map(str.isalpha, beyond))
        if letters < LEAST_LETTERS:
            return said
        script = _script(lead, letters) if plain * 2 <= letters else None
        if script is not None:
            return said if said in (script, *_SAME_SCRIPT.get(script, ())) else script
        return self._by_words(lead.lower(), set(beyond.lower()), said, expected)

    def _by_words(self, lead: str, beyond: set[str], said: str | None, expected: Sequence[str]) -> str | None:
        """Let words vote, and letters: those of the text `beyond` ASCII, as no other is shared by few languages."""
        words = _ASCII_WORD.findall(lead) if lead.isascii() else _WORD.findall(lead.replace("’", "'"))
        # In "l'eau" and "j'aime" the parts are words, too.
        words += [part for word in words if "'" in word for part in word.split("'")]
        total = sum(map(self._memory.__getitem__, words))
        size = 1 + len(self._langs)
        known, *votes = struct.unpack(f"<{size}I", total.to_bytes(4 * size, "little"))
        for letter in self._shared_letters.keys() & beyond:
            for lang in self._shared_letters[letter]:
                votes[self._places[lang] - 1] += round(LETTER_VOTE * ONE) * lead.count(letter)
        weighed: list[float] = [*votes]
        for lang in self._places.keys() & expected:
            weighed[self._places[lang] - 1] *= EXPECTED_WEIGHT
        if said in self._places:
            weighed[self._places[said] - 1] *= DECLARED_WEIGHT
        next_most, most = sorted((0.0, 0.0, *weighed))[-2:]
        if not most:
            return said
        best = self._langs[weighed.index(most)]
        needed = LEAST_EXPECTED_VOTES if best in expected else LEAST_VOTES
        sure = most >= needed * ONE and most >= LEAST_RATIO * next_most and known >= LEAST_SHARE * len(words)
        return best if sure else said


#: Told by a script that others share: what the source declares of these is believed.
_SAME_SCRIPT: Mapping[str, tuple[str, ...]] = {
    "ar": ("fa", "ur", "ps", "ckb"),
    "hi": ("mr", "ne", "sa"),
    "ru": ("uk", "be", "bg", "sr", "mk", "kk", "mn"),
    "zh": ("ja", "yue"),
    "he": ("yi",),
    "bn": ("as",),
}


def _opened(hashtag: re.Match[str]) -> str:
    return " ".join(("", *hashtag_words(hashtag[1]), ""))


def _quiet(lead: str) -> str:
    """Put a space for addresses, names and digits. Digits of ASCII alone stay: they are in no word or script."""
    if any(sign in lead for sign in _SIGNS_OF_NOISE) or any(map(str.isdecimal, _beyond_ascii(lead))):
        return _NOISE.sub(" ", lead)
    return lead


def _beyond_ascii(text: str) -> str:
    """Return the characters of a text that are not ASCII, in their order."""
    if text.isascii():
        return ""
    return text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")


def _script(lead: str, letters: int) -> str | None:
    """Return the language of the script that most letters are in; None for Latin letters and unknown scripts."""
    if len(_LATIN.findall(lead)) * 2 > letters:
        return None
    for lang, pattern in _SCRIPTS:
        if len(pattern.findall(lead)) * 4 >= letters:
            for other, sign in _INSTEAD.get(lang, ()):
                if len(sign.findall(lead.lower())) * 40 >= letters:
                    return other
            return lang
    return None
