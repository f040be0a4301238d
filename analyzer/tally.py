"""Counts over the results of one person's mail: what the report tells, apart from how it looks.

A result is a dict in the shape of a line in results.jsonl. Nothing here claims more than the numbers carry: there is no
per cent and no pattern where fewer than ENOUGH letters stand behind it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from statistics import median_low
from typing import TYPE_CHECKING, Any

from analyzer.pipeline import may_send
from analyzer.reasons import Kind, Reason, Stage
from analyzer.records import Prediction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ENOUGH = 10
"""From this many letters on a share is given in per cent, and a middle or a most frequent one is named."""

MONTHS = 24
"""So many months, up to this one, stand in the timeline; what is older, or dated in the future, is counted beside it."""

OUTCOMES = ("offer", "interview", "closed", "waiting")
"""How far an application got, the furthest first. `closed`: a no without an interview. `waiting`: no answer so far."""

_WITHIN = ((7, "within a week"), (14, "1 to 2 weeks"), (28, "2 to 4 weeks"), (61, "1 to 2 months"), (None, "longer"))


@dataclass(frozen=True)
class Count:
    """So many of so many. `per_cent` is None where the whole is too small for one."""

    name: str
    count: int
    of: int

    @property
    def per_cent(self) -> int | None:
        """The share in whole per cent, from ENOUGH on."""
        return round(100 * self.count / self.of) if self.of >= ENOUGH else None

    @property
    def width(self) -> int:
        """The share in per cent for drawing, whatever the whole is."""
        return round(100 * self.count / self.of) if self.of else 0


@dataclass(frozen=True)
class Application:
    """All letters about one application. `days` is how long its first real answer took, None where that is not known."""

    id: str
    company: str | None
    began: date | None
    last: date | None
    days: int | None
    outcome: str


@dataclass(frozen=True)
class Month:
    """The applications that began in one month, by outcome."""

    first: date
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All applications of the month."""
        return sum(self.counts.values())


def is_sure(result: Mapping[str, Any]) -> bool:
    """Return whether a rejection is surely one, so that an email may be offered for it."""
    if result["kind"] != Kind.REJECTION:
        return False
    kinds = result.get("kinds") or {}
    return may_send(Prediction(Kind.REJECTION, {kind: kinds.get(kind, 0.0) for kind in Kind}))


def reason_counts(results: Iterable[Mapping[str, Any]]) -> list[Count]:
    """Count the reasons over the sure rejections, the most frequent first; `no_signal` is the last, always there.

    A letter can show two reasons, so the counts may sum to more than there are letters.
    """
    found: Counter[str] = Counter()
    letters = 0
    for result in results:
        if is_sure(result):
            letters += 1
            found.update(result["shown"] or ["no_signal"])
    named = sorted((reason.value for reason in Reason if found[reason.value]), key=lambda name: -found[name])
    return [Count(name, found[name], letters) for name in (*named, "no_signal")]


def applications(results: Iterable[Mapping[str, Any]]) -> list[Application]:
    """Put the letters of one application together, in the order of their first letter."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        about = result.get("application") or {}
        groups.setdefault(str(about.get("id") or result["id"]), []).append(result)
    return [_application(name, letters) for name, letters in groups.items()]


def timeline(found: Iterable[Application], today: date) -> tuple[list[Month], int]:
    """Return the months from the first application to `today`, at most MONTHS, and how many lie outside of them."""
    by_month: dict[int, Counter[str]] = {}
    outside = 0
    now = _month_number(today)
    for application in found:
        number = _month_number(application.began) if application.began else -1
        if not now - MONTHS < number <= now:
            outside += 1
        else:
            by_month.setdefault(number, Counter())[application.outcome] += 1
    if not by_month:
        return [], outside
    months = range(min(by_month), now + 1)
    return [Month(_first_day(number), dict(by_month.get(number, {}))) for number in months], outside


def answer_times(found: Iterable[Application]) -> list[Count]:
    """Count how long the answers took; empty where no answer has a known time."""
    days = [application.days for application in found if application.days is not None]
    counts = Counter(next(name for limit, name in _WITHIN if limit is None or value <= limit) for value in days)
    return [Count(name, counts[name], len(days)) for _, name in _WITHIN] if days else []


def middle_time(found: Iterable[Application]) -> int | None:
    """Return in how many days half of the answers had come; None where too few are known."""
    days = [application.days for application in found if application.days is not None]
    return median_low(days) if len(days) >= ENOUGH else None


def interviews_reached(found: Iterable[Application]) -> int:
    """Count the applications that led to an interview, a call or a test, or further."""
    return sum(application.outcome in {"offer", "interview"} for application in found)


def day_of(value: object) -> date | None:
    """Return the day of a date as results hold it, None where it is none."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None


def _application(name: str, letters: Sequence[Mapping[str, Any]]) -> Application:
    about: Mapping[str, Any] = next((letter["application"] for letter in letters if letter.get("application")), {})
    days = sorted(day for letter in letters if (day := day_of(letter.get("date"))))
    taken = about.get("days_to_answer")
    return Application(
        id=name,
        company=about.get("company") or next((letter["company"] for letter in letters if letter.get("company")), None),
        began=day_of(about.get("applied")) or (days[0] if days else None),
        last=days[-1] if days else None,
        days=taken if isinstance(taken, int) and taken >= 0 else None,
        outcome=_outcome({letter["kind"] for letter in letters}, {str(about.get("furthest")), *_stages(letters)}),
    )


def _stages(letters: Iterable[Mapping[str, Any]]) -> set[str]:
    return {str(letter.get("stage")) for letter in letters}


def _outcome(kinds: set[str], stages: set[str]) -> str:
    if Kind.OFFER in kinds or "offer" in stages:
        return "offer"
    if Kind.INTERVIEW in kinds or stages & {Stage.INTERVIEW.value, Stage.FINAL.value}:
        return "interview"
    return "closed" if Kind.REJECTION in kinds else "waiting"


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_day(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
