"""A saved email: MIME with all that goes wrong in it."""

from __future__ import annotations

import base64
import email
import re
from dataclasses import replace
from email.errors import InvalidBase64LengthDefect
from email.policy import Compat32
from functools import partial
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read.attached import Attachment, is_stub, read_attached
from analyzer.read.headers import MAX_HEADER, decode_words, needed_headers, plain_header, read_headers, scan_headers
from analyzer.read.html import plain_or_page
from analyzer.read.text import decode, refuse_empty, writable
from analyzer.records import Letter, Note

if TYPE_CHECKING:
    from email.message import Message

    from analyzer.read.headers import Headers
    from analyzer.records import RawMail

MAX_NESTED = 200
"""A mail that announces more parts within parts is bait: each level costs the parser a look at every line."""

_MAX_STEPS = 10_000_000  # lines times levels: what the parser looks at, some seconds' worth
_MAX_PART_HEADER = 2_000  # characters; taking parameters apart is quadratic
_MAX_PARAMETERS = 40
_MAX_HEAD = 100_000  # bytes that are searched for the Message-ID of a mail that cannot be parsed
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_LONG_BASE64 = re.compile(rb"\n((?:[A-Za-z0-9+/]{60,76}\r?\n){20,})")
_LINE_ENDS = b"\r\n"


class _Bounded(Compat32):
    """The parser's old ways, with headers cut where no reader needs the rest."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if name.lower().startswith("content-"):
            return name, ";".join(value[:_MAX_PART_HEADER].split(";")[:_MAX_PARAMETERS])
        return name, value[: 2 * MAX_HEADER]


_POLICY = _Bounded()


def read_mail(raw: RawMail) -> Letter:
    """Read one message of a mailbox; a ReadError names its place and its Message-ID."""
    message = None
    try:
        message = _parse(raw.data, raw.source)
        letter = _letter(message, raw.source)
    except ReadError as error:
        error.source = raw.source
        error.message_id = (_headers(message) if message else scan_headers(_head(raw.data))).message_id
        raise
    labels = tuple(dict.fromkeys((*raw.labels, *letter.labels)))
    return replace(letter, labels=labels, person=raw.person, notes=(*raw.notes, *letter.notes))


def letter_from_eml(data: bytes, source: str) -> Letter:
    """Read an .eml file. Broken MIME with text left in it is read, with a note; without text it raises ReadError."""
    return _letter(_parse(data, source), source)


def _letter(message: Message, source: str) -> Letter:
    text, notes = _letter_text(message, source)
    refuse_empty(text, source)
    headers = _headers(message)
    return Letter(
        text=text,
        source=source,
        subject=headers.subject,
        sender=headers.sender,
        reply_to=headers.reply_to,
        to=headers.to,
        cc=headers.cc,
        message_id=headers.message_id,
        sent=headers.sent,
        notes=notes,
        thread=headers.thread,
        labels=headers.labels,
        instant=headers.instant,
    )


def _parse(data: bytes, source: str) -> Message:
    if not data.strip():
        raise ReadError(f"{source}: there is no text in it; paste the words of the letter")
    lower = data.lower()
    nested = lower.count(b"boundary") + lower.count(b"message/")
    if nested > MAX_NESTED or nested * data.count(b"\n") > _MAX_STEPS:
        raise ReadError(f"{source}: has hundreds of nested parts, as no letter has; paste the letter's words instead")
    # The parser takes each line in its hands; an attachment of a hundred thousand lines may as well be one, and most
    # lines of a header are read by nobody.
    if head := plain_header(data):
        data = needed_headers(head) + data[len(head) :]
    data = _LONG_BASE64.sub(lambda run: b"\n" + run[1].translate(None, _LINE_ENDS) + b"\n", data)
    try:
        return email.message_from_bytes(data, policy=_POLICY)
    except (LookupError, TypeError, ValueError) as error:  # a boundary in an impossible encoding
        raise ReadError(f"{source}: is too damaged to be read as mail; paste the letter's words instead") from error


def _letter_text(message: Message, source: str) -> tuple[str, tuple[Note, ...]]:
    """Take the first plain part that says something, else the first HTML part, else the attachment that does."""
    texts: dict[str, str] = {}
    attachments: list[Attachment] = []
    notes: tuple[Note, ...] = ()
    unread: ReadError | None = None
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = _kind(part)
        if _is_attached(part) or kind not in {"text/plain", "text/html"}:
            attachments.append(Attachment(kind, _file_name(part), partial(_payload, part)))
        elif not texts.get(kind, "").strip():
            try:
                texts[kind], found = _part_text(part, source)
            except ReadError as error:
                unread = unread or error
            else:
                notes = (*notes, *found)
    text = plain_or_page(texts.get("text/plain", ""), texts.get("text/html", ""))
    if is_stub(text):
        text, found = read_attached(text, attachments, source)
        notes = (*notes, *found)
    if unread and not text.strip():
        raise unread
    if any(part.defects for part in message.walk()):
        notes = (*notes, Note("broken_mail", "The email is damaged; this is the text that could be read."))
    return text, tuple(dict.fromkeys(notes))


def _kind(part: Message) -> str:
    # Announced as parts, but none were found: it is the text that stands there.
    return "text/plain" if part.get_content_maintype() == "multipart" else part.get_content_type()


def _is_attached(part: Message) -> bool:
    # The name itself is not asked for: it may be in an encoding that cannot be.
    try:
        named = part.get_param("filename", header="content-disposition") or part.get_param("name")
    except TypeError:  # a name in pieces, some of them without a number
        return True
    return bool(named) or part.get_content_disposition() == "attachment"


def _file_name(part: Message) -> str:
    try:
        return writable(decode_words(part.get_filename() or ""))
    except (LookupError, TypeError, ValueError):  # in pieces without numbers, or in an impossible encoding
        return ""


def _part_text(part: Message, source: str) -> tuple[str, tuple[Note, ...]]:
    try:
        charset = part.get_content_charset()
    except (TypeError, ValueError):  # it is itself declared in pieces, or in an impossible encoding
        charset = None
    return decode(_payload(part), source, charset)


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return b""
    if any(isinstance(defect, InvalidBase64LengthDefect) for defect in part.defects):
        # It was cut inside a group of four, and given back as it stands: the groups before the cut are whole.
        digits = _NOT_BASE64.sub(b"", payload)
        payload = base64.b64decode(digits[: len(digits) // 4 * 4])
    return payload


def _head(data: bytes) -> bytes:
    return re.split(rb"\r?\n\r?\n", data[:_MAX_HEAD], maxsplit=1)[0]


def _headers(message: Message) -> Headers:
    first: dict[str, str] = {}
    for name, value in message.raw_items():
        first.setdefault(name.lower(), str(value))
    return read_headers(lambda name: first.get(name, "").encode("ascii", "surrogateescape"))
