"""Words for a time -> a date, read on Monday, 2 March 2026."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.timeframe import timeframe_date

ARRIVED = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("in six months", date(2026, 9, 2)),
        ("In Six Months", date(2026, 9, 2)),
        ("in six\nmonths", date(2026, 9, 2)),
        ("after a six-month period", date(2026, 9, 2)),
        ("after 12 months", date(2027, 3, 2)),
        ("twelve calendar months", date(2027, 3, 2)),
        ("eighteen months", date(2027, 9, 2)),
        ("in a year", date(2027, 3, 2)),
        ("in about two years", date(2028, 3, 2)),
        ("within a fortnight", date(2026, 3, 16)),
        ("in 10 days", date(2026, 3, 12)),
        ("in a few weeks", date(2026, 3, 23)),
        ("in a couple of months", date(2026, 5, 2)),
        ("in two full quarters", date(2026, 9, 2)),
        ("next week", date(2026, 3, 9)),
        ("next month", date(2026, 4, 1)),
        ("the coming quarter", date(2026, 4, 1)),
        ("next year", date(2027, 1, 1)),
        ("early in the new year", date(2027, 1, 1)),
        ("next financial year", date(2026, 4, 1)),
        ("in our next fiscal year", date(2026, 4, 1)),
        ("the next academic year", date(2026, 9, 1)),
        ("next summer", date(2026, 6, 1)),
        ("next spring", date(2027, 3, 1)),
        ("this autumn", date(2026, 9, 1)),
        ("in the fall", date(2026, 9, 1)),
        ("early summer", date(2026, 6, 1)),
        ("after the summer", date(2026, 9, 1)),
        ("autumn 2026", date(2026, 9, 1)),
        ("in September", date(2026, 9, 1)),
        ("from mid-Sept", date(2026, 9, 1)),
        ("in January", date(2027, 1, 1)),
        ("in May", date(2026, 5, 1)),
        ("after 1 March", date(2027, 3, 1)),
        ("after 3 March", date(2026, 3, 3)),
        ("from July 15th", date(2026, 7, 15)),
        ("15 June 2027", date(2027, 6, 15)),
        ("June 15, 2027", date(2027, 6, 15)),
        ("31 June", date(2026, 6, 30)),
        ("31 February 2027", date(2027, 2, 28)),
        ("February 2028", date(2028, 2, 1)),
        ("1 June next year", date(2027, 6, 1)),
        ("in October next year", date(2027, 10, 1)),
        ("when the new fiscal year starts in July", date(2026, 7, 1)),
        ("in Q3", date(2026, 7, 1)),
        ("Q1 2027", date(2027, 1, 1)),
        ("in the third quarter", date(2026, 7, 1)),
        ("in the first quarter of next year", date(2027, 1, 1)),
        ("in the second half of the year", date(2026, 7, 1)),
        ("in 2027", date(2027, 1, 1)),
    ],
)
def test_words_for_a_time_give_its_first_day(words, day):
    assert timeframe_date(words, ARRIVED) == day


@pytest.mark.parametrize(
    "words",
    [
        "",
        "soon",
        "in the future",
        "as soon as we can",
        "when funding is approved",
        "at a later date",
        "some day",
        "every month",
        "last year",
        "this week",
        "six people",
        "the next step",
        "a new post",
        "first quarterback",
        "as you may know",
        "the decision",
        "the marketing manager",
        "before you fall",
        "0 months",
        "1000 months",
        "in May 2024",
        "24/7",
        "2 of 3",
    ],
)
def test_words_that_name_no_time_ahead_give_none(words):
    assert timeframe_date(words, ARRIVED) is None


@pytest.mark.parametrize(
    ("words", "arrived", "day"),
    [
        ("in a month", date(2026, 1, 31), date(2026, 2, 28)),
        ("in six months", date(2027, 8, 31), date(2028, 2, 29)),
        ("in a year", date(2028, 2, 29), date(2029, 2, 28)),
        ("in two months", date(2026, 12, 15), date(2027, 2, 15)),
        ("next month", date(2026, 12, 31), date(2027, 1, 1)),
        ("next week", date(2026, 3, 8), date(2026, 3, 9)),
        ("next quarter", date(2026, 11, 30), date(2027, 1, 1)),
        ("next financial year", date(2026, 4, 1), date(2027, 4, 1)),
        ("next financial year", date(2026, 3, 31), date(2026, 4, 1)),
        ("in March", date(2026, 2, 28), date(2026, 3, 1)),
        ("29 February", date(2026, 3, 2), date(2027, 2, 28)),
    ],
)
def test_a_time_counts_from_the_day_of_the_letter(words, arrived, day):
    assert timeframe_date(words, arrived) == day


WORDS = "in after next the new this 1 31 6 0 999 99 2020 2026 2099 six a few couple of May march sept financial year month week quarters autumn day 15th"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(WORDS.split()), max_size=6).map(" ".join) | st.text(max_size=40),
    st.dates(date(1990, 1, 1), date(9999, 12, 31)),
)
def test_a_date_is_always_after_the_letter(words, arrived):
    day = timeframe_date(words, arrived)
    assert day is None or day > arrived
