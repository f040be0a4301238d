"""Results -> what is due: whom to write to, by when and why, with the text. Reads no clock and no disk.

An email is planned only where the letter is surely a rejection, the reader has not answered in the thread, and no
invitation or offer followed. A person gets at most one in 30 days: what is open for them on the same day becomes one
email for several applications, and the rest comes later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from analyzer.combine import draft_combined, draft_note
from analyzer.pipeline import OFFER_DAYS, may_send
from analyzer.present import printable
from analyzer.reasons import Action, Kind
from analyzer.records import Draft, Prediction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

EMAIL_DAYS = 30
"""A person gets at most one email in this many days."""

MAX_ADDRESSEES = 5
"""A draft that goes to more people than these was written by a hostile header, not by a reader."""

_CLOSED = frozenset(("answered", "came_back"))
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]|\.(?!\.)){0,188}\.[A-Za-z]{2,24}")
_NAME = 80
_SUBJECT = 250
_PEOPLE = 3
_READ = 2000  # characters of a name or a sentence that are looked at: a hostile one has millions
_BODY = 10_000
_ADDRESS_OR_LINK = re.compile(r"\S*(?:@|://)\S*")


class What(StrEnum):
    """What there is to do. `look_again` writes only if something has changed."""

    THANK_YOU = "thank_you"
    WRITE_AGAIN = "write_again"
    LOOK_AGAIN = "look_again"


@dataclass(frozen=True)
class Task:
    """One thing to do, for one letter or for several applications to the same person.

    `day` is when to do it, never before today; `by` when it is best done, which may have passed; after `until` it would
    read oddly. `due` says whether it can be done now. `came` is the day of the newest letter. `ids` are the results'
    ids, the oldest letter first. `people` are those met in the thread, where the draft has no address. `message_id`
    and `draft` are those of the newest letter, or of all of them in one.
    """

    what: What
    due: bool
    day: date
    by: date
    until: date
    came: date | None
    company: str
    role: str
    because: tuple[str, ...]
    draft: Draft
    message_id: str
    ids: tuple[str, ...]
    people: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        row = {**vars(self), "draft": vars(self.draft), "status": "due" if self.due else "upcoming"}
        row["people"] = [{"name": name, "address": address} for name, address in self.people]
        row.pop("due")
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def due(results: Iterable[Mapping[str, Any]], *, today: date) -> list[Task]:
    """Return what can be done now, what is due first first."""
    return [task for task in plan(results, today=today) if task.due]


def upcoming(results: Iterable[Mapping[str, Any]], *, today: date) -> list[Task]:
    """Return what comes later, each with its day; the later note of a thank-you that is due now too."""
    return [task for task in plan(results, today=today) if not task.due]


def plan(results: Iterable[Mapping[str, Any]], *, today: date) -> list[Task]:
    """Return all that is to be done, now and later, in one pass over one person's results."""
    people: dict[str, list[_Letter]] = {}
    written: dict[str, date] = {}
    for letter in _newest_letters(results, written, today):
        people.setdefault(letter.person, []).append(letter)
    tasks = [
        task
        for person, letters in people.items()
        for task in _plan_person(letters, today, _plus(written[person], EMAIL_DAYS) if person in written else today)
    ]
    return sorted(tasks, key=lambda task: (not task.due, task.by if task.due else task.day, task.company, task.ids))


def in_words(tasks: Sequence[Task]) -> str:
    """Return how much there is to do, as the last lines of a run begin."""
    count = sum(task.due for task in tasks)
    if not count:
        return "Nothing to do this week."
    return "1 thing to do this week" if count == 1 else f"{count} things to do this week"


@dataclass(frozen=True)
class _Letter:
    """What planning needs to know of a rejection."""

    id: str
    person: str
    came: date | None
    send_by: date
    after: date | None
    until: date | None
    action: str | None
    company: str
    role: str
    because: str
    draft: Draft
    message_id: str
    people: tuple[tuple[str, str], ...]

    @property
    def order(self) -> tuple[date, str]:
        return self.came or self.send_by, self.id


@dataclass(frozen=True)
class _Want:
    """One email that a letter asks for, with the first and the last day on which it makes sense."""

    what: What
    start: date
    end: date
    letter: _Letter


def _newest_letters(results: Iterable[Mapping[str, Any]], written: dict[str, date], today: date) -> Iterator[_Letter]:
    """Yield the newest rejection of each application that is still open; note in `written` who was written to when.

    Of what is closed or long past only its day is kept, so that a mailbox of any size fits.
    """
    newest: dict[str, tuple[tuple[date, str], _Letter | None]] = {}
    for row in results:
        if not _is_sure(row):
            continue
        letter, application = _letter(row, today), row.get("application") or {}
        answered = _day(application.get("answered"))
        if answered and answered <= today:  # a date from the future would keep everything back for ever
            written[letter.person] = max(answered, written.get(letter.person, answered))
        key = str(application.get("id") or f"letter {letter.id}")
        is_open = row.get("status") not in _CLOSED and _wants(letter, today)
        if key not in newest or newest[key][0] < letter.order:
            newest[key] = letter.order, letter if is_open else None
    yield from (letter for _, letter in newest.values() if letter)


def _is_sure(row: Mapping[str, Any]) -> bool:
    if row.get("kind") != Kind.REJECTION or not row.get("draft"):
        return False
    return may_send(Prediction(kind=Kind.REJECTION, kinds={kind: row["kinds"].get(kind, 0.0) for kind in Kind}))


def _letter(row: Mapping[str, Any], today: date) -> _Letter:
    application = row.get("application") or {}
    draft, company = _draft(row["draft"]), _name(row.get("company"))
    identity = str(row["id"])
    came, send_by = _day(row.get("date")), _day(row.get("send_by"))
    if came and came > today:  # its clock was wrong: it is here today
        came, send_by = None, today
    return _Letter(
        id=identity,
        person=draft.to[0].lower() if draft.to else f"company {company.casefold()}" if company else f"id {identity}",
        came=came,
        send_by=send_by or came or today,
        after=_day(row.get("after")),
        until=_day(row.get("until")),
        action=row.get("action"),
        company=company,
        role=_name(row.get("role")),
        because=_line(str(row.get("because") or ""), 400),
        draft=draft,
        message_id=str(row.get("message_id") or "")[:_READ],
        people=() if draft.to else _people(application.get("people") or ()),
    )


def _draft(row: Mapping[str, Any]) -> Draft:
    """Return the draft with nothing in it that could become a header, or a recipient whom nobody meant."""
    to = tuple(address for address in row["to"][:_READ] if _ADDRESS.fullmatch(address))[:MAX_ADDRESSEES]
    cc = tuple(address for address in row["cc"][:_READ] if _ADDRESS.fullmatch(address))[: MAX_ADDRESSEES - len(to)]
    missing = tuple(gap for gap in ("strength", "name") if gap in row["missing"])
    return Draft(row["purpose"], to, cc, _line(row["subject"], _SUBJECT), row["body"][:_BODY], missing)


def _name(value: object) -> str:
    """Return a company or a role as it may stand in a calendar: one short line, without addresses and links."""
    return _line(_ADDRESS_OR_LINK.sub("", str(value or "")[:_READ]), _NAME).strip()


def _line(text: str, limit: int) -> str:
    return printable(text[:_READ], limit)


def _people(people: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    met = ((_line(person.get("name") or "", _NAME), person.get("address") or "") for person in people)
    return tuple((name, address) for name, address in met if _ADDRESS.fullmatch(address))[:_PEOPLE]


def _wants(letter: _Letter, today: date) -> list[_Want]:
    """Return what is or will be open for a letter: the thank-you, and the later note between `after` and `until`."""
    came = letter.came or letter.send_by
    wants = [_Want(What.THANK_YOU, min(came, today), _plus(came, OFFER_DAYS), letter)]
    if letter.after and letter.until:
        what = What.WRITE_AGAIN if letter.action == Action.FOLLOW_UP else What.LOOK_AGAIN
        wants.append(_Want(what, letter.after, letter.until, letter))
    return [want for want in wants if want.end >= today]


def _plan_person(letters: Sequence[_Letter], today: date, earliest: date) -> Iterator[Task]:
    """Give each email its day: as early as it may be, never within EMAIL_DAYS of another to the same person."""
    waiting = [want for letter in letters for want in _wants(letter, today)]
    day = max(today, earliest)
    while waiting := [want for want in waiting if want.end >= day]:
        day = max(day, min(want.start for want in waiting))
        together: dict[str, _Want] = {}
        for want in sorted(waiting, key=lambda want: (want.letter.order, want.start)):
            if want.start <= day <= want.end:
                together.setdefault(want.letter.id, want)  # a letter's thank-you before its later note
        if not together:
            continue
        task = _task(list(together.values()), day, today)
        yield task
        if (date.max - task.day).days < EMAIL_DAYS:
            return
        taken = {id(want) for want in together.values()}
        waiting = [want for want in waiting if id(want) not in taken]
        day = _plus(task.day, EMAIL_DAYS)


def _task(wants: Sequence[_Want], day: date, today: date) -> Task:
    letters, newest = [want.letter for want in wants], wants[-1].letter
    what = min((want.what for want in wants), key=list(What).index)
    same = [want for want in wants if want.what is what]
    by = min(want.letter.send_by if what is What.THANK_YOU else want.end for want in same)
    until = min(want.end for want in same)
    best = min(by, until)
    return Task(
        what=what,
        due=day <= today,
        day=max(day, best) if what is What.THANK_YOU else day,
        by=best,
        until=until,
        came=newest.came,
        company=" and ".join(_distinct(letter.company for letter in letters)),
        role=" and ".join(_distinct(letter.role for letter in letters)),
        because=tuple(_distinct(letter.because for letter in letters)),
        draft=_text(what, letters),
        message_id=newest.message_id,
        ids=tuple(letter.id for letter in letters),
        people=newest.people,
    )


def _text(what: What, letters: Sequence[_Letter]) -> Draft:
    """Return the draft of the newest letter as it is where it serves, else one for what is due."""
    draft, later = letters[-1].draft, what is not What.THANK_YOU
    if len(letters) > 1:
        return draft_combined([(letter.role, letter.company) for letter in letters], draft, later=later)
    if later and draft.purpose != "later_note":
        return draft_note(letters[0].role, letters[0].company, draft)
    return draft


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _plus(day: date, days: int) -> date:
    """Add days; at the end of the calendar its last day."""
    return date.max if (date.max - day).days < days else day + timedelta(days=days)
