"""A first look at a mail: its header and the gist of its text, ten times as fast as reading it.

Wherever anything is odd there is no first look, and the mail is read by eml.py. Where there is one, its headers are
what eml.py would say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from analyzer.read.attached import is_stub
from analyzer.read.eml import MAX_NESTED
from analyzer.read.headers import Headers, scan_headers
from analyzer.read.html import MAX_GIST, visible_gist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_HEAD_END = re.compile(rb"\n\r?\n")
_MAX_HEAD = 200_000
_SHALLOW = 100_000  # bytes; in less no parts within parts are so deep that the fast parser runs out of stack and dies
_NO_HEADER = re.compile(rb"^(?![ \t]|[!-9;-~]+:)", re.MULTILINE)
_HARMLESS = {"address-unparseable", "date-unparseable"}  # both are read here, by other means


@dataclass(frozen=True)
class Peek:
    """What a first look shows: `text` is roughly what a person would see, good enough to tell what it is about."""

    headers: Headers
    text: str


def peek(data: bytes) -> Peek | None:
    """Take a first look at a mail; None where anything is odd, or where the letter may be in an attachment."""
    end = _HEAD_END.search(data, 0, _MAX_HEAD)
    if end is None or not _is_plain_header(head := data[: end.start() + 1]):
        return None
    if len(data) > _SHALLOW and data.lower().count(b"boundary") > MAX_NESTED:
        return None
    parse, failures = _parser()
    try:
        mail = parse(data, mode="lazy")
    except failures:
        return None
    if any(warning.kind not in _HARMLESS for warning in mail.warnings):
        return None
    text = _text(mail)
    if not any(char.isalnum() for char in text) or (_may_hold_a_letter(mail.attachments) and is_stub(text)):
        return None
    return Peek(scan_headers(head), text)


def _is_plain_header(head: bytes) -> bool:
    """Tell whether every line is a header or goes on with one, so that no parser can read it in another way."""
    lone = head.count(b"\r") != head.count(b"\r\n") + head.endswith(b"\r")
    return not lone and head[:1] not in b" \t" and _NO_HEADER.search(head, 0, len(head) - 1) is None


def _text(mail: Any) -> str:  # noqa: ANN401  the parser is imported only where it is used
    plain = next((text for text in mail.text_plain if text.strip()), "")[:MAX_GIST]
    if len(plain) > 1_000:
        return plain
    markup = next(iter(mail.text_html), "")
    if not markup:
        return plain
    seen = visible_gist(markup)
    return plain if plain.strip() and len(plain.split()) * 3 >= len(seen.split()) else seen


def _may_hold_a_letter(attachments: Iterable[Any]) -> bool:
    """Tell whether anything is attached but pictures and sound."""
    return any(not attachment.mimetype.lower().startswith(_SEEN_OR_HEARD) for attachment in attachments)


_SEEN_OR_HEARD = ("image/", "audio/", "video/")


@cache
def _parser() -> tuple[Callable[..., Any], type[Exception]]:
    from fast_mail_parser import ParseError, parse_email

    return parse_email, ParseError
