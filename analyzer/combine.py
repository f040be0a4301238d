"""A thank-you -> the later note that follows it, or one email for several applications to the same person.

Greeting, signature and what the reader says of themselves are those of the thank-you: it was written with their
profile, which is not asked for again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.draft import MAX_WORDS, NAME_GAP, draft_email, role_words
from analyzer.records import Entities, Letter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analyzer.records import Draft

MAX_NAMED = 4
"""More positions than these are counted, not named."""

_SIGNED = "\n\nKind regards,\n"
_GAPS = {"strength": "[in half a sentence", "name": NAME_GAP}
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NO_FIT = "I respect your decisions; you know best what your team needs."


def draft_note(role: str, company: str, thanks: Draft) -> Draft:
    """Return the later note on one application, to whom `thanks` goes."""
    note = draft_email(
        letter=Letter(text="", source=""),
        shown=(),
        stage=None,
        ineligible=False,
        entities=Entities(company=company or None, role=role or None),
        profile={},
        later=True,
    )
    said = note.body.split("\n\n", 1)[1].rpartition(_SIGNED)[0]
    return _signed(said, thanks, "later_note")


def draft_combined(posts: Sequence[tuple[str, str]], newest: Draft, *, later: bool) -> Draft:
    """Return one email for several applications, each a role and a company; "" stands for what is not known.

    As many positions are named as fit into MAX_WORDS words.
    """
    write = _note_on_all if later else _thanks_for_all
    for named in range(MAX_NAMED, -1, -1):
        draft = _signed(write(posts, newest, named), newest, "later_note" if later else "thank_you")
        if len(draft.body.split()) <= MAX_WORDS:
            break
    return draft


def _thanks_for_all(posts: Sequence[tuple[str, str]], newest: Draft, named: int) -> str:
    """Return the article's six parts for several applications. They are said of all, so nothing is said of a meeting."""
    roles = _roles(posts, named)
    each = "both applications" if len(posts) == _TWO else "each application"
    thanks = (
        f"Thank you for considering me{f' for {roles}' if roles else ''}, and for letting me know the outcome of "
        f"{each}. I appreciate the time that you took over them."
    )
    door = (
        f"If anything changes with {_which(posts, 'any')}, or if you feel that I would suit another role, I would be "
        "glad to talk. Thank you again for your time and consideration."
    )
    return "\n\n".join((thanks, _fit(newest), door))


def _note_on_all(posts: Sequence[tuple[str, str]], _: Draft, named: int) -> str:
    roles = _roles(posts, named)
    return (
        f"Some time ago you considered me{f' for {roles}' if roles else ''}, and I am writing once more, briefly. "
        f"If {_which(posts, 'one')} has opened again, or something similar is coming up, I am still interested and "
        "glad to talk. If not, there is no need to answer. Thank you for your time."
    )


def _which(posts: Sequence[tuple[str, str]], one: str) -> str:
    """Return "this position", where all applications were for the same, "either position" or "any of these positions"."""
    if len(set(posts)) == 1 and posts[0][0]:
        return "this position"
    return "either position" if len(posts) == _TWO else f"{one} of these positions"


_TWO = 2


def _fit(thanks: Draft) -> str:
    """Return the paragraph in which the reader says why they fit and that they respect the decision."""
    paragraphs = thanks.body.split("\n\n")
    fits = thanks.purpose == "thank_you" and len(paragraphs) == _PARAGRAPHS
    return paragraphs[2].replace("your decision;", "your decisions;") if fits else _NO_FIT


_PARAGRAPHS = 5  # greeting, thanks, why they fit, the open door, signature


def _roles(posts: Sequence[tuple[str, str]], named: int) -> str:
    """Return "the A position and the B position at Acme"; of more than `named` the others are counted."""
    companies = {company for _, company in posts}
    at_all = f" at {companies.pop()}" if len(companies) == 1 and all(company for _, company in posts) else ""
    known = _distinct((role, "" if at_all else company) for role, company in posts if role)[:named]
    phrases = [role_words(Entities(company=company or None, role=role)) for role, company in known]
    others = sum(not role or (role, "" if at_all else company) not in known for role, company in posts)
    if not phrases:
        return ""
    if others:
        count = _COUNTS[others] if others < len(_COUNTS) else str(others)
        phrases.append(f"{count} other position{'s' if others > 1 else ''}")
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}{at_all}" if len(phrases) > 1 else f"{phrases[0]}{at_all}"


def _signed(said: str, thanks: Draft, purpose: str) -> Draft:
    """Put the greeting and the signature of `thanks` around what is said, and name the gaps that are left."""
    greeting = thanks.body.split("\n\n", 1)[0]
    name = thanks.body.rpartition(_SIGNED)[2] if _SIGNED in thanks.body else NAME_GAP
    body = f"{greeting}\n\n{said}{_SIGNED}{name}"
    missing = tuple(gap for gap, words in _GAPS.items() if words in body)
    return replace(thanks, purpose=purpose, body=body, missing=missing)


def _distinct(posts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(posts))
