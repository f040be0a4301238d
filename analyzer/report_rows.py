"""Results -> the rows of the report's table: plain values, ready to be shown as text.

Texts are cut into stretches here, where offsets count characters; a browser counts otherwise. Nothing here escapes:
that is done once, where the page is written.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from analyzer.outbox import MAX_ADDRESSEES, What
from analyzer.reasons import DEFINITIONS, Action, Kind, Reason
from analyzer.tally import day_of, is_sure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from analyzer.outbox import Task

UNCLEAR = "unclear"
KINDS = {
    Kind.OFFER.value: "Offer",
    Kind.INTERVIEW.value: "Invitation",
    Kind.ACKNOWLEDGEMENT.value: "Received",
    Kind.REJECTION.value: "Rejection",
    UNCLEAR: "Unclear",
}
NO_SIGNAL = "no_signal"
REASONS = {
    **{reason.value: DEFINITIONS[reason].name[0].upper() + DEFINITIONS[reason].name[1:] for reason in Reason},
    NO_SIGNAL: "No reason given",
}
ACTIONS = {
    Action.FOLLOW_UP.value: "Write once more",
    Action.WAIT.value: "Wait",
    Action.MOVE_ON.value: "Move on",
}
STATUSES = {
    "due": "To do now",
    "upcoming": "Coming up",
    "waiting": "No answer yet",
    "came_back": "They came back",
    "answered": "You have answered",
    "past": "Nothing more to do",
}
"""In the order in which the table sorts them."""

TASKS = {What.THANK_YOU: "Thank them", What.WRITE_AGAIN: "Write once more", What.LOOK_AGAIN: "Look again"}
"""What is to be done, in a cell of the table."""

GAPS = {"name": "your name", "strength": "half a sentence on why you were right for it"}

MAX_LINE = 400
"""So many characters of a subject, a name or an address; a hostile header has millions."""

MAX_BODY = 20_000
"""So many characters of a letter stand in the page; no answer to an application is longer."""

MAX_MARKS = 200  # marks and notes of a letter that are shown

MAX_LINK = 1900
"""Some mail programs cut a link that is longer than about 2,000 characters; then it carries no text."""

ANSWER_DAYS = 21
"""An invitation or an offer, or a letter that may be one, is shown as open for so many days."""

_EVIDENCE, _STOCK = 1, 2  # how a stretch of a letter is shown; both may hold


@dataclass(frozen=True)
class Cloak:
    """What a row may tell. Without names, `companies` gives each company a letter, and a day becomes its month."""

    anonymous: bool
    companies: Mapping[str, str]

    def company(self, name: str | None) -> str:
        """Return what a company is called in the page."""
        if not self.anonymous:
            return plain(name) or "Company not named"
        return self.companies.get(company_key(name), "Company not named")

    def day(self, value: date | None, *, short: bool = False) -> str:
        """Return a day as people write it, or its month alone."""
        if value is None:
            return ""
        if self.anonymous:
            return f"{value:%B} {value.year}"
        return f"{value.day} {value:%b} {value.year}" if short else f"{value.day} {value:%B} {value.year}"

    def iso(self, value: date | None) -> str:
        """Return what a day is sorted by."""
        return "" if value is None else value.isoformat()[: 7 if self.anonymous else 10]


@dataclass(frozen=True)
class View:
    """What a row needs to know beyond its letter. `tasks` and `waiting` are by a result's and an application's id."""

    today: date
    hide: Cloak
    tasks: Mapping[str, Task]
    waiting: Collection[str]


def company_key(name: str | None) -> str:
    """Return what is the same for two ways of writing a company in capitals."""
    return " ".join((name or "").casefold().split())


def cloak(results: Iterable[Mapping[str, Any]], *, anonymous: bool) -> Cloak:
    """Name the companies A, B ... Z, AA ... in the order of the results."""
    keys = dict.fromkeys(company_key(name) for result in results for name in names_of(result)) if anonymous else {}
    keys.pop("", None)
    return Cloak(anonymous, {key: f"Company {_letters(number)}" for number, key in enumerate(keys)})


def names_of(result: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return what the company is called: in its application, which several letters may share, and in the letter."""
    return (result.get("application") or {}).get("company"), result.get("company")


def table_row(result: Mapping[str, Any], view: View) -> dict[str, Any]:
    """Return one row of the table."""
    hide, task = view.hide, view.tasks.get(str(result["id"]))
    kind = UNCLEAR if result["kind"] == Kind.REJECTION and not is_sure(result) else str(result["kind"])
    sent = day_of(result.get("date"))
    status = _status(result, kind, sent, view)
    when = task.day if task else _ask_day(result, status, view)
    todo, note = _todo(result, kind, status, task, hide.day(when, short=True))
    row = {
        "day": hide.iso(sent),
        "dated": hide.day(sent, short=True),
        "company": hide.company(next((name for name in names_of(result) if name), None)),
        "kind": kind,
        "reasons": (list(result["shown"]) or [NO_SIGNAL]) if kind == Kind.REJECTION else [],
        "action": str(result.get("action") or "") if kind != UNCLEAR else "",
        "status": status,
        "act": hide.iso(when),
        "todo": todo,
        "note": note,
    }
    return row if hide.anonymous else {**row, **_words(result, task, status)}


def email(draft: Any, *, name: str = "The email") -> dict[str, Any]:  # noqa: ANN401  a Draft, or its JSON
    """Return a draft as the page shows it, with the link that opens it in a mail program."""
    fields = draft if isinstance(draft, dict) else vars(draft)
    subject, body = plain(fields["subject"]), plain(fields["body"], lines=True)
    to, cc = ([plain(address) for address in fields[name][:MAX_ADDRESSEES]] for name in ("to", "cc"))
    return {
        "name": name,
        "to": ", ".join((*to, *cc)),
        "subject": subject,
        "body": body,
        "missing": " and ".join(GAPS.get(gap, gap) for gap in fields["missing"]),
        "link": mail_link(to, cc, subject, body),
    }


def mail_link(to: Sequence[str], cc: Sequence[str], subject: str, body: str) -> str:
    """Return a mailto link in which nothing can add a header: all but the @ of an address is encoded."""
    copies = [f"cc={quote(','.join(cc), safe='@,')}"] if cc else []
    start = f"mailto:{','.join(quote(address, safe='@') for address in to)}?"
    lines = quote(body.replace("\n", "\r\n"), safe="")
    whole = start + "&".join([*copies, f"subject={quote(subject, safe='')}", f"body={lines}"])
    return whole if len(whole) <= MAX_LINK else start + "&".join([*copies, f"subject={quote(subject[:100], safe='')}"])


def plain(value: object, *, lines: bool = False) -> str:
    """Return mail text without the characters that nobody sees: controls, direction marks, joiners of width zero.

    In one line of at most MAX_LINE characters, or with `lines` as it is, up to MAX_BODY.
    """
    text = "" if value is None else str(value)[: MAX_BODY if lines else 4 * MAX_LINE]
    if not text.isascii() or not text.isprintable():
        text = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _UNSEEN)
    return text if lines else " ".join(text.split())[:MAX_LINE]


_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def stretches(body: str, evidence: Sequence[tuple[int, int, str]], stock: Sequence[tuple[int, int]]) -> list[list[Any]]:
    """Cut a letter where its marks begin and end: [text, how, reason], `how` 1 evidence, 2 found in other letters, 3 both.

    Offsets outside of the letter are moved to its ends. What is beyond MAX_BODY is left out, and the text says so.
    """
    cut = len(body) > MAX_BODY
    body = body[:MAX_BODY]
    spans = [(*_within(start, end, body), _EVIDENCE, reason) for start, end, reason in evidence if start < len(body)]
    spans += [(*_within(start, end, body), _STOCK, "") for start, end in stock if start < len(body)]
    cuts = sorted({0, len(body), *(cut for span in spans for cut in span[:2])})
    parts: list[list[Any]] = []
    for start, end in pairwise(cuts):
        over = [span for span in spans if span[0] <= start and end <= span[1]]
        how = 0
        for span in over:
            how |= span[2]
        reason = next((span[3] for span in over if span[3]), "")
        words = plain(body[start:end], lines=True)
        parts.append([words, how, reason] if reason else [words, how] if how else [words])
    if cut:
        parts.append(["\n\n[The rest is left out here; the whole text stands in results.jsonl.]"])
    return parts


def _within(start: int, end: int, body: str) -> tuple[int, int]:
    start = min(max(0, start), len(body))
    return start, min(max(start, end), len(body))


def _words(result: Mapping[str, Any], task: Task | None, status: str) -> dict[str, Any]:
    evidence = [(span["start"], span["end"], span["reason"]) for span in (result.get("evidence") or ())[:MAX_MARKS]]
    stock = [(start, end) for start, end in (result.get("boilerplate") or ())[:MAX_MARKS]]
    return {
        "role": plain(result.get("role")),
        "contact": plain(result.get("contact")),
        "subject": plain(result.get("subject")),
        "from": plain(result.get("from")),
        "because": _because(result),
        "notes": [plain(note["text"]) for note in (result.get("notes") or ())[:MAX_MARKS]],
        "body": stretches(result.get("body") or "", evidence, stock),
        "draft": _draft(result, task, status),
    }


def _because(result: Mapping[str, Any]) -> str:
    if result["kind"] == Kind.REJECTION and not is_sure(result):
        return "I cannot tell whether this is a rejection: read it yourself before you answer."
    return " ".join(plain(result.get(name)) for name in ("because", "would_change") if result.get(name))


def _draft(result: Mapping[str, Any], task: Task | None, status: str) -> dict[str, Any] | None:
    """Return the email for a letter; none where it might do harm, or where nobody should write any more."""
    if task is not None:
        name = "The email" if task.due else f"The email, for {task.day.day} {task.day:%B %Y}"
        return email(task.draft, name=name)
    if not result.get("draft") or not is_sure(result) or status in {"answered", "came_back"}:
        return None
    return email(result["draft"], name="The email (it would read oddly by now)")


def _status(result: Mapping[str, Any], kind: str, sent: date | None, view: View) -> str:
    application = result.get("application") or {}
    task = view.tasks.get(str(result["id"]))
    if task is not None:
        return "due" if task.due else "upcoming"
    if result.get("status") in {"answered", "came_back"}:
        return str(result["status"])
    if kind == Kind.ACKNOWLEDGEMENT:
        return "waiting" if str(application.get("id") or result["id"]) in view.waiting else "past"
    return "due" if kind != Kind.REJECTION and is_fresh(result, sent, view.today) else "past"


def _ask_day(result: Mapping[str, Any], status: str, view: View) -> date | None:
    after = day_of(result.get("after")) if status == "waiting" else None
    return after if after and after >= view.today else None


def is_fresh(result: Mapping[str, Any], sent: date | None, today: date) -> bool:
    """Return whether a message may still want an answer: it is young, or has no date, and no answer or no followed."""
    application = result.get("application") or {}
    answered = day_of(application.get("answered"))
    young = sent is None or (today - sent).days <= ANSWER_DAYS
    return (
        young and bool(application.get("open", True)) and (answered is None or (sent is not None and answered < sent))
    )


def _todo(result: Mapping[str, Any], kind: str, status: str, task: Task | None, when: str) -> tuple[str, str]:
    """Return what to do and, smaller, when."""
    if task is not None:
        return TASKS[task.what], "now" if task.due else f"from {when}"
    if status == "waiting":
        return "Wait", f"ask after {when}" if when else "no answer so far"
    if kind != Kind.REJECTION:
        return ("Read it yourself" if kind == UNCLEAR else "Answer them", "") if status == "due" else ("", "")
    note = "" if status == "past" else STATUSES[status].lower()
    return ACTIONS.get(str(result.get("action")), "Move on"), note


def _letters(number: int) -> str:
    """Return A to Z, then AA, AB ..."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
