"""Text -> words with their places, and the expressions of time in it. spaCy is imported here alone.

Whatever is asked of a word more than once is worked out once, into plain lists: asking spaCy's tokens again and again
was most of what a letter cost.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.matcher import Matcher
    from spacy.tokenizer import Tokenizer

_TIME_WORD = re.compile(
    r"\b(?:days?|weeks?|fortnight|months?|quarters?|years?|spring|summer|autumn|fall|winter|season|cycle|round|term|semester|intake"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|april?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
    r"|20\d\d|q[1-4])\b"
)
"""Every expression of time that the matcher knows has one of these words."""


_SENTENCE_END = re.compile(r"[.!?]\s+|\n\s*\n")


class Words:
    """A text as words: as written, in lower case, where each begins and ends.

    What hyphens join is one word ("Right-of-Way", "co-op"). `shown` is the word as a feature names it: a line break is "|".
    """

    __slots__ = ("ends", "lower", "named", "shown", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        position = 0
        for token in _tokenizer()(text):
            word, start = token.text, position
            end = start + len(word)
            position = end + (text[end : end + 1] == " " and token.whitespace_ == " ")
            if self.ends and self.ends[-1] == start and _hyphenated(text, self.words[-1], word, start, end):
                self.words[-1] += word
                self.ends[-1] = end
            else:
                self.words.append(word)
                self.starts.append(start)
                self.ends.append(end)
        self.lower = [word.lower() for word in self.words]
        self.shown = [word.strip() or "|" for word in self.lower]
        self.named = [
            word[0].isupper() or (word[0].isdigit() and any(char.isalpha() for char in word)) for word in self.words
        ]

    def __len__(self) -> int:
        return len(self.words)

    def between(self, first: int, last: int) -> str:
        """Return the text from the word `first` up to the word before `last`."""
        return self.text[self.starts[first] : self.ends[last - 1]]


def _hyphenated(text: str, before: str, word: str, start: int, end: int) -> bool:
    if word == "-":
        return before[-1].isalnum() and text[end : end + 1].isalnum()
    return before[-1] == "-" and len(before) > 1 and text[start - 2].isalnum() and word[0].isalnum()


@cache
def _tokenizer() -> Tokenizer:
    """Return English's own tokenizer: what `spacy.blank("en")` has, without the pipeline around it, which starts slowly."""
    from spacy.lang.en import English
    from spacy.tokenizer import Tokenizer
    from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex
    from spacy.vocab import create_vocab

    english = English.Defaults
    return Tokenizer(
        create_vocab("en", english),
        rules=english.tokenizer_exceptions,
        prefix_search=compile_prefix_regex(english.prefixes or ()).search,
        suffix_search=compile_suffix_regex(english.suffixes or ()).search,
        infix_finditer=compile_infix_regex(english.infixes or ()).finditer,
        token_match=english.token_match,
        url_match=english.url_match,
    )


def time_spans(text: str) -> Iterator[tuple[list[str], list[int], list[tuple[int, int]]]]:
    """Yield, of each sentence with expressions of time, its words, where they begin, and (first word, word after the last)."""
    cuts = [0, *[match.end() for match in _SENTENCE_END.finditer(text)], len(text)]
    lower = text.lower()
    for start, end in pairwise(cuts):
        if len(lower) == len(text) and not _TIME_WORD.search(lower, start, end):
            continue
        doc = _tokenizer()(text[start:end])
        found = [(first, last) for _, first, last in _time_matcher()(doc) if doc[last - 1].text != ","]
        if found:
            yield [token.text for token in doc], [start + token.idx for token in doc], found


@cache
def _time_matcher() -> Matcher:
    from spacy.matcher import Matcher

    number = {
        "LOWER": {
            "IN": [*"a an one two three four five six seven eight nine ten twelve eighteen few couple several".split()]
        }
    }
    digits = {"LIKE_NUM": True}
    unit = {"LOWER": {"IN": [*"day days week weeks fortnight month months quarter quarters year years".split()]}}
    month = {
        "LOWER": {
            "IN": [
                *"january february march april may june july august september october november december".split(),
                *"jan feb mar apr jun jul aug sept sep oct nov dec".split(),
            ]
        }
    }
    season = {"LOWER": {"IN": [*"spring summer autumn fall winter".split()]}}
    period = {
        "LOWER": {
            "IN": [
                *"week month quarter year season cycle round term semester intake spring summer autumn fall winter".split()
            ]
        }
    }
    which = {
        "LOWER": {"IN": [*"next new coming following this first second third fourth early late mid later".split()]}
    }
    start = {
        "LOWER": {
            "IN": [*"in after within next from until till by around about early late mid on at before this of".split()]
        }
    }
    the = {"LOWER": "the", "OP": "?"}
    adjective = {
        "LOWER": {"IN": [*"financial fiscal calendar academic school budget hiring recruitment full".split()]},
        "OP": "*",
    }
    day = {"TEXT": {"REGEX": r"^\d{1,2}(st|nd|rd|th)?$"}, "OP": "?"}
    year = {"TEXT": {"REGEX": r"^20\d\d$"}}
    matcher = Matcher(_tokenizer().vocab)
    matcher.add("TIME", [
        [start, {"LOWER": {"IN": ["another", "about", "around", "roughly", "approximately", "the", "at", "least"]}, "OP": "*"}, number, {"LOWER": {"IN": ["or", "to", "of", "full", "calendar"]}, "OP": "?"}, {"LIKE_NUM": True, "OP": "?"}, unit],
        [start, {"LOWER": {"IN": ["another", "about", "around", "roughly", "approximately", "the", "at", "least"]}, "OP": "*"}, digits, {"LOWER": {"IN": ["or", "to", "full", "calendar", "-", "\u2013"]}, "OP": "?"}, {"LIKE_NUM": True, "OP": "?"}, unit],
        [number, unit], [digits, unit],
        [number, unit, {"LOWER": {"IN": ["time", "from", "'s"]}}, {"LOWER": {"IN": ["now", "today", "time", "the"]}, "OP": "?"}, {"LOWER": "date", "OP": "?"}],
        [digits, unit, {"LOWER": {"IN": ["from", "of"]}}, {"LOWER": {"IN": ["now", "today", "the", "this"]}}, {"LOWER": {"IN": ["date", "letter", "email", "e-mail", "notice"]}, "OP": "?"}],
        [{**start, "OP": "?"}, the, which, {**which, "OP": "?"}, adjective, period],
        [{**start, "OP": "?"}, the, {"LOWER": {"IN": ["beginning", "start", "end", "middle", "second", "first", "half"]}, "OP": "+"}, {"LOWER": "of"}, {"LOWER": {"IN": ["the", "next", "this", "a", "new"]}, "OP": "*"}, adjective, {"LOWER": {"IN": [*"week month quarter year season cycle term semester spring summer autumn fall winter".split(), *month["LOWER"]["IN"]]}}, {**year, "OP": "?"}],
        [{**start, "OP": "?"}, the, adjective, season, {**year, "OP": "?"}],
        [{**start, "OP": "?"}, {**which, "OP": "?"}, day, {"LOWER": "of", "OP": "?"}, month, day, {"ORTH": ",", "OP": "?"}, {**year, "OP": "?"}],
        [start, year], [start, {"LOWER": {"REGEX": "^q[1-4]$"}}, {**year, "OP": "?"}],
    ])  # fmt: skip
    return matcher
