"""Which column of a table holds what: from its name, else from what stands in it; and a row -> a Letter."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import fmean
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError
from analyzer.read.eml import letter_from_eml
from analyzer.read.headers import MAX_HEADER, read_labels, read_thread
from analyzer.read.html import visible_text
from analyzer.read.text import MAX_BYTES, decode_bytes, parse_date, parse_instant, writable
from analyzer.records import Letter, Note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAMPLE_ROWS = 200
"""Rows at the top of a table that are looked at to tell its columns."""

_NAMES = {
    "body": "body text message content letter email_body mail_body message_body body_text plain_body text_body body_plain "
    "plain_text email_text message_text letter_text email_content message_content rejection rejection_letter "
    "rejection_email rejection_text email mail reply response description nachricht inhalt brief texte corps cuerpo mensaje testo",
    "subject": "subject subject_line email_subject mail_subject title betreff objet asunto oggetto",
    "from": "from sender from_address from_email sender_email sender_address from_addr mail_from von de absender",
    "from_name": "from_name sender_name",
    "reply_to": "reply_to",
    "to": "to recipient recipients to_address to_email mail_to to_name an",
    "cc": "cc cc_address cc_name",
    "date": "date date_received received date_sent sent received_at sent_at received_on sent_on received_date sent_date "
    "timestamp datetime created_at time datum fecha",
    "message_id": "message_id messageid internet_message_id",
    "id": "id letter_id email_id mail_id",
    "person": "person client candidate client_id candidate_id person_id client_code participant job_seeker jobseeker",
    "references": "references",
    "in_reply_to": "in_reply_to",
    "gmail_thread": "x_gm_thrid gmail_thread_id",
    "labels": "labels label x_gmail_labels folder folders mailbox",
}
"""Field -> what people and programs call its column, the plainest first. Other signs and capitals do not count."""

_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names.split()}
_ADDRESS = re.compile(r"[^@\n]{0,100}@[^\s@]{1,100}\.[^\s@]{1,30}")
_FIGURE = re.compile(r"[\d\s.,:/+-]{0,40}")
_LONG_NAME = 40  # characters; what is longer is no name of a column
_MARKUP = re.compile(r"<(?:html|body|p|div|br|table|span)\b", re.IGNORECASE)
_RAW_MAIL = re.compile(
    r"\s{0,9}(?:Message-ID|Return-Path|Received|Delivered-To|MIME-Version|X-[\w-]{1,60}|Date|From):", re.IGNORECASE
)
_HEADER_LINES = re.compile(r"(?:[!-9;-~]{1,80}:[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,200}){3}")
_BY_SLASH = re.compile(r"\s{0,9}(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)\b(.{0,40})")

_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")


@dataclass(frozen=True)
class Columns:
    """Where the fields of a letter stand in a row. `header`: the first row holds names. `day_first`: 3/2 is 3 February."""

    places: Mapping[str, int]
    header: bool
    day_first: bool | None


def find_columns(rows: Sequence[Sequence[str]], source: str, named: str = "", *, header: bool | None = None) -> Columns:
    """Tell the columns from the first rows; `named` is the name or the number (from 1) of the one with the letters.

    Raises ReadError where no column holds text or none is called `named`.
    """
    if not any(cell.strip() for row in rows for cell in row):
        raise ReadError(f"{source}: the table is empty", source=source)
    names = [_plain_name(cell) for cell in rows[0]]
    has_header = _is_header(rows, names, named) if header is None else header
    values = _by_column(rows[1:] if has_header else rows)
    if not values:
        raise ReadError(f"{source}: the table has no rows below its names", source=source)
    places = _places_by_name(names, values) if has_header else {}
    taken = {place for field, place in places.items() if field != "body"}
    if named:
        places["body"] = _place_named(rows[0] if has_header else (), names, values, named, source)
    elif "body" not in places:
        places["body"] = _longest(values, taken, rows[0] if has_header else (), source)
    places = {field: place for field, place in places.items() if field == "body" or place != places["body"]}
    if "id" in places and len(set(values[places["id"]])) < len(values[places["id"]]):
        del places["id"]  # the number of something else: rows that share it are not the same letter
    dates = values[places["date"]] if "date" in places and places["date"] < len(values) else ()
    return Columns(places, has_header, _is_day_first(dates))


def letter_of(row: Sequence[Any], columns: Columns, source: str, person: str = "") -> Letter | ReadError:
    """Read one row; `source` names it."""
    field = {name: _line(row, place) for name, place in columns.places.items() if name != "body"}
    message_id = field.get("message_id", "")
    text = as_text(row[columns.places["body"]]) if columns.places["body"] < len(row) else ""
    notes: tuple[Note, ...] = ()
    if len(text) > MAX_BYTES:
        text, notes = text[:MAX_BYTES], (Note("cut", "It was longer than 10 MB; the rest was left out."),)
    if not any(char.isalnum() for char in text):
        return ReadError(f"{source}: there is no text in its cell", source=source, message_id=message_id)
    try:
        letter = _letter_of_cell(text, source)
    except ReadError as error:
        error.source, error.message_id = source, message_id
        return error
    when = _iso(field.get("date", ""), columns.day_first)
    sender, name = field.get("from", ""), field.get("from_name", "")
    told: dict[str, Any] = {
        "subject": field.get("subject"),
        "sender": f"{name} <{sender}>" if name and "@" in sender and "<" not in sender else sender or name,
        "reply_to": field.get("reply_to"),
        "to": field.get("to"),
        "cc": field.get("cc"),
        "message_id": message_id,
        "sent": parse_date(when) if when else None,
        "instant": parse_instant(when) if when else None,
        "id": field.get("id"),
        "thread": read_thread(field.get("references", ""), field.get("in_reply_to", ""), field.get("gmail_thread", "")),
        "labels": read_labels(field.get("labels", "")),
        "person": field.get("person") or person,
        "notes": (*notes, *letter.notes),
    }
    return replace(letter, **{name: value for name, value in told.items() if value})


def as_text(value: object) -> str:
    """Return what a cell holds as text; days and moments in ISO's way."""
    if isinstance(value, str):
        return writable(value)
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, bytes):
        return decode_bytes(value)[0]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return ", ".join(as_text(item) for item in value)
    return writable(str(value))


def _letter_of_cell(text: str, source: str) -> Letter:
    """Read a cell as what it is: the whole mail with its header, a page, or text."""
    if _RAW_MAIL.match(text) and _HEADER_LINES.match(text.lstrip()):
        return letter_from_eml(text.lstrip().encode(), source)
    seen = visible_text(text) if _MARKUP.search(text[:5_000]) else ""
    return Letter(text=seen if seen.strip() else text, source=source)


def _line(row: Sequence[Any], place: int) -> str:
    return " ".join(as_text(row[place])[:MAX_HEADER].split()) if place < len(row) else ""


def _plain_name(cell: str) -> str:
    return re.sub(r"[\W_]+", "_", cell.strip().lower()[: 2 * _LONG_NAME]).strip("_")


def _by_column(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Turn rows into columns, without the empty cells."""
    width = max((len(row) for row in rows), default=0)
    return [[row[place] for row in rows if place < len(row) and row[place].strip()] for place in range(width)]


def _is_header(rows: Sequence[Sequence[str]], names: Sequence[str], named: str) -> bool:
    """Tell whether the first row holds names; it does where the reader calls a column by one."""
    first = [cell.strip() for cell in rows[0]]
    if any(len(cell) > _LONG_NAME or "@" in cell or (cell and _FIGURE.fullmatch(cell)) for cell in first):
        return False
    if any(name in _FIELD_OF for name in names) or (named and not named.isdecimal()):
        return True
    below = [cell for row in rows[1:] for cell in row]
    return all(first) and len(below) > 0 and fmean(map(len, first)) * 3 < fmean(map(len, below))


def _places_by_name(names: Sequence[str], values: Sequence[Sequence[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for field, known in _NAMES.items():
        for name in known.split():
            place = names.index(name) if name in names else len(values)
            if place < len(values) and (field != "body" or _holds_text(values[place])):
                found[field] = place
                break
    return found


def _place_named(
    first: Sequence[str], names: Sequence[str], values: Sequence[Sequence[str]], named: str, source: str
) -> int:
    if first and _plain_name(named) in names:
        return names.index(_plain_name(named))
    if named.isdecimal() and 1 <= int(named[:6]) <= len(values):
        return int(named) - 1
    raise ReadError(f"{source}: has no column {named!r}; {_says_columns(first, len(values))}", source=source)


def _longest(values: Sequence[Sequence[str]], taken: set[int], first: Sequence[str], source: str) -> int:
    length = {
        place: fmean(map(len, cells))
        for place, cells in enumerate(values)
        if place not in taken and cells and _holds_text(cells)
    }
    if not length:
        raise ReadError(
            f"{source}: none of its columns holds letters; name one with --column; {_says_columns(first, len(values))}",
            source=source,
        )
    return max(length, key=lambda place: (length[place], -place))


def _says_columns(first: Sequence[str], count: int) -> str:
    shown = ", ".join("".join(char for char in cell[:_LONG_NAME] if char.isprintable()) for cell in first[:20])
    return f"its columns are {shown}" if shown else f"its columns are numbered 1 to {count}"


def _holds_text(cells: Sequence[str]) -> bool:
    """Tell whether most cells are words, not addresses, figures or single names."""
    texts = sum(1 for cell in cells if " " in cell.strip() and not _is_short_data(cell.strip()))
    return texts * 2 >= len(cells) and texts > 0


def _is_short_data(cell: str) -> bool:
    return len(cell) < 200 and bool(_ADDRESS.fullmatch(cell) or _FIGURE.fullmatch(cell))


def _is_day_first(values: Sequence[str]) -> bool | None:
    """Tell 3/2/2026 from 2/3/2026 by the other days of the column; None where they do not tell."""
    for value in values:
        match = _BY_SLASH.match(value)
        if match and int(match[1]) > 12:
            return True
        if match and int(match[2]) > 12:
            return False
    return True if any("." in value[:3] for value in values) else None


def _iso(value: str, day_first: bool | None) -> str:  # noqa: FBT001  the three answers of _is_day_first
    match = _BY_SLASH.match(value)
    if not match:
        return value
    if day_first is None:
        return ""
    day, month = (match[1], match[2]) if day_first else (match[2], match[1])
    year = match[3] if len(match[3]) == 4 else f"20{match[3]}"
    iso = f"{year}-{int(month):02}-{int(day):02}"
    for form in _CLOCKS:
        try:
            return datetime.strptime(f"{iso} {match[4].strip(' ,')}", f"%Y-%m-%d {form}").isoformat()  # noqa: DTZ007  no zone is named
        except ValueError:
            continue
    return iso
