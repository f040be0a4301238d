"""Letter -> where names stand: lines of the signature, the sender's name, a last line that is signed, runs of capitals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.traits import ANCHORS, GENERIC, TITLES, context, of_job

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzer.tokens import Words
    from analyzer.traits import Scene

_CONNECTORS = frozenset("of and & for the de la van der den von du del al bin to in y e und og och et i - / +".split())
_SEPARATORS = frozenset([",", "-", "\u2013", "\u2014", "(", ")", "/", ":", "|", "&", ";"])
OWN = frozenset(["'s", "\u2019s", "'", "\u2019"])
_SEGMENT = re.compile(
    r"\s*(?:,|\||\s[-\u2013\u2014\u00b7\u2022]\s|\n|\(|\)|/|:|;|\bon behalf of\b|\bfor and on behalf of\b|\bvia\b)\s*"
)
_AT = re.compile(r"\s+(?:at|from|@|of)\s+")
_KISS = re.compile(r"x{1,4}o?|[\u2600-\u27bf\ufe0f\U0001f000-\U0001ffff]+", re.I)
_INTRODUCED = re.compile(
    r"\b(?:it['\u2019]?s|this is|i['\u2019]?m|my name is)(?: only| just)? (\w+(?: [A-Z][\w'\u2019-]+)?)"
    r"|(?:^|[,.!]\s+)([A-Z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+)?),? (?:here|from|at)\b"
)
_MAX_WORDS = 9
_MAX_SEGMENTS = 40
NAME_WORDS = 4
_INTRODUCTION = 160
_CLOSING_WORDS = 9


class Mentions:
    """Pieces of a letter, each with the places where it stands and what those tell: the same words are one piece."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[dict[str, None], dict[str, None], list[int]]] = {}

    def add(self, text: str, place: str, features: Iterable[str], start: int = -1, end: int = -1) -> None:
        """Add a piece, or another place of one that is known; its span is the first that is given."""
        key = " ".join(text.split())
        if not key:
            return
        known = self.found.get(key)
        if known is None:
            known = self.found[key] = ({}, {}, [-1, -1])
        known[0][place] = None
        known[1].update(dict.fromkeys(features))
        if start >= 0 > known[2][0]:
            known[2][:] = start, end

    def merge(self, other: Mentions) -> None:
        """Add all that `other` has found."""
        for key, (places, features, span) in other.found.items():
            known = self.found.get(key)
            if known is None:
                self.found[key] = ({**places}, {**features}, [*span])
            else:
                known[0].update(places)
                known[1].update(features)
                if span[0] >= 0 > known[2][0]:
                    known[2][:] = span


def names_in_lines(scene: Scene, pool: Mentions) -> None:
    """Find names in the sender's display name and in the lines of the signature."""
    pieces = segments(scene.display)
    for text in pieces:
        pool.add(text, "display", (f"begins={any(other.startswith(text + ' ') for other in pieces)}",))
    team_signed = False  # below "Hiring Team" stands a company, not a person
    names_above = 0  # a person signs first, the employer stands below
    for number, line in enumerate(scene.signature.split("\n")[:10]):
        whole = line.strip()
        pieces = segments(line)
        for position, text in enumerate(pieces):
            same = text == whole
            told = (
                f"line={min(number, 5)}",
                f"position={min(position, 3)}",
                f"whole={same}",
                f"line_below_team={team_signed}",
                f"line_names_above={min(names_above, 2)}{same}",
                f"begins={any(other.startswith(text + ' ') for other in pieces)}",
            )
            pool.add(text, "signature", told)
        words = [word.strip(".,") for word in line.split()]
        generic = sum([word.lower() in GENERIC for word in words])
        team_signed = team_signed or (bool(words) and words[-1].lower() in GENERIC)
        names_above += 1 < len(words) <= NAME_WORDS and not generic and all(word[:1].isupper() for word in words)


def segments(line: str) -> list[str]:
    """Return the pieces of a line that can be a name: between separators, with and without generic words and titles."""
    if not line.strip():
        return []
    pieces = [line.strip()]
    for piece in _SEGMENT.split(line):
        pieces.append(piece)
        pieces += _AT.split(piece)
    trimmed = []
    for piece in dict.fromkeys(pieces):
        bare = TITLES.sub("", piece.strip(" .,!*\"'"))
        trimmed += [piece.strip(" ,"), bare, _without_kisses(bare)]
        if not _SEGMENT.search(bare):  # "Team Lead, Acme" is no name with something generic before it
            trimmed += _without_generic(bare)
    return list(dict.fromkeys([t for t in trimmed if t and len(t.split()) <= _MAX_WORDS]))[:_MAX_SEGMENTS]


def _without_kisses(piece: str) -> str:
    words = piece.split()
    while words and _KISS.fullmatch(words[-1]):
        words.pop()
    return " ".join(words)


def _without_generic(piece: str) -> Iterator[str]:
    """Yield "The Acme" for "The Acme Hiring Team", "Acme" for "Careers at Acme", and each shorter beginning of them."""
    words = piece.split()
    while words and words[0].lower().strip(".,") in GENERIC - {"the"}:
        words.pop(0)
    shortened = False
    while words and words[-1].lower().strip(".,") in GENERIC:
        words.pop()
        shortened = True
        yield " ".join(words)
    if shortened or len(words) > 2:
        yield " ".join(words)
        yield " ".join(words[:-1])
    elif words:
        yield " ".join(words)


def signed_in_body(scene: Scene, pool: Mentions) -> None:
    """Find who signs where no line is set apart for it: "... bear with!! Chantelle x", "hi mate its danny"."""
    body = scene.body
    last = len(body)
    while last and not body.words[last - 1][-1].isalnum():
        last -= 1
    first = last
    while first and last - first < _CLOSING_WORDS and body.words[first - 1][0] not in ".!?)\n\u2014\u2013":
        first -= 1
    if 0 < first < last:
        start = body.starts[first]
        line = body.text[start : body.ends[last - 1]]
        for position, text in enumerate(segments(line)):
            if text.count(" ") > NAME_WORDS:
                continue
            told = (f"position={min(position, 3)}", f"whole={text == line}", f"signed={not scene.signature}")
            offset = line.find(text)
            where = (start + offset, start + offset + len(text)) if offset >= 0 else (-1, -1)
            pool.add(text, "closing", told, *where)
    for match in _INTRODUCED.finditer(body.text[:_INTRODUCTION]):
        group = 1 if match[1] else 2
        name = match[group]
        pool.add(name, "introduced", (f"introduced={group}{name[0].isupper()}",), *match.span(group))


def names_in_text(scene: Scene, pool: Mentions) -> None:
    """Find runs of capitalised words in the body and the subject, cut at separators in every way."""
    for place, words in (("run", scene.body), ("subject", scene.subject)):
        for first, last in _runs(words):
            for a, z in _cut_run(words, first, last)[:14]:
                told = context(words, a, z)
                told.append(f"cut={(a, z) != (first, last)}")
                told.append(of_job(words, z))
                if place == "subject":
                    pool.add(words.between(a, z), place, told)
                    continue
                start, end = words.starts[a], words.ends[z - 1]
                pool.add(words.text[start:end], place, told, start, end)
                if (
                    z - a > 1 and words.words[z - 1].find(".") == len(words.words[z - 1]) - 1
                ):  # "Orrin Ltd." may end the sentence
                    pool.add(words.text[start : end - 1], place, told, start, end - 1)


def _runs(words: Words) -> Iterator[tuple[int, int]]:
    named, text, size = words.named, words.words, len(words)
    index = 0
    while index < size:
        if not named[index]:
            index += 1
            continue
        end = index + 1
        while end < size and end - index < 14:
            if named[end] or (text[end].isdigit() and not text[end - 1].isdigit()):
                end += 1
            elif end + 1 < size and named[end + 1] and _joins(words, end):
                end += 2
            elif end + 2 < size and named[end + 2] and _joins(words, end) and _joins(words, end + 1):
                end += 3
            elif text[end] == ")" and "(" in text[index:end]:
                end += 1
            else:
                break
        yield index, end
        index = end


def _joins(words: Words, index: int) -> bool:
    word = words.words[index]
    if word == ".":
        return index > 0 and len(words.words[index - 1]) == 1
    return words.lower[index] in _CONNECTORS or word in _SEPARATORS or word in OWN


_CUT_AFTER = frozenset("at for the of to with in and i".split())
_CUT_BEFORE = frozenset("at for of to with in and i 's".split())


def _cut_run(words: Words, first: int, last: int) -> list[tuple[int, int]]:
    """Return the run, and its parts between separators, prepositions and sentence starts, longest first."""
    text, lower = words.words, words.lower
    starts = {first}
    ends = {last}
    if last - first > 1:
        starts.add(first + 1)
    for i in range(first, last):
        if text[i] in _SEPARATORS or lower[i] in _CUT_AFTER:
            starts.add(i + 1)
        if i > first:
            if text[i] in _SEPARATORS or lower[i] in _CUT_BEFORE or lower[i] in ANCHORS:
                ends.add(i)
            elif text[i - 1][-1] == "." and len(text[i - 1]) > 2:  # "... of Orrin Ltd. You ..."
                ends.add(i)
                starts.add(i)
    if last < len(words) and lower[last] in {"'s", "\u2019s"}:  # "at Orrin's"
        ends.add(last + 1)
    if first and lower[first - 1] == "the":
        starts.add(first - 1)
    spans = [(a, z) for a in starts for z in ends if a < z and z - a <= _MAX_WORDS + 3]
    return sorted(spans, key=lambda span: (span[0] - span[1], span))
