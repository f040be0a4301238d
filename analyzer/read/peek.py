"""A first look at a mail: its header and the gist of its text, ten times as fast as reading it.

Wherever anything odd is met there is no first look, and the mail is read by eml.py. Where there is one, its headers are
what eml.py would say. What a mail is about stands at its beginning, so that no more is parsed, and of its parts only
those are decoded that are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from analyzer.read.attached import is_stub
from analyzer.read.eml import MAX_NESTED
from analyzer.read.headers import Headers, mime_headers, plain_header, scan_headers
from analyzer.read.html import MAX_GIST, visible_gist
from analyzer.read.text import decode_bytes, is_encoding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BEGINNING = 100_000
"""Bytes of a mail that are parsed. In so few no parts within parts are so deep, in whatever encoding they are hidden,
that the fast parser runs out of stack and dies."""

_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';]{1,40})""", re.IGNORECASE)
_NAME = re.compile(r"name\s*[*=]", re.IGNORECASE)
_NAMING = frozenset({"content-type", "content-disposition"})
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", ""})


class _OddError(Exception):
    """A part is not what it says that it is."""


@dataclass(frozen=True)
class Peek:
    """What a first look shows: `text` is roughly what a person would see, good enough to tell what it is about."""

    headers: Headers
    text: str


def peek(data: bytes) -> Peek | None:
    """Take a first look at a mail; None where anything is odd, or where the letter may be in an attachment."""
    head = plain_header(data)
    if not head:
        return None
    parser, failures = _parser()
    end = len(head) + _BEGINNING
    is_cut = end < len(data)
    if is_cut:  # at the end of a line: the groups of base64 stay whole
        end = data.rfind(b"\n", len(head), end) + 1
    try:
        # Of the header the parser needs no more than what says how the body is to be read.
        beginning = b"".join((mime_headers(head), memoryview(data)[len(head) : end]))
        mail = parser.parse_email_tree(beginning, mode="lazy")
        texts, attached = _sorted(mail)
        text = _text(texts)
        if is_cut and text and is_stub(text):
            attached = _attached_to_all(data, len(texts), parser)
    except failures:
        return None
    if not any(char.isalnum() for char in text) or (_may_hold_a_letter(attached) and is_stub(text)):
        return None
    return Peek(scan_headers(head), text)


def _sorted(mail: Any) -> tuple[list[Any], list[str]]:  # noqa: ANN401  the parser is imported only where it is used
    """Return the parts that are text, and of what kinds the others are."""
    texts, attached = [], []
    for part in _leaves(mail):
        kind = part.content_type.lower()
        if kind in {"text/plain", "text/html"} and (part.disposition or "").lower() != "attachment":
            if _is_named(part):
                raise _OddError
            texts.append(part)
        else:
            attached.append(kind)
    return texts, attached


def _is_named(part: Any) -> bool:  # noqa: ANN401
    """Tell whether a text has a file's name: then it is attached, or else somebody's name for the letter."""
    headers = ((name.lower(), values) for name, values in part.headers.items())
    return any(_NAME.search(value) for name, values in headers if name in _NAMING for value in values)


def _leaves(mail: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the parts that hold no others; a mail within the mail is one, whatever is in it."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        children = () if part.is_message else part.children
        if children:
            waiting.extend(reversed(children))
        else:
            yield part


def _text(parts: Iterable[Any]) -> str:
    """Take the first plain part that says something, or the page beside it if that says far more; decode no others."""
    plain, page = "", None
    for part in parts:
        if part.content_type.lower() == "text/html":
            page = page or part
        elif not plain.strip():
            plain = _decoded(part)[:MAX_GIST]
    if len(plain) > 1_000 or page is None:
        return plain
    seen = visible_gist(_in_utf8(page))
    if seen is None:
        raise _OddError
    return plain if plain.strip() and len(plain.split()) * 3 >= len(seen.split()) else seen


def _decoded(part: Any) -> str:  # noqa: ANN401
    data, charset = _content(part)
    return data.decode("utf-8", "replace") if charset in _UTF8 else _readable(data, charset)


def _in_utf8(part: Any) -> bytes:  # noqa: ANN401
    data, charset = _content(part)
    return data if charset in _UTF8 else _readable(data, charset).encode()


def _readable(data: bytes, charset: str) -> str:
    text, whole = decode_bytes(data, charset)
    if not whole:
        raise _OddError
    return text


def _content(part: Any) -> tuple[bytes, str]:  # noqa: ANN401
    """Return the bytes of a part and the encoding that it names."""
    data = part.content or b""
    declared = next((values[0] for name, values in part.headers.items() if name.lower() == "content-type"), "")
    named = _CHARSET.search(declared)
    charset = named[1].lower() if named else ""
    if charset not in _UTF8 and not is_encoding(charset):
        raise _OddError
    if charset in {"", "us-ascii"} and not (data.isascii() or _is_utf8(data)):
        raise _OddError
    return data, charset


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _attached_to_all(data: bytes, texts: int, parser: Any) -> list[str]:  # noqa: ANN401
    """Return of what kinds the attachments are, also of those that begin beyond what was parsed."""
    if data.count(b"--") > MAX_NESTED:  # each level has such a line, however else it is hidden
        raise _OddError
    mail = parser.parse_email(data, mode="lazy")
    if len(mail.text_plain) + len(mail.text_html) > texts:
        raise _OddError
    return [attachment.mimetype for attachment in mail.attachments]


def _may_hold_a_letter(attached: Iterable[str]) -> bool:
    """Tell whether anything is attached but pictures and sound."""
    return any(not kind.lower().startswith(_SEEN_OR_HEARD) for kind in attached)


_SEEN_OR_HEARD = ("image/", "audio/", "video/")


@cache
def _parser() -> tuple[Any, tuple[type[Exception], ...]]:
    import fast_mail_parser

    return fast_mail_parser, (fast_mail_parser.ParseError, _OddError)
