"""Rows of one person -> results: what other messages of the mailbox change is worked out here, and nothing else.

Kind, reasons and evidence are the row's own. The rows are gone through three times: job mail is kept without its text,
then what belongs to its threads, then results stream out. Other mail is never held. Called once for each person, so that
nothing of one can reach another.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from analyzer.boilerplate import Boilerplate
from analyzer.draft import first_address
from analyzer.history import (
    MAIL_BEFORE,
    SURE,
    Before,
    History,
    Hope,
    calls_off,
    company_of,
    find_hopes,
    next_hope,
    read_history,
    speaks_of_meeting,
)
from analyzer.names import employer_domain, number_companies
from analyzer.people import OwnAddresses, addresses, fold_address, is_sent, person_in
from analyzer.pipeline import advise
from analyzer.present import advice_json
from analyzer.reasons import Kind, Reason, Stage, Vacancy
from analyzer.records import Entities, Letter, Person, Prediction
from analyzer.threads import MAX_IDS, Application, Message, applications

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from analyzer.decide import Policy
    from analyzer.records import Row

Value = TypeVar("Value", bound=StrEnum)

MAX_BODY = 20_000
"""Characters of a body that are asked whether they speak of a meeting."""

_MAX_ID = 500
_FORWARDED = ("fw:", "fwd:", "wg:", "tr:", "rv:", "i:", "doorst:", "vs:", "vb:")


def derive(
    rows: Callable[[], Iterable[Row]], *, today: date, policy: Policy, profile: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield the results of one person's rows in their order; `rows()` gives them anew each time.

    Each gets `application` (None for other mail) and `boilerplate` ([] where nothing recurs). In `application`,
    `furthest`, `people`, `applied`, `days_to_answer` and `open` are of the whole application, `answered`, `came_back`
    and `last` of this message: what followed it, and whether it is the employer's last word.
    """
    mailbox = _Mailbox(rows)
    for row in rows():
        if not row.line.get("error"):
            yield mailbox.result(row, today, policy, profile)


@dataclass(frozen=True)
class _Tie:
    """A message's application with all that is known of it."""

    application: Application
    history: History
    hopes: Sequence[Hope]
    id: str


class _Mailbox:
    """What one person's job mail shows together."""

    def __init__(self, rows: Callable[[], Iterable[Row]]) -> None:
        job, own = _read_job_mail(rows())
        self.boilerplate = Boilerplate()
        numbers = number_companies([(message.company, message.domain) for message in job])
        companies = {message.seq: number for message, number in zip(job, numbers, strict=True) if number is not None}
        linked, written = _read_linked_mail(self._counting(rows(), companies), job, own)
        self.own = own | _answering(linked, job)
        messages = [_with_owner(message, self.own) for message in (*job, *linked)]
        self.ties = _tie(applications(messages), written)

    def result(self, row: Row, today: date, policy: Policy, profile: Mapping[str, str]) -> dict[str, Any]:
        """Return the final result of a row."""
        found = row.line["result"]
        result = {"id": found.get("id"), "source": row.source, **found}
        tie = self.ties.get(row.seq)
        if result.get("kind") == Kind.REJECTION:
            self._advise_again(result, row, tie, today, policy, profile)
        is_job = _is_job(row)
        result["application"] = _application_json(tie, row) if tie and is_job else None
        result["boilerplate"] = self.boilerplate.find(result.get("body") or "", _names(result)) if is_job else []
        return result

    def _counting(self, rows: Iterable[Row], companies: Mapping[int, int]) -> Iterator[Row]:
        """Count the sentences of job mail as it goes by."""
        for row in rows:
            if row.seq in companies:
                result = row.line["result"]
                self.boilerplate.count(_text(result, "body"), companies[row.seq], _names(result))
            yield row

    def _advise_again(
        self,
        result: dict[str, Any],
        row: Row,
        tie: _Tie | None,
        today: date,
        policy: Policy,
        profile: Mapping[str, str],
    ) -> None:
        """Give a rejection the stage that its thread shows, and what follows from it."""
        before = tie.history.before.get(row.seq, Before()) if tie else Before()
        shown = _choice(Stage, result.get("stage"))
        if list(Stage).index(before.stage) > list(Stage).index(shown or Stage.APPLICATION):
            result |= {"stage": before.stage.value, "stage_from": "thread"}
        entities = Entities(result.get("company"), result.get("role"), result.get("contact"), result.get("timeframe"))
        advice = advise(
            self._headers(row),
            prediction_of(result),
            entities,
            stage=_choice(Stage, result.get("stage")),
            arrived=_day(result.get("date")) or today,
            today=today,
            policy=policy,
            profile=profile,
            known=self._known(row, tie, before),
            met=_addressee(before.people, entities.contact),
        )
        result |= advice_json(advice.recommendation, advice.draft, advice.status)

    def _headers(self, row: Row) -> Letter:
        """Return what a draft needs of the letter; the reader's own address is nobody to write to."""
        sender, reply_to = _text(row.line["result"], "from"), _text(row.line, "reply_to")
        return Letter(
            "",
            row.source,
            subject=_text(row.line["result"], "subject"),
            sender="" if _folded(sender) in self.own else sender,
            reply_to="" if _folded(reply_to) in self.own else reply_to,
        )

    def _known(self, row: Row, tie: _Tie | None, before: Before) -> str | None:
        """Return the status that other messages give a rejection; what the reader wrote themselves needs no answer."""
        if tie is None or row.seq not in tie.history.before:
            return "answered"
        if next_hope(tie.hopes, _time(row.line)):
            return "came_back"
        return "answered" if before.answered else None


# --- reading


def _read_job_mail(rows: Iterable[Row]) -> tuple[list[Message], frozenset[str]]:
    """Return the job mail without its text, and the reader's own addresses as far as it shows them."""
    finder = OwnAddresses()
    job = []
    for row in rows:
        if row.line.get("error"):
            continue
        is_job = _is_job(row)
        sender = _folded(_text(row.line["result"], "from"))
        to = addresses(_text(row.line, "to")) if is_job else ()
        finder.see(sender, to, row.line.get("labels") or (), is_job=is_job)
        if is_job:
            job.append(_message(row, sender, to))
    return job, finder.found()


def _read_linked_mail(
    rows: Iterable[Row], job: Sequence[Message], own: frozenset[str]
) -> tuple[list[Message], dict[str, list[Message]]]:
    """Return the other mail of the job mail's threads, and what the reader wrote to each employer's domain."""
    known = {name for message in job for name in (message.message_id, *message.thread) if name}
    domains = {message.domain for message in job} - {""}
    linked: list[Message] = []
    written: dict[str, list[Message]] = defaultdict(list)
    for row in rows:
        if row.line.get("error") or _is_job(row):
            continue
        sender = _folded(_text(row.line["result"], "from"))
        is_linked = not known.isdisjoint(_ids(row.line))
        is_own = sender in own or is_sent(row.line.get("labels") or ())
        if not is_linked and not is_own:
            continue
        message = _message(row, sender, addresses(_text(row.line, "to")))
        if is_linked:
            linked.append(message)
        for domain in {employer_domain(address) for address in message.to} & domains if is_own else ():
            written[domain].append(message)
    return linked, written


def _message(row: Row, sender: str, to: tuple[str, ...]) -> Message:
    line, result = row.line, row.line["result"]
    kind = _choice(Kind, result.get("kind")) or Kind.OTHER
    subject = _text(result, "subject")[:MAX_BODY]
    text = f"{subject}\n{_text(result, 'body')[:MAX_BODY]}"
    person = person_in(_text(result, "from"), _text(result, "company"))
    message_id, *thread = _ids(line)
    return Message(
        seq=row.seq,
        kind=kind,
        message_id=message_id,
        thread=tuple(thread),
        time=_time(line),
        day=_day_of(line),
        company=_text(result, "company"),
        role=_text(result, "role"),
        domain=employer_domain(sender),
        sender=sender,
        reply_to=_folded(_text(line, "reply_to")),
        to=to,
        name=person.name if person else "",
        address=person.address if person else "",
        known_by=_text(line, "known_by") or str(row.seq),
        own=is_sent(line.get("labels") or ()),
        forwarded=subject.lstrip().lower().startswith(_FORWARDED),
        sure=(result.get("kinds") or {}).get(kind.value, 0.0) >= SURE,
        stage=_choice(Stage, result.get("stage")),
        invites=kind is Kind.INTERVIEW and speaks_of_meeting(text),
        calls_off=calls_off(text),
    )


def _with_owner(message: Message, own: frozenset[str]) -> Message:
    """Mark what the reader wrote; job mail that they only sent on to themselves is the employer's."""
    if message.sender not in own and not message.own:
        return message
    to_self = bool(message.to) and own.issuperset(message.to) and message.kind is not Kind.OTHER
    return replace(message, own=not to_self, domain="", name="", address="")


def _answering(linked: Iterable[Message], job: Sequence[Message]) -> frozenset[str]:
    """Return addresses that answered a rejection that was sent to them alone, and never sent job mail."""
    writers = {message.sender for message in job}
    only_for = {message.message_id: message.to for message in job if message.kind is Kind.REJECTION and message.sure}
    return frozenset(
        message.sender
        for message in linked
        if message.sender not in writers and any(only_for.get(name) == (message.sender,) for name in message.thread)
    )


# --- tying


def _tie(found: Sequence[Application], written: Mapping[str, Sequence[Message]]) -> dict[int, _Tie]:
    hopes = find_hopes(found)
    taken: set[int] = set()
    ties: dict[int, _Tie] = {}
    for application in found:
        mails = _mails_before(application, written, taken)
        name = hashlib.sha256(application.messages[0].known_by.encode("utf-8", "replace")).hexdigest()[:12]
        tie = _Tie(application, read_history(application, mails), hopes.get(company_of(application), ()), name)
        ties.update((message.seq, tie) for message in application.messages)
    return ties


def _mails_before(application: Application, written: Mapping[str, Sequence[Message]], taken: set[int]) -> list[Message]:
    """Return the reader's last mail to the employer before its first word; each is of one application."""
    first = next(message for message in application.messages if message.by_employer)
    if first.time is None:
        return []
    start = first.time
    mails = [
        mail
        for mail in written.get(first.domain, ())
        if mail.time is not None and start - MAIL_BEFORE <= mail.time <= start and mail.seq not in taken
    ]
    last = max(mails, key=lambda mail: mail.order, default=None)
    taken |= {last.seq} if last else set()
    return [last] if last else []


def _application_json(tie: _Tie, row: Row) -> dict[str, Any]:
    history = tie.history
    before = history.before.get(row.seq)
    hope = next_hope(tie.hopes, _time(row.line)) if before else None
    return {
        "id": tie.id,
        "company": tie.application.company,
        "role": tie.application.role,
        "furthest": history.furthest.value,
        "people": [{"name": person.name, "address": person.address} for person in history.people],
        "answered": _iso(before.answer_day) if before else None,
        "came_back": {"date": _iso(hope.day), "kind": hope.kind.value, "message_id": hope.message_id or None}
        if hope
        else None,
        "applied": _iso(history.applied),
        "days_to_answer": history.days_to_answer,
        "open": history.open,
        "last": history.last == row.seq,
    }


def _addressee(people: Sequence[Person], contact: str | None) -> Person | None:
    """Return whom to write to: who signs the letter if they wrote before, else who wrote last."""
    signed = set((contact or "").casefold().split())
    named = [person for person in people if signed and signed <= set(person.name.casefold().split())]
    return next(reversed(named or people), None)


def prediction_of(result: Mapping[str, Any]) -> Prediction:
    """Return the verdict of a result as the record that it was written from."""
    return Prediction(
        kind=_choice(Kind, result.get("kind")) or Kind.OTHER,
        kinds={kind: (result.get("kinds") or {}).get(kind.value, 0.0) for kind in Kind},
        shown=tuple(Reason(reason) for reason in result.get("shown") or ()),
        vacancy=_choice(Vacancy, result.get("vacancy")),
        ineligible=result.get("ineligible"),
    )


# --- fields of a row


def _is_job(row: Row) -> bool:
    return bool(row.line["result"].get("kind", Kind.OTHER) != Kind.OTHER)


def _names(result: Mapping[str, Any]) -> tuple[str | None, ...]:
    return result.get("company"), result.get("role"), result.get("contact")


def _text(fields: Mapping[str, Any], name: str) -> str:
    return fields.get(name) or ""


def _folded(header: str) -> str:
    address = first_address(header)
    return fold_address(address) if address else ""


def _ids(line: Mapping[str, Any]) -> list[str]:
    """Return the Message-ID ("" if there is none) and what the message answers to: the oldest and the latest."""
    thread = [name for name in line.get("thread") or () if len(name) <= _MAX_ID and name not in {"", "<>"}]
    own = _text(line.get("result") or {}, "message_id")
    return [own if len(own) <= _MAX_ID and own != "<>" else "", *thread[:1], *thread[1:][-MAX_IDS:]]


def _time(line: Mapping[str, Any]) -> float | None:
    instant = line.get("instant")
    if instant is not None and math.isfinite(instant):
        return float(instant)
    day = _day(line["result"].get("date"))
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() if day else None


def _day_of(line: Mapping[str, Any]) -> date | None:
    return _day(line["result"].get("date"))


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _choice(values: type[Value], value: object) -> Value | None:
    return next((each for each in values if each.value == value), None)
