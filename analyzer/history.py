"""An application's messages -> what they show of each other: how far it went, who wrote, what the reader answered.

Nothing here looks at a text but the two small questions at the end, and nothing changes a verdict.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analyzer.names import employer_domain
from analyzer.reasons import Kind, Stage
from analyzer.records import Person
from analyzer.threads import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from analyzer.threads import Application, Message

SURE = 0.80
"""Probability from which an invitation or an offer counts for other letters: what is none would claim a meeting."""

MAX_PEOPLE = 20
"""People of one application that are remembered, the last who wrote."""

MAIL_BEFORE = 60 * DAY
"""So long before the first answer a mail to the employer may be the application itself."""

_STAGES = list(Stage)
_HOPES = frozenset((Kind.INTERVIEW, Kind.OFFER))


@dataclass(frozen=True)
class Before:
    """What went before a rejection: the furthest stage that the thread shows, and who wrote, the last one last.

    `answered`: the reader answered it, or a rejection before it with no sign of hope in between; on `answer_day`.
    """

    stage: Stage = Stage.APPLICATION
    people: tuple[Person, ...] = ()
    answered: bool = False
    answer_day: date | None = None


@dataclass(frozen=True)
class Hope:
    """An invitation or an offer."""

    time: float
    kind: Kind
    day: date | None
    message_id: str


@dataclass(frozen=True)
class History:
    """What an application's messages show together.

    `before` has an entry for each rejection, by `seq`. `decided` is the day of the first answer that was more than an
    acknowledgement, `applied` the day on which the reader applied. `open`: the employer's last word was not no. `last`
    is the `seq` of that word.
    """

    before: dict[int, Before]
    furthest: Stage
    people: tuple[Person, ...]
    applied: date | None
    decided: date | None
    open: bool
    last: int

    @property
    def days_to_answer(self) -> int | None:
        """How long the employer took."""
        if self.applied is None or self.decided is None or self.decided < self.applied:
            return None
        return (self.decided - self.applied).days


def read_history(application: Application, written: Sequence[Message] = ()) -> History:
    """Go through an application once, in the order of time. `written`: the reader's other mail to that company."""
    story = _Story(application.messages)
    dated = [message for message in application.messages if message.time is not None]
    for message in dated:
        story.take(message)
    _take_undated(application.messages, story)
    employer = [message for message in application.messages if message.by_employer]
    answers = [message for message in employer if message.kind is not Kind.ACKNOWLEDGEMENT]
    latest = [message for message in employer if message.time is not None] or employer
    return History(
        before=story.before,
        furthest=story.furthest(),
        people=story.met(),
        applied=_applied(application.messages, written),
        decided=next((message.day for message in answers if message.day), None),
        open=latest[-1].kind is not Kind.REJECTION,
        last=latest[-1].seq,
    )


class _Story:
    """How far an application has gone, message by message.

    An invitation counts for later letters if it is surely one, speaks of an interview, a call or a test, and was not
    called off: by a message that says so, the rejection included, or by a rejection within a day. What is called off is
    the invitation before it; an earlier one took place. An offer counts as the last round.
    """

    def __init__(self, messages: Iterable[Message]) -> None:
        self.before: dict[int, Before] = {}
        self._stage = Stage.APPLICATION
        self._invitations: list[float] = []
        self._people: dict[str, Person] = {}
        self._unanswered: list[int] = []  # rejections since the last sign of hope
        self._answer: Message | None = None
        theirs = [message for message in messages if not message.own]
        self._addresses = {address for message in theirs for address in (message.sender, message.reply_to)}
        self._domains = {message.domain for message in theirs if message.by_employer} - {""}

    def take(self, message: Message) -> None:
        """Take the next message."""
        if message.calls_off and self._invitations:
            self._invitations.pop()
        if message.own:
            self._take_own(message)
        elif message.kind is Kind.REJECTION:
            self._take_rejection(message)
        elif message.sure and message.kind in _HOPES:
            self._take_hope(message)
        if not message.own:
            self._meet(message)

    def furthest(self) -> Stage:
        """Return the furthest point so far."""
        return _furthest(self._stage, Stage.INTERVIEW) if self._invitations else self._stage

    def met(self) -> tuple[Person, ...]:
        """Return who wrote so far."""
        return tuple(self._people.values())

    def answer(self, message: Message) -> bool:
        """Return whether it is the reader's answer to the employer, not a copy sent on to a friend."""
        if not message.own or message.forwarded:
            return False
        domains = {employer_domain(address) for address in message.to} & self._domains
        return not message.to or bool(domains) or not self._addresses.isdisjoint(message.to)

    def _take_own(self, message: Message) -> None:
        if self._unanswered and self.answer(message):
            self._answer = message
            for seq in self._unanswered:
                self.before[seq] = replace(self.before[seq], answered=True, answer_day=message.day)
            self._unanswered = []

    def _take_rejection(self, message: Message) -> None:
        held = [time for time in self._invitations[:1] if message.time is None or message.time - time >= DAY]
        stage = _furthest(self._stage, Stage.INTERVIEW) if held else self._stage
        answer = self._answer
        self.before[message.seq] = Before(stage, self.met(), answer is not None, answer.day if answer else None)
        if answer is None:
            self._unanswered.append(message.seq)
        self._stage = _furthest(stage, message.stage)
        self._invitations = self._invitations if held else []

    def _take_hope(self, message: Message) -> None:
        self._unanswered, self._answer = [], None
        if message.kind is Kind.OFFER:
            self._stage = Stage.FINAL
        elif message.invites:
            self._invitations.append(message.time or 0.0)

    def _meet(self, message: Message) -> None:
        if message.address and (message.by_employer or message.domain in self._domains):
            known = self._people.pop(message.address, None)
            name = message.name or (known.name if known else "")
            self._people[message.address] = Person(name, message.address)
            if len(self._people) > MAX_PEOPLE:
                del self._people[next(iter(self._people))]


def _take_undated(messages: Sequence[Message], story: _Story) -> None:
    """Place by its thread what dates do not: a message came after those that it answers to."""
    by_id = {message.message_id: message for message in messages if message.message_id}
    for message in messages:
        if message.time is None and message.kind is Kind.REJECTION and not message.own:
            earlier = {seen.seq: seen for name in message.thread if (seen := by_id.get(name)) and seen is not message}
            own_story = _Story([*earlier.values(), message])
            for seen in (*sorted(earlier.values(), key=lambda seen: seen.order), message):
                own_story.take(seen)
            story.before[message.seq] = own_story.before[message.seq]
    for message in messages:
        if story.answer(message):
            for seq in {by_id[name].seq for name in message.thread if name in by_id} & story.before.keys():
                if not story.before[seq].answered:
                    story.before[seq] = replace(story.before[seq], answered=True, answer_day=message.day)


def _applied(messages: Sequence[Message], written: Sequence[Message]) -> date | None:
    """Return the day of the reader's own first mail, else of the acknowledgement; None if neither is there."""
    days = [message.day for message in written[-1:] if message.day]
    for message in messages:
        if message.own or message.kind is Kind.ACKNOWLEDGEMENT:
            days += [message.day] if message.day else []
            break
        if message.by_employer:
            break
    return min(days, default=None)


def find_hopes(applications: Iterable[Application]) -> dict[object, list[Hope]]:
    """Return the sure invitations and offers of each company, in order; of what has no company, each application's."""
    hopes: dict[object, list[Hope]] = defaultdict(list)
    for application in applications:
        for message in application.messages:
            if message.time is not None and message.by_employer and message.sure and message.kind in _HOPES:
                hope = Hope(message.time, message.kind, message.day, message.message_id)
                hopes[company_of(application)].append(hope)
    for found in hopes.values():
        found.sort(key=lambda hope: hope.time)
    return hopes


def company_of(application: Application) -> object:
    """Return what stands for the company, or for the application where nobody knows the company."""
    return ("alone", application.messages[0].seq) if application.number is None else application.number


def next_hope(hopes: Sequence[Hope], time: float | None) -> Hope | None:
    """Return the first one after that time."""
    place = len(hopes) if time is None else bisect_right(hopes, time, key=lambda hope: hope.time)
    return hopes[place] if place < len(hopes) else None


def _furthest(one: Stage, other: Stage | None) -> Stage:
    return one if other is None else max(one, other, key=_STAGES.index)


# --- what a text says of a meeting

_MEETING = r"(?:interviews?|(?:phone|video|introductory|screening|zoom|teams)[ -]?(?:call|chat|screen|meeting)s?|calls?|meetings?|assessments?|trials?|tests?|appointments?|conversations?)"
_INVITES = re.compile(rf"\b(?:{_MEETING}|meet|chat|speak|talk|exercise|case study|come in)\b", re.IGNORECASE)
_OFF = (
    r"(?:cancel(?:l?ed|l?ing)|called off|(?:will not|won't|is not|no longer) (?:now |be )?(?:tak(?:e|ing) place|go(?:ing)? ahead|happen(?:ing)?|needed|necessary|required)|"
    r"no longer (?:takes place|goes ahead))"
)
_BETWEEN = r"(?:(?!\b(?:we|i|you|position|role|post|job|vacancy|requisition|search|process|recruitment|hiring|application|candidates?)\b)[^.!?]){0,60}"
"""Words that may stand between an interview and its end; with others in between something else has ended."""
_CALLS_OFF = re.compile(
    rf"\b{_MEETING}\b{_BETWEEN}\b{_OFF}\b|\b(?:cancel(?:l?ed|l?ing|lation)?|call(?:ed|ing)? off)\b{_BETWEEN}\b{_MEETING}\b",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"\b(?:re-?schedul|postpone|re-?arrang|(?:new|another|different|alternative) (?:date|time|slot))", re.I
)


def speaks_of_meeting(text: str) -> bool:
    """Return whether it speaks of something at which people meet or are tested."""
    return bool(_INVITES.search(text))


def calls_off(text: str) -> bool:
    """Return whether it takes an interview back; one that is put off to another day is not called off."""
    return bool(_CALLS_OFF.search(text)) and not _MOVED.search(text)
