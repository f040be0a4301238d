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
    r"\b(\d{1,3}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|twelve|eighteen|couple of|few)[ -](?:full |calendar )?(day|week|fortnight|month|quarter|year)",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"\b(?:next|new|coming|following) (?:calendar |hiring |budget )?(week|month|quarter|financial year|fiscal year|fiscal|financial|academic year|school year|year)\b",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"\b(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
    # Without its capital, "may" is the verb unless the words end with it or a number follows.
    r"|(?-i:May|MAY)|may(?=[ ,]{0,2}(?:\d|$)))\b",
    re.IGNORECASE,
)
_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_QUARTER = re.compile(r"\bq([1-4])\b|\b(first|second|third|fourth|final) quarter\b", re.IGNORECASE)
_HALF = re.compile(r"\b(first|second) half\b", re.IGNORECASE)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "final": 4}
_SEASON = re.compile(
    r"\b(?:(after)|in|by|from|until|this|next|coming|early|late|mid|the)[ -](?:the |this |early |late |next )?(spring|summer|autumn|fall|winter)\b"
    r"|\b(spring|summer|autumn|fall|winter)(?= (?:of )?20\d\d\b)",
    re.IGNORECASE,
)
_SEASON_STARTS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_YEAR = re.compile(r"\b(20\d\d)\b")
_DAY = re.compile(r"\b(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\b(?!\d)", re.IGNORECASE)
_NEXT_YEAR = re.compile(r"\b(?:next|following|coming) (?:calendar )?year\b", re.IGNORECASE)


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
}


def timeframe_date(timeframe: str, arrived: date) -> date | None:
    """Return the first day that the words can mean; None if they name none after `arrived` in this calendar."""
    try:
        day = _first_day(" ".join(timeframe.split()), arrived)
    except (ValueError, OverflowError):  # beyond the year 9999
        return None
    return day if day and day > arrived else None


def _first_day(text: str, arrived: date) -> date | None:
    if match := _SPAN.search(text):
        count = match[1].lower()
        return _later(arrived, _NUMBERS.get(count) or int(count), match[2].lower())
    year = _year(text, arrived)
    if named := _month_and_day(text):
        return _day(year, *named) if year else _next_day(arrived, *named)
    if match := _NEXT.search(text):
        return _NEXT_STARTS[match[1].lower()](arrived)
    return date(year, 1, 1) if year else None


def _year(text: str, arrived: date) -> int | None:
    if match := _YEAR.search(text):
        return int(match[1])
    return arrived.year + 1 if _NEXT_YEAR.search(text) else None


def _month_and_day(text: str) -> tuple[int, int] | None:
    """Return the month with which the named month, quarter, half or season begins, and the day in it."""
    if match := _MONTH.search(text):
        day = _DAY.search(text)
        return _MONTH_NAMES.index(match[1][:3].lower()) + 1, int(day[1]) if day else 1
    if match := _QUARTER.search(text):
        quarter = int(match[1]) if match[1] else _ORDINALS[match[2].lower()]
        return 3 * quarter - 2, 1
    if match := _HALF.search(text):
        return 6 * _ORDINALS[match[1].lower()] - 5, 1
    if match := _SEASON.search(text):
        start = _SEASON_STARTS[(match[2] or match[3]).lower()]
        return (start + 2) % 12 + 1 if match[1] else start, 1  # after a season is when the one after it begins
    return None


def _next_day(arrived: date, month: int, day: int) -> date:
    this_year = _day(arrived.year, month, day)
    return this_year if this_year > arrived else _day(arrived.year + 1, month, day)
