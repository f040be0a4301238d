"""One person's results -> what is known of each company: how often, how long they took, when to try again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import TYPE_CHECKING, Any

from analyzer.reasons import Kind
from analyzer.timeframe import timeframe_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Reapply:
    """From when to when applying again makes sense. `because` quotes the letter's own time, else the policy."""

    after: date
    until: date | None
    because: str


@dataclass(frozen=True)
class Company:
    """What one person's mail shows of a company. `applications` counts applications, the rest letters.

    `days_to_answer` has a number for each application of which both days are known. `open` counts the applications
    whose last word was not no. `reapply` is None where one is open, where the letters name no time, or where no letter
    was a rejection.
    """

    name: str
    applications: int
    rejections: int
    invitations: int
    offers: int
    open: int
    first: date | None
    last: date | None
    days_to_answer: tuple[int, ...]
    reapply: Reapply | None

    @property
    def usual_days(self) -> int | None:
        """The median of the days that they took."""
        return round(median(self.days_to_answer)) if self.days_to_answer else None


def companies(results: Iterable[Mapping[str, Any]]) -> list[Company]:
    """Return the companies of one person's final results, those with most applications first, then by name."""
    found: dict[str, _Tally] = {}
    for result in results:
        application = result.get("application")
        if application and application["company"]:
            found.setdefault(application["company"], _Tally()).add(result, application)
    rows = (tally.company(name) for name, tally in found.items())
    return sorted(rows, key=lambda company: (-company.applications, company.name.casefold(), company.name))


@dataclass
class _Tally:
    """A company while its letters are counted."""

    kinds: Counter[str] = field(default_factory=Counter)
    days: list[date] = field(default_factory=list)
    answers: dict[str, int | None] = field(default_factory=dict)
    open: dict[str, bool] = field(default_factory=dict)
    newest: tuple[date, Reapply] | None = None

    def add(self, result: Mapping[str, Any], application: Mapping[str, Any]) -> None:
        self.kinds[result["kind"]] += 1
        self.answers[application["id"]] = application["days_to_answer"]
        self.open[application["id"]] = application["open"]
        day = _day(result.get("date"))
        if day is None:
            return
        self.days = [min([*self.days, day]), max([*self.days, day])]
        reapply = _reapply(result, day)
        if reapply and (self.newest is None or day >= self.newest[0]):
            self.newest = day, reapply

    def company(self, name: str) -> Company:
        return Company(
            name=name,
            applications=len(self.answers),
            rejections=self.kinds[Kind.REJECTION],
            invitations=self.kinds[Kind.INTERVIEW],
            offers=self.kinds[Kind.OFFER],
            open=sum(self.open.values()),
            first=self.days[0] if self.days else None,
            last=self.days[-1] if self.days else None,
            days_to_answer=tuple(sorted(days for days in self.answers.values() if days is not None)),
            reapply=self.newest[1] if self.newest and not any(self.open.values()) else None,
        )


def _reapply(result: Mapping[str, Any], day: date) -> Reapply | None:
    """Return the time that a rejection leaves for trying again; none where a condition rules the reader out for good."""
    after = _day(result.get("after"))
    if result["kind"] != Kind.REJECTION or after is None:
        return None
    timeframe = result.get("timeframe") or ""
    named = timeframe_date(timeframe, day) if timeframe else None
    because = f"the letter says \u201c{' '.join(timeframe.split())}\u201d" if named else result["policy"]["source"]
    return Reapply(after, _day(result.get("until")), because)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
