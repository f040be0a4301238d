"""Words for a time -> a date: "in six months", "next financial year", "after 1 March".

Seasons are the northern ones, a financial year begins on 1 April and a school year on 1 September: the commonest
readings, and near enough for "look again". What names no time gives None.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "eighteen": 18, "couple of": 2, "few": 3,
}  # fmt: skip
_SPAN = re.compile(
    r"\b(\d{1,3}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|twelve|eighteen|couple of|few)[ -](?:full |calendar )?(day|week|fortnight|month|quarter|year)"
)
_NEXT = re.compile(
    r"\b(?:next|new|coming|following) (?:calendar |hiring |budget |our )?(week|month|quarter|financial year|fiscal year|fiscal|financial|academic year|school year|year|spring|summer|autumn|fall|winter)\b|a^"
)
_MONTHS = (
    r"\bjan(uary)?\b", r"\bfeb(ruary)?\b", r"\bmar(ch)?\b|\b(in the|early|this) spring\b", r"\bapr(il)?\b", r"\bmay\b",
    r"\bjune?\b|\b(in the|early|this) summer\b", r"\bjuly?\b", r"\baug(ust)?\b", r"\bsep(t|tember)?\b|\b(in the|early|this) (autumn|fall)\b",
    r"\boct(ober)?\b", r"\bnov(ember)?\b", r"\bdec(ember)?\b|\b(in the|early|this) winter\b",
)  # fmt: skip


def _later(day: date, count: int, unit: str) -> date:
    if unit in {"day", "week", "fortnight"}:
        return day + timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[unit])
    return _add_months(day, count * {"month": 1, "quarter": 3, "year": 12}[unit])


def _add_months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return _day(day.year + years, month + 1, day.day)


def _day(year: int, month: int, day: int) -> date:
    """Return that day, or the last of the month where the month is shorter."""
    for candidate in range(min(day, 31), 27, -1):
        try:
            return date(year, month, candidate)
        except ValueError:
            continue
    return date(year, month, min(day, 28))


def _next_month_start(day: date, month: int) -> date:
    start = date(day.year, month, 1)
    return start if start > day else date(day.year + 1, month, 1)


_NEXT_STARTS: dict[str, Callable[[date], date]] = {
    "week": lambda day: day + timedelta(days=7 - day.weekday()),
    "month": lambda day: _add_months(day.replace(day=1), 1),
    "quarter": lambda day: _add_months(day.replace(day=1), 3 - (day.month - 1) % 3),
    "financial year": lambda day: _next_month_start(day, 4),
    "fiscal year": lambda day: _next_month_start(day, 4),
    "fiscal": lambda day: _next_month_start(day, 4),
    "financial": lambda day: _next_month_start(day, 4),
    "academic year": lambda day: _next_month_start(day, 9),
    "school year": lambda day: _next_month_start(day, 9),
    "year": lambda day: date(day.year + 1, 1, 1),
    "spring": lambda day: _next_month_start(day, 3),
    "summer": lambda day: _next_month_start(day, 6),
    "autumn": lambda day: _next_month_start(day, 9),
    "fall": lambda day: _next_month_start(day, 9),
    "winter": lambda day: _next_month_start(day, 12),
}


def timeframe_date(timeframe: str, arrived: date) -> date | None:
    """Return the first day that the words can mean; None if they name none after `arrived` in this calendar."""
    try:
        day = _first_day(timeframe.lower(), arrived)
    except (ValueError, OverflowError):  # beyond the year 9999
        return None
    return day if day and day > arrived else None


def _first_day(text: str, arrived: date) -> date | None:
    if match := _SPAN.search(text):
        return _later(arrived, _NUMBERS.get(match[1]) or int(match[1]), match[2])
    if match := _NEXT.search(text):
        return _NEXT_STARTS[match[1]](arrived)
    month = next((number for number, pattern in enumerate(_MONTHS, 1) if re.search(pattern, text)), None)
    if month is None:
        return None
    year_named = re.search(r"\b(20\d\d)\b", text)
    day_named = re.search(r"\b([12]?\d|3[01])(?:st|nd|rd|th)?\b(?!\d)", text)
    day = int(day_named[1]) if day_named and int(day_named[1]) >= 1 else 1
    if year_named:
        return _day(int(year_named[1]), month, day)
    this_year = _day(arrived.year, month, day)
    return this_year if this_year > arrived else _day(arrived.year + 1, month, day)
