"""Letter -> the pieces of it that may be its company, role, contact and timeframe, with what the ranker weighs of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from analyzer.addresses import name_and_address
from analyzer.mentions import Mentions, names_in_lines, names_in_text, signed_in_body
from analyzer.roles import find_roles
from analyzer.tokens import time_spans
from analyzer.traits import Scene, in_letter, look, of_sender, of_silence

if TYPE_CHECKING:
    from analyzer.records import Cleaned, Letter

LABELS = ("company", "role", "contact", "timeframe")
_WRAP = re.compile(r"(?<=[^\s.,:;!?])\n(?=[^\s-])")
"""A line break inside a sentence, as mail is wrapped; a space in its place keeps every offset."""


class Candidate(NamedTuple):
    """A piece of the letter that may be what a label asks for, with what the ranker weighs.

    `told` is what its places in the letter tell, `seen` what its words alone show: that is the same in every letter.
    """

    text: str
    told: tuple[str, ...]
    seen: tuple[str, ...] = ()
    start: int = -1
    end: int = -1

    @property
    def features(self) -> tuple[str, ...]:
        """All that the ranker weighs."""
        return self.told + self.seen


class Choice(NamedTuple):
    """All that a label may be in one letter; `nothing` are the features of there being no answer."""

    nothing: tuple[str, ...]
    candidates: list[Candidate]


def find_candidates(letter: Letter, cleaned: Cleaned) -> dict[str, Choice]:
    """Return every candidate of each label, in a fixed order; the same for training and serving."""
    display, address = name_and_address(letter.sender)
    scene = Scene.of(letter, cleaned, display, address)
    lines, ends, text, roles = Mentions(), Mentions(), Mentions(), Mentions()
    names_in_lines(scene, lines)
    signed_in_body(scene, ends)
    names_in_text(scene, text)
    find_roles(scene, roles)
    companies, contacts = Mentions(), Mentions()
    for pool in (lines, ends, text):
        companies.merge(pool)
    for pool in (lines, ends):
        contacts.merge(pool)
    roles.merge(text)
    memo: dict[str, list[str]] = {}
    found = {
        "company": _weighed(companies, scene, memo, role=False),
        "role": _weighed(roles, scene, memo, role=True),
        "contact": _weighed(contacts, scene, memo, role=False),
        "timeframe": _times(scene),
    }
    return {label: Choice(of_silence(scene, label, len(candidates)), candidates) for label, candidates in found.items()}


def _weighed(mentions: Mentions, scene: Scene, memo: dict[str, list[str]], *, role: bool) -> list[Candidate]:
    """Return them with their features; `memo` keeps what the letter says of words that several labels ask for."""
    found = []
    for text, (places, features, (start, end)) in mentions.found.items():
        seen = look(text)
        if role and seen.loose:
            continue
        letter = memo.get(text)
        if letter is None:
            letter = memo[text] = in_letter(scene, text, seen)
        told = [*features, *letter]
        if not role:
            told += of_sender(scene, text, seen)
        for place in places:
            told.append(place)
            told += [f"{place}+{trait}" for trait in seen.by_place]
        found.append(Candidate(text, tuple(told), seen.role if role else seen.name, start, end))
    return found


def _times(scene: Scene) -> list[Candidate]:
    """Return expressions of time, across the ends of lines too; a name does not go on in the next line."""
    found: dict[str, Candidate] = {}
    for words, starts, matches in time_spans(_WRAP.sub(" ", scene.body.text)):
        lower = [word.lower().strip() or "|" for word in words]
        near = [f"near={word}" for word in sorted({word for word in lower if word.isalpha()})]  # a set has no order
        for first, last in matches:
            start, end = starts[first], starts[last - 1] + len(words[last - 1])
            longer = any(a <= first and last <= z and (a, z) != (first, last) for a, z in matches)
            told = dict.fromkeys([*_of_time(lower, first, last), *near, f"longer={longer}"])
            key = " ".join(scene.body.text[start:end].split())
            if key in found:
                told = dict.fromkeys([*found[key].told, *told])
                start, end = found[key].start, found[key].end
            found[key] = Candidate(key, tuple(told), (), start, end)
    return list(found.values())


def _of_time(lower: list[str], first: int, last: int) -> list[str]:
    before, behind = lower[max(0, first - 6) : first], lower[last : last + 2]
    return [
        *[f"word={word}" for word in lower[first:last]],
        *[f"before={word}" for word in before],
        *[f"next={word}" for word in behind],
        f"prev={before[-1] if before else '<'}",
        f"first={lower[first]}",
        f"last={lower[last - 1]}",
        f"words={last - first}",
    ]
