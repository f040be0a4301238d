"""Sentences that come back in letters of several companies: they say nothing about the reader.

Only hashes of sentences are kept while a mailbox is read.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from analyzer.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MIN_WORDS = 4
"""Words of a sentence that is counted; what is shorter is a greeting or a heading."""

MAX_BODY = 20_000
"""Characters of a body that are looked at."""

_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[\w*]+")
_NAME = "*"


class Boilerplate:
    """Counts in how many companies' letters a sentence stands; knows one company and whether there are more."""

    def __init__(self) -> None:
        self._company: dict[int, int] = {}
        self._several: set[int] = set()

    def count(self, body: str, company: int, names: Iterable[str | None]) -> None:
        """Take in a letter. `names` (company, role, contact) are taken as blanks, since a template fills them in."""
        for _, sentence in _sentences(body, names):
            if self._company.setdefault(sentence, company) != company:
                self._several.add(sentence)

    def find(self, body: str, names: Iterable[str | None]) -> list[list[int]]:
        """Return the offsets in `body` of the sentences that stand in letters of at least two companies."""
        return [[*span] for span, sentence in _sentences(body, names) if sentence in self._several]


def _sentences(body: str, names: Iterable[str | None]) -> Iterator[tuple[tuple[int, int], int]]:
    """Yield the offsets of each sentence and a number for its words; the same words give the same number in one run."""
    blanks = sorted({re.escape(_plain(name)) for name in names if name and name.strip()}, key=len, reverse=True)
    blank = re.compile(rf"(?<!\w)(?:{'|'.join(blanks)})(?!\w)") if blanks else None
    text = body[:MAX_BODY]
    for start, end in split_sentences(text):
        folded = _plain(text[start:end])
        folded = blank.sub(_NAME, folded) if blank else folded
        words = _WORD.findall(_DIGITS.sub("0", folded))
        if sum(word != _NAME for word in words) >= MIN_WORDS:
            yield (start, end), hash(" ".join(words))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").split())
