"""What passes from step to step. Every record is frozen: a step returns a new one and changes none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from analyzer.reasons import Action, Kind, Reason, Stage, Vacancy


@dataclass(frozen=True)
class Note:
    """Something odd that the reader should know. `code` is listed in the reference of the README."""

    code: str
    text: str


@dataclass(frozen=True)
class Letter:
    """A message as it arrived, decoded but not cleaned.

    `text` is plain text. `sender`, `reply_to`, `to` and `cc` are header values ("Name <address>"). `source` is the path
    (or path#n) that every message about this letter begins with. `id` is the input's own, where it has one.
    `thread` holds the Message-IDs that it answers to, oldest first, and "gmail:ID" for Gmail's thread. `labels` are
    folders and Gmail labels. `person` is whose mail it is, where a run holds several people's. `instant` is the moment
    of its Date in seconds since 1970 (UTC).
    """

    text: str
    source: str
    subject: str = ""
    sender: str = ""
    reply_to: str = ""
    to: str = ""
    cc: str = ""
    message_id: str = ""
    sent: date | None = None
    id: str = ""
    notes: tuple[Note, ...] = ()
    thread: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    person: str = ""
    instant: float | None = None


@dataclass(frozen=True)
class RawMail:
    """One message of a mailbox as bytes, not parsed yet."""

    data: bytes
    source: str
    labels: tuple[str, ...] = ()
    person: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Shard:
    """A piece of input that any process can read on its own, as often as needed, with the same result.

    `source` is what people see, `path` the file to open. `start` and `stop` are half-open: bytes of an mbox or of lines,
    rows of a table. `first` is the number of its first message in `source`, counting from 1. `files` are the letters of
    a shard of single files, each its own source. The same `digest` means the same letters. `column` is the one of a table
    that holds the letters, where the reader has named it.
    """

    source: str
    path: str
    format: str
    start: int = 0
    stop: int = 0
    first: int = 1
    files: tuple[str, ...] = ()
    digest: str = ""
    person: str = ""
    labels: tuple[str, ...] = ()
    column: str = ""


@dataclass(frozen=True)
class Cleaned:
    """A letter's own words, and what was set aside, named. All offsets anywhere count in `body`."""

    body: str
    signature: str = ""
    quoted: str = ""
    footer: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Span:
    """Half-open character offsets in the cleaned body."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Prediction:
    """What the model reads in one body.

    `kinds` sums to 1. `reasons` are independent calibrated probabilities, empty for what is not a rejection. `shown`
    lists those over their thresholds in the order of the scheme. `stage`, `vacancy` and `ineligible` are None for
    what is not a rejection.
    """

    kind: Kind
    kinds: Mapping[Kind, float]
    reasons: Mapping[Reason, float] = field(default_factory=dict)
    shown: tuple[Reason, ...] = ()
    evidence: tuple[Span, ...] = ()
    stage: Stage | None = None
    vacancy: Vacancy | None = None
    ineligible: bool | None = None


@dataclass(frozen=True)
class Entities:
    """Who wrote, about which role, and when to come back, as written in the letter or its headers."""

    company: str | None = None
    role: str | None = None
    contact: str | None = None
    timeframe: str | None = None
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Recommendation:
    """What to do and when. Dates are None where there is nothing to do or to watch.

    `send_by`: the thank-you is best sent by then. `after`: look again, or write again, from then. `until`: from then on
    there is no point. `rule` and `source` say which line of the policy spoke and where its times come from.
    """

    action: Action | None
    rule: str
    source: str
    because: str | None
    would_change: str | None = None
    send_by: date | None = None
    after: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Person:
    """Somebody who wrote to the reader: a name on one line ("" if none is known) and a plain address."""

    name: str
    address: str


@dataclass(frozen=True)
class Draft:
    """An email to send. `missing` names the gaps that only the reader can fill, each visible in `body` in brackets."""

    purpose: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    body: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """All that is known of one letter, the end of its way."""

    id: str
    letter: Letter
    cleaned: Cleaned
    prediction: Prediction
    entities: Entities
    stage: Stage | None
    stage_from: str | None
    recommendation: Recommendation
    draft: Draft | None
    status: str | None
    notes: tuple[Note, ...]
    model: str


@dataclass(frozen=True)
class Row:
    """A message of a batch as its state keeps it. `line` is what the run wrote of it (see work.py); `seq` is its place."""

    seq: int
    source: str
    line: Mapping[str, Any]
