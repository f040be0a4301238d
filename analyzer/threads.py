"""Messages of one person -> applications: by thread headers first, then by company and role.

What the mail program tied stays tied. Gmail's thread id is trusted less, since Gmail puts notices with one subject into
one thread: it ties nothing that names another company or another role. What is left is put together by company and
role, in the order of time; where two applications could be meant, a message stays alone.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.names import MAX_COMPARED, Groups, maybe_same_role, number_companies, same_role
from analyzer.reasons import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from analyzer.reasons import Stage

DAY = 86_400.0
"""Seconds."""

MAX_GAP = 180 * DAY
"""After half a year without a word the same company and role are a new application."""

MAX_IDS = 50
"""Message-IDs of one message that are looked at: its first ancestor and its last ones."""

GMAIL = "gmail:"


@dataclass(frozen=True, slots=True)
class Message:
    """What is kept of a message while a mailbox is understood: no text.

    `time` is in seconds since 1970, None if nobody knows. `domain` is the sender's, where it is an employer's own.
    `sender`, `reply_to` and `to` are plain folded addresses, `name` and `address` those of a person who wrote. `own`: by
    the reader. `sure`: the kind is beyond doubt. `stage` is a rejection's own. `invites`: it speaks of something at which
    people meet or are tested. `calls_off`: it takes such a thing back.
    """

    seq: int
    kind: Kind
    message_id: str = ""
    thread: tuple[str, ...] = ()
    time: float | None = None
    day: date | None = None
    company: str = ""
    role: str = ""
    domain: str = ""
    sender: str = ""
    reply_to: str = ""
    to: tuple[str, ...] = ()
    name: str = ""
    address: str = ""
    known_by: str = ""
    own: bool = False
    forwarded: bool = False
    sure: bool = False
    stage: Stage | None = None
    invites: bool = False
    calls_off: bool = False

    @property
    def by_employer(self) -> bool:
        """Whether it is job mail that the reader did not write."""
        return self.kind is not Kind.OTHER and not self.own

    @property
    def order(self) -> tuple[bool, float, int]:
        """What messages are sorted by: time; what has none comes last, as it stands in the mailbox."""
        return self.time is None, self.time or 0.0, self.seq


@dataclass(frozen=True)
class Application:
    """Messages about one application, in their order. `number` is the same for all applications to one company."""

    messages: tuple[Message, ...]
    number: int | None
    company: str | None
    role: str | None


def applications(messages: Iterable[Message]) -> list[Application]:
    """Tie together what belongs together; each has at least one message of an employer. In the order of time."""
    ordered = sorted(messages, key=lambda message: message.order)
    job = [message for message in ordered if message.by_employer]
    numbers = dict(
        zip(
            (message.seq for message in job),
            number_companies([(message.company, message.domain) for message in job]),
            strict=True,
        )
    )
    bundles = _join_gmail(_tie_headers(ordered, numbers))
    placed = _place([bundle for bundle in bundles if bundle.first is not None])
    names = _display_names(job, numbers)
    return [
        Application(
            tuple(sorted(bundle.messages, key=lambda message: message.order)),
            bundle.company,
            None if bundle.company is None else names.get(bundle.company),
            bundle.role or None,
        )
        for bundle in placed
    ]


@dataclass(eq=False)
class _Bundle:
    """An application in the making. `events` holds when it was closed by a rejection, or opened again."""

    messages: list[Message] = field(default_factory=list)
    company: int | None = None
    role: str = ""
    first: Message | None = None
    last: float | None = None
    acknowledged: bool = False
    events: list[tuple[float, bool]] = field(default_factory=list)
    closed_undated: bool = False

    def add(self, message: Message, company: int | None) -> None:
        self.messages.append(message)
        if not message.by_employer:
            return
        self.first = self.first or message
        self.company = company if self.company is None else self.company
        self.role = self.role or message.role
        self.acknowledged |= message.kind is Kind.ACKNOWLEDGEMENT
        if message.kind is not Kind.ACKNOWLEDGEMENT:
            self._note(message.time, closes=message.kind is Kind.REJECTION)
        if message.time is not None:
            self.last = message.time if self.last is None else max(self.last, message.time)

    def _note(self, time: float | None, *, closes: bool) -> None:
        if time is None:
            self.closed_undated |= closes
        else:
            insort(self.events, (time, closes))

    def absorb(self, other: _Bundle) -> None:
        for message in other.messages:
            self.add(message, other.company)

    def is_closed(self, time: float | None) -> bool:
        """Return whether the last word by then was no."""
        place = len(self.events) if time is None else bisect_right(self.events, (time, True))
        return self.events[place - 1][1] if place else time is None and self.closed_undated


def _tie_headers(ordered: Sequence[Message], numbers: dict[int, int | None]) -> list[_Bundle]:
    groups = Groups()
    for message in ordered:
        for name in (message.message_id, *message.thread):
            if name and not name.startswith(GMAIL):
                groups.tie(name, message.seq)
    bundles: dict[object, _Bundle] = defaultdict(_Bundle)
    for message in ordered:
        bundles[groups.find(message.seq)].add(message, numbers.get(message.seq))
    return list(bundles.values())


def _join_gmail(bundles: Sequence[_Bundle]) -> list[_Bundle]:
    """Join bundles of one thread at Gmail, each to the last one that names nothing else."""
    threads: dict[str, list[_Bundle]] = defaultdict(list)
    kept = []
    for bundle in bundles:
        names = dict.fromkeys(name for m in bundle.messages for name in m.thread if name.startswith(GMAIL))
        candidates = (other for name in [*names][:5] for other in reversed(threads[name][-MAX_COMPARED:]))
        home = next((other for other in candidates if _agree(other, bundle)), None)
        if home is None:
            kept.append(bundle)
        else:
            home.absorb(bundle)
        for name in names:
            if home is None or home not in threads[name][-MAX_COMPARED:]:
                threads[name].append(home or bundle)
    return kept


def _agree(one: _Bundle, other: _Bundle) -> bool:
    """Return whether neither company nor role contradict each other; what is not known contradicts nothing."""
    companies = None in (one.company, other.company) or one.company == other.company
    return companies and (not one.role or not other.role or maybe_same_role(one.role, other.role))


def _place(bundles: Iterable[_Bundle]) -> list[_Bundle]:
    """Put together bundles of one company and role, in the order of their first letters."""
    placed: list[_Bundle] = []
    of_company: dict[int, list[_Bundle]] = defaultdict(list)
    for bundle in sorted(bundles, key=lambda bundle: bundle.first.order if bundle.first else (True, 0.0, 0)):
        others = of_company[bundle.company][-MAX_COMPARED:] if bundle.company is not None else []
        home = _home(bundle, [other for other in others if _is_near(other, bundle)])
        if home is not None:
            home.absorb(bundle)
            continue
        placed.append(bundle)
        if bundle.company is not None:
            of_company[bundle.company].append(bundle)
    return placed


def _is_near(other: _Bundle, bundle: _Bundle) -> bool:
    start = bundle.first.time if bundle.first else None
    return start is None or other.last is None or start - other.last <= MAX_GAP


def _home(bundle: _Bundle, others: Sequence[_Bundle]) -> _Bundle | None:
    """Return the application of the same company that a bundle belongs to, None if none or more than one could be."""
    start = bundle.first.time if bundle.first else None
    acknowledges = bundle.first is not None and bundle.first.kind is Kind.ACKNOWLEDGEMENT
    still_open = [other for other in others if not other.is_closed(start)]
    if not bundle.role:
        return still_open[0] if len(still_open) == 1 else None
    # Who gets an acknowledgement after a rejection has applied again.
    mine = still_open if acknowledges else others
    same = [other for other in mine if other.role and same_role(other.role, bundle.role)]
    if same:
        return same[-1]
    short = [other for other in mine if other.role and maybe_same_role(other.role, bundle.role)]
    if short:
        return short[0] if len(short) == 1 else None
    if len(still_open) == 1 and not still_open[0].role and not (acknowledges and still_open[0].acknowledged):
        return still_open[0]
    return None


def _display_names(job: Iterable[Message], numbers: dict[int, int | None]) -> dict[int, str]:
    """Return each company's commonest spelling, else its domain."""
    spellings: dict[int, Counter[str]] = defaultdict(Counter)
    domains: dict[int, str] = {}
    for message in job:
        number = numbers[message.seq]
        if number is not None:
            spellings[number].update([message.company] if message.company else [])
            if message.domain:
                domains.setdefault(number, message.domain)
    return {
        number: names.most_common(1)[0][0] if names else domains.get(number, "") for number, names in spellings.items()
    }
