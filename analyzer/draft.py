"""Recommendation -> an email that can be sent as it stands, from sentences kept as data (`draft_templates.toml`).

The article's six parts, in its order: thanks; a compliment on something true; why the reader fits; respect for the
decision; the open door; thanks again. Nothing is claimed that the letter or the reader does not show. What only the
reader can know comes from the profile, or stands as a visible gap in brackets.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.reasons import Reason, Stage
from analyzer.records import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyzer.records import Entities, Letter, Person

MAX_WORDS = 150
NAME_GAP = "[your name]"

_TEMPLATES = Path(__file__).with_name("draft_templates.toml")
_PARTS = ("thanks", "compliment", "fit", "door", "close")
_LATER_PARTS = ("later_thanks", "later_door", "later_close")
_NO_REPLY = re.compile(
    r"no-?_?reply|do[-_.]?not[-_.]?reply|(?<![a-z])no\.reply|^mailer-daemon@|(?:^|[-_.+])notifications?@|^bounces?[-_.+@]",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")


def draft_email(
    *,
    letter: Letter,
    shown: Sequence[Reason],
    stage: Stage | None,
    ineligible: bool,
    entities: Entities,
    profile: Mapping[str, str],
    later: bool = False,
    met: Person | None = None,
) -> Draft:
    """Write the thank-you, or with `later` the note that follows it, in at most MAX_WORDS words.

    `profile` may hold `name`, `strength`, `why_applied` and `mention`; see `analyzer profile`. Where nobody reads the
    address that the letter came from, the email is for `met`, and greets them.
    """
    to = _addressees(letter)
    if not to and met is not None:
        to = (met.address,)
        entities = replace(entities, contact=met.name or None)
    sentences = {key: _sentence(value, key) for key, value in profile.items()}
    told = {key: text for key, text in sentences.items() if any(char.isalnum() for char in text)}
    facts: dict[str, object] = {
        "met": stage in {Stage.INTERVIEW, Stage.FINAL},
        "final": stage is Stage.FINAL,
        "reason": shown[0].value if shown else "",
        "explained": bool(shown),
        "ineligible": ineligible,
        **dict.fromkeys(told, True),
    }
    fields = {"role": role_words(entities), "company": entities.company or "", **told}
    parts = [_fill(part, facts, fields) for part in (_LATER_PARTS if later else _PARTS)]
    name = told.get("name") or NAME_GAP
    paragraphs = [" ".join(parts)] if later else [" ".join(parts[:2]), parts[2], " ".join(parts[3:])]
    body = "\n\n".join([_greeting(entities), *paragraphs, f"Kind regards,\n{name}"])
    missing = [key for key, gap in (("strength", "[in half a sentence"), ("name", NAME_GAP)) if gap in body]
    return Draft(
        purpose="later_note" if later else "thank_you",
        to=to,
        cc=(),
        subject=_subject(letter, entities),
        body=body,
        missing=tuple(missing),
    )


@cache
def _templates() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(_TEMPLATES.read_text("utf-8"))


def _fill(part: str, facts: Mapping[str, object], fields: Mapping[str, str]) -> str:
    for line in _templates()[part]:
        if all(facts.get(name, False) == value for name, value in line.get("when", {}).items()):
            # replace, not format: a brace in a company's name is a brace
            return re.sub(r"\{(\w+)\}", lambda match: fields.get(match[1], match[0]), line["text"])
    raise LookupError(part)  # the last line of each part has no condition; tests/test_draft.py holds it so


def role_words(entities: Entities) -> str:
    """Return the position as a sentence names it: "the Data Analyst position at Acme"."""
    at = f" at {entities.company}" if entities.company else ""
    if entities.role is None:
        return f"a role{at}" if at else "the role"
    noun = (
        ""
        if re.search(r"\b(?:position|role|post|job|vacancy|scheme|programme|program|internship)$", entities.role, re.I)
        else " position"
    )
    return f"the {entities.role}{noun}{at}"


def _greeting(entities: Entities) -> str:
    if entities.contact:
        return f"Dear {entities.contact},"
    return f"Dear {entities.company} team," if entities.company else "Dear hiring team,"


def _subject(letter: Letter, entities: Entities) -> str:
    subject = " ".join(re.sub(r"^(?:\s*(?:re|fwd?|aw|wg)\s*:)+", "", letter.subject, flags=re.I).split())
    if subject:
        return f"Re: {subject}"
    return (
        f"Thank you: {' '.join(entities.role.split())}" if entities.role else "Thank you for considering my application"
    )


def _addressees(letter: Letter) -> tuple[str, ...]:
    """Return the one plain address that answers go to; none where nobody reads it."""
    for header in (letter.reply_to, letter.sender):
        address = first_address(header)
        if address and not is_no_reply(address):
            return (address,)
    return ()


def is_no_reply(address: str) -> bool:
    """Return whether nobody reads what is sent there."""
    return bool(_NO_REPLY.search(address))


def first_address(header: str) -> str | None:
    """Return the first address of a header's first line, and never a second: what stands in <> before what does not."""
    line = re.sub(r"\([^()]{0,200}\)", "", header.strip().splitlines()[0]) if header.strip() else ""
    alone = line.split(",")[0].strip()
    if _ADDRESS.fullmatch(alone):
        return alone
    inside = re.search(r"<([^<>\s]{3,254})>", line)
    return inside[1] if inside and _ADDRESS.fullmatch(inside[1]) else None


def _sentence(value: str, key: str) -> str:
    text = " ".join(value.split())
    if key == "strength":
        text = re.sub(r"^(?:because|since)\s+", "", text.rstrip(" .!"), flags=re.I)
    elif key in {"why_applied", "mention"} and not text.endswith((".", "!", "?")):
        text += "."
    return text
