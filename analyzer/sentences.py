"""The classifier's own sentence splitter: one small function, the same for training and serving.

It needs no library, so that a verdict waits for none. Offsets are exact: `text[start:end]` is the sentence.
"""

from __future__ import annotations

import re

MAX_WORDS = 60
"""A longer run without a full stop (pasted without punctuation) is cut into windows of this many words."""

_ABBREVIATIONS = frozenset(
    "mr mrs ms mx dr prof sr jr st ref dept vs etc e.g i.e approx inc ltd co corp pty p.s a.m p.m u.s u.k".split()
)
_BEFORE_NUMBERS = frozenset({"no", "nos"})  # "No. 4" goes on, "the answer is no. We" does not
_END = r"(?<=[.!?\u2026])[\"'\u2019\u201d)\]]*\s+(?=[\"'\u2018\u201c(\[]?"
_LINES = r"\n[ \t]*\n\s*|\n[ \t]*(?=[-*\u2022\u00b7\u2013] |\d{1,2}[.)] |[a-z]\) )"
_BREAK = re.compile(rf"{_END}[^\sa-z])|{_LINES}")
_BREAK_ANYWHERE = re.compile(rf"{_END}\S)|{_LINES}")
_CAPITAL = re.compile(r"[.!?]\s+[A-Z]")
_NO_CAPITAL = re.compile(r"[.!?]\s+[a-z]")
_WORD = re.compile(r"\S+")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return the half-open offsets of each sentence, without the white space around it.

    A single line break is white space (mail is wrapped); a blank line or a bullet ends a sentence. Linear in the text.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _breaks(text).finditer(text):
        if "\n" not in match.group() and _ends_in_abbreviation(text, match.start(), text[match.end()]):
            continue
        _add(text, start, match.end(), spans)
        start = match.end()
    _add(text, start, len(text), spans)
    return spans


def _breaks(text: str) -> re.Pattern[str]:
    """Return what ends a sentence, in the way in which this text is typed: many people write without capitals."""
    without, with_capitals = (sum(1 for _ in pattern.finditer(text)) for pattern in (_NO_CAPITAL, _CAPITAL))
    return _BREAK_ANYWHERE if without > with_capitals + 1 else _BREAK


def _ends_in_abbreviation(text: str, end: int, following: str) -> bool:
    head = text[max(0, end - 12) : end].rstrip("\"')]\u2019\u201d")
    if not head.endswith("."):
        return False
    words = head[:-1].split()
    word = words[-1].lstrip("(\"'").lower() if words else ""
    if word in _BEFORE_NUMBERS:
        return following.isdigit()
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i")


def _add(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    words = [(start + m.start(), start + m.end()) for m in _WORD.finditer(text[start:end])]
    for first in range(0, len(words), MAX_WORDS):
        window = words[first : first + MAX_WORDS]
        spans.append((window[0][0], window[-1][1]))
