"""A saved email: MIME with all that goes wrong in it."""

from __future__ import annotations

import base64
import email
import re
from email.errors import InvalidBase64LengthDefect, MessageError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read.html import visible_text
from analyzer.read.text import decode, parse_date, refuse_empty, writable
from analyzer.records import Letter, Note

if TYPE_CHECKING:
    from email.message import Message

MAX_NESTED = 200
"""A mail that announces more parts within parts is bait: each level costs the parser a look at every line."""

_NESTING = re.compile(rb"boundary|message/", re.IGNORECASE)
_MAX_HEADER = 10_000  # characters; decoding takes more than linear time
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def letter_from_eml(data: bytes, source: str) -> Letter:
    """Read an .eml file. Broken MIME with text left in it is read, with a note; without text it raises ReadError."""
    message = _parse(data, source)
    text, notes = _letter_text(message, source)
    refuse_empty(text, source)
    return Letter(
        text=text,
        source=source,
        subject=_header(message, "Subject"),
        sender=_header(message, "From"),
        reply_to=_header(message, "Reply-To"),
        to=_header(message, "To"),
        cc=_header(message, "Cc"),
        message_id=_header(message, "Message-ID"),
        sent=parse_date(_header(message, "Date")),
        notes=notes,
    )


def _parse(data: bytes, source: str) -> Message:
    if not data.strip():
        raise ReadError(f"{source}: there is no text in it; paste the words of the letter")
    if len(_NESTING.findall(data)) > MAX_NESTED:
        raise ReadError(f"{source}: has hundreds of nested parts, as no letter has; paste the letter's words instead")
    try:
        return email.message_from_bytes(data)
    except (LookupError, TypeError, ValueError) as error:  # a boundary in an impossible encoding
        raise ReadError(f"{source}: is too damaged to be read as mail; paste the letter's words instead") from error


def _letter_text(message: Message, source: str) -> tuple[str, tuple[Note, ...]]:
    """Take the first plain part that says something, else the first HTML part."""
    plain, markup = "", ""
    notes: tuple[Note, ...] = ()
    for part in message.walk():
        if part.is_multipart() or _is_attached(part):
            continue
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart":  # announced, but its parts were not found
            kind = "text/plain"
        if (kind == "text/plain" and not plain.strip()) or (kind == "text/html" and not markup):
            text, found = _part_text(part, source)
            notes = (*notes, *found)
            if kind == "text/plain":
                plain = text
            else:
                markup = text
    seen = visible_text(markup) if markup else ""
    # Some senders put a stub into the plain part ("your mail program cannot show this message").
    text = plain if plain.strip() and len(plain.split()) * 3 >= len(seen.split()) else seen
    if any(part.defects for part in message.walk()):
        notes = (*notes, Note("broken_mail", "The email is damaged; this is the text that could be read."))
    return text, tuple(dict.fromkeys(notes))


def _is_attached(part: Message) -> bool:
    # The name itself is not asked for: it may be in an encoding that cannot be.
    try:
        named = part.get_param("filename", header="content-disposition") or part.get_param("name")
    except TypeError:  # a name in pieces, some of them without a number
        return True
    return bool(named) or part.get_content_disposition() == "attachment"


def _part_text(part: Message, source: str) -> tuple[str, tuple[Note, ...]]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return "", ()
    if any(isinstance(defect, InvalidBase64LengthDefect) for defect in part.defects):
        # It was cut inside a group of four, and given back as it stands: the groups before the cut are whole.
        digits = _NOT_BASE64.sub(b"", payload)
        payload = base64.b64decode(digits[: len(digits) // 4 * 4])
    try:
        charset = part.get_content_charset()
    except (TypeError, ValueError):  # it is itself declared in pieces, or in an impossible encoding
        charset = None
    return decode(payload, source, charset)


def _header(message: Message, name: str) -> str:
    """Decode one header to one line; what cannot be decoded is returned as it stands."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    raw = raw[:_MAX_HEADER].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        value = str(make_header(decode_header(raw)))
    except (MessageError, LookupError, ValueError):
        value = raw
    return " ".join(writable(value).split())
