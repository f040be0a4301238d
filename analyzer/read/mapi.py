"""What Outlook knows of a message -> a Letter, whether it lies in a .msg file or in a .pst: the properties are the same.

Their names and numbers are those of the specification [MS-OXPROPS].
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formataddr
from typing import TYPE_CHECKING, Protocol

from analyzer.errors import ReadError
from analyzer.read.attached import is_stub, read_attached
from analyzer.read.headers import MAX_HEADER, read_thread, scan_headers
from analyzer.read.html import plain_or_page
from analyzer.read.rtf import read_rtf, unpack_rtf
from analyzer.read.text import MAX_BYTES, decode_bytes, refuse_empty, writable
from analyzer.records import Letter, Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analyzer.read.attached import Attachment

SUBJECT = 0x0037
CLIENT_SUBMIT_TIME = 0x0039
SENT_REPRESENTING_NAME = 0x0042
SENT_REPRESENTING_ADDRESS = 0x0065
TRANSPORT_HEADERS = 0x007D
RECIPIENT_TYPE = 0x0C15
SENDER_NAME = 0x0C1A
SENDER_ADDRESS = 0x0C1F
DISPLAY_CC = 0x0E03
DISPLAY_TO = 0x0E04
DELIVERY_TIME = 0x0E06
BODY = 0x1000
RTF_COMPRESSED = 0x1009
HTML = 0x1013
MESSAGE_ID = 0x1035
REFERENCES = 0x1039
IN_REPLY_TO = 0x1042
DISPLAY_NAME = 0x3001
EMAIL_ADDRESS = 0x3003
SMTP_ADDRESS = 0x39FE
INTERNET_CODE_PAGE = 0x3FDE
MESSAGE_CODE_PAGE = 0x3FFD
SENDER_SMTP = 0x5D01
SENT_REPRESENTING_SMTP = 0x5D02

_CODE_PAGES = {
    1200: "utf-16-le", 10000: "mac-roman", 20127: "ascii", 20866: "koi8-r", 21866: "koi8-u", 50220: "iso-2022-jp",
    50221: "iso-2022-jp", 50222: "iso-2022-jp", 51932: "euc-jp", 51949: "euc-kr", 54936: "gb18030", 65001: "utf-8",
}  # fmt: skip
_SUBJECT_MARK = re.compile(r"\A\x01.", re.DOTALL)  # in a store, before the length of "Re: "
_INNER_NAME = re.compile(r"\s{0,9}<?/o=[^<>,;]{0,500}>?", re.IGNORECASE)  # Exchange's, within a company
_CONTROLS = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f]")
_FIRST_MOMENT = datetime(1601, 1, 1, tzinfo=UTC)


class Properties(Protocol):
    """The properties of a message, a recipient or an attachment; what is not there is empty."""

    def text(self, number: int) -> str:
        """Return a property that is text."""

    def data(self, number: int) -> bytes:
        """Return a property that is bytes."""

    def number(self, number: int) -> int:
        """Return a property that is a whole number, 0 where it is not there."""

    def moment(self, number: int) -> float | None:
        """Return a property that is a time, in seconds since 1970."""


@dataclass(frozen=True)
class Item:
    """A message: its properties, those of its recipients, and what is attached."""

    properties: Properties
    recipients: Sequence[Properties] = ()
    attachments: Iterable[Attachment] = field(default=())


def letter_of_item(item: Item, source: str, labels: tuple[str, ...] = (), person: str = "") -> Letter:
    """Read a message; one without text raises ReadError, which names its Message-ID."""
    properties = item.properties
    headers = scan_headers(_one_line_ends(properties.text(TRANSPORT_HEADERS)))
    message_id = headers.message_id or _line(properties.text(MESSAGE_ID))
    instant = headers.instant if headers.instant is not None else _moment(properties)
    try:
        text, notes = _text(item, source)
    except ReadError as error:
        error.source, error.message_id = source, message_id
        raise
    return Letter(
        text=text,
        source=source,
        subject=headers.subject or _line(_SUBJECT_MARK.sub("", properties.text(SUBJECT))),
        sender=_without_inner_names(headers.sender) or _sender(properties),
        reply_to=headers.reply_to,
        to=_without_inner_names(headers.to) or _recipients(item, 1) or _line(properties.text(DISPLAY_TO)),
        cc=_without_inner_names(headers.cc) or _recipients(item, 2) or _line(properties.text(DISPLAY_CC)),
        message_id=message_id,
        sent=headers.sent or (datetime.fromtimestamp(instant, UTC).date() if instant is not None else None),
        notes=notes,
        thread=headers.thread or read_thread(properties.text(REFERENCES), properties.text(IN_REPLY_TO)),
        labels=tuple(dict.fromkeys((*labels, *headers.labels))),
        person=person,
        instant=instant,
    )


def from_filetime(ticks: int) -> float | None:
    """Return seconds since 1970 for tenths of a microsecond since 1601; None for what is no time of a mail."""
    if not 0 < ticks < 2**63 - 1:
        return None
    try:
        return (_FIRST_MOMENT + timedelta(microseconds=ticks // 10)).timestamp()
    except OverflowError:
        return None


def code_page(number: int) -> str | None:
    """Return Python's name of a Windows code page."""
    if 28591 <= number <= 28606:
        return f"iso8859-{number - 28590}"
    return _CODE_PAGES.get(number) or (f"cp{number}" if number else None)


def _text(item: Item, source: str) -> tuple[str, tuple[Note, ...]]:
    text = _own_text(item.properties)
    notes: tuple[Note, ...] = ()
    if len(text) > MAX_BYTES:
        text, notes = text[:MAX_BYTES], (Note("cut", "It was longer than 10 MB; the rest was left out."),)
    if is_stub(text):
        text, notes = read_attached(text, item.attachments, source)
    refuse_empty(text, source)
    return text, notes


def _own_text(properties: Properties) -> str:
    plain = _readable(properties.text(BODY))
    page = properties.data(HTML)[:MAX_BYTES]
    markup = decode_bytes(page, code_page(properties.number(INTERNET_CODE_PAGE)))[0] if page else properties.text(HTML)
    if not plain.strip() and not markup.strip():
        said, is_html = read_rtf(unpack_rtf(properties.data(RTF_COMPRESSED)))
        plain, markup = ("", said) if is_html else (said, "")
    return _readable(plain_or_page(plain, markup))


def _readable(text: str) -> str:
    return writable(_CONTROLS.sub("", text)).replace("\r\n", "\n")


def _sender(properties: Properties) -> str:
    name = properties.text(SENDER_NAME) or properties.text(SENT_REPRESENTING_NAME)
    numbers = (SENDER_SMTP, SENDER_ADDRESS, SENT_REPRESENTING_SMTP, SENT_REPRESENTING_ADDRESS)
    return _address(name, *(properties.text(number) for number in numbers))


def _recipients(item: Item, kind: int) -> str:
    found: list[str] = []
    for person in item.recipients:
        if person.number(RECIPIENT_TYPE) & 0xF == kind:
            found.append(_address(person.text(DISPLAY_NAME), person.text(SMTP_ADDRESS), person.text(EMAIL_ADDRESS)))
        if sum(map(len, found)) > MAX_HEADER:
            break
    return ", ".join(address for address in found if address)


def _address(name: str, *addresses: str) -> str:
    """Write name and address as a header does. What Exchange calls people within a company is no address."""
    name = _line(name)
    address = next((_line(address) for address in addresses if "@" in address and not address.startswith("/")), "")
    if not address or not address.isascii():
        return name
    if not name or name.strip("'\"") == address:
        return address
    if name.isascii():
        return formataddr((name, address))
    return '"' + name.replace('"', "'").replace("\\", "/") + f'" <{address}>'  # formataddr would encode it


def _without_inner_names(people: str) -> str:
    return _INNER_NAME.sub("", people).strip()


def _moment(properties: Properties) -> float | None:
    sent = properties.moment(CLIENT_SUBMIT_TIME)
    return sent if sent is not None else properties.moment(DELIVERY_TIME)


def _line(text: str) -> str:
    return " ".join(_CONTROLS.sub("", writable(text))[:MAX_HEADER].split())


def _one_line_ends(text: str) -> bytes:
    return text[: 20 * MAX_HEADER].replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
