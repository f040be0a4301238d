"""What is remembered of each company."""

from __future__ import annotations

from datetime import date

import pytest

from analyzer.companies import companies


def result(day="2026-01-10", kind="rejection", company="Acme", application="a", **more):
    facts = {"open": False, "days_to_answer": None, "id": application, "company": company}
    about = {
        "kind": kind,
        "date": day,
        "after": None,
        "until": None,
        "timeframe": None,
        "policy": {"source": "42 days"},
    }
    about |= {name: more.pop(name) for name in [*more] if name in about}
    return {**about, "application": {**facts, **more}}


def test_applications_and_letters_are_counted():
    letters = [result(kind="acknowledgement"), result("2026-01-20"), result(kind="interview", application="b")]
    (found,) = companies([*letters, result("2026-02-20", "offer", application="b")])
    counts = (found.applications, found.rejections, found.invitations, found.offers)
    assert (found.name, *counts) == ("Acme", 2, 1, 1, 1)
    assert (found.first, found.last) == (date(2026, 1, 10), date(2026, 2, 20))


def test_each_application_says_once_how_long_they_took():
    letters = [result(days_to_answer=9), result(days_to_answer=9), result(application="b", days_to_answer=20)]
    (found,) = companies([*letters, result(application="c")])
    assert found.days_to_answer == (9, 20)
    assert found.usual_days == 14
    assert companies([result()])[0].usual_days is None


@pytest.mark.parametrize(
    ("letters", "after", "because"),
    [
        ([result(after="2026-02-21", until="2027-01-10")], date(2026, 2, 21), "42 days"),
        (
            [result(after="2026-07-10", until="2027-01-10", timeframe="in six\nmonths")],
            date(2026, 7, 10),
            "the letter says \u201cin six months\u201d",
        ),
        ([result(after="2026-02-21", timeframe="some day")], date(2026, 2, 21), "42 days"),
        ([result("2026-01-20", after="2026-03-03"), result(after="2026-02-21")], date(2026, 3, 3), "42 days"),
        ([result(after="2026-02-21"), result("2026-02-01")], date(2026, 2, 21), "42 days"),  # the newest that names one
        # nothing to say
        ([result()], None, None),
        ([result(kind="acknowledgement", after="2026-02-21")], None, None),
        ([result(after="2026-02-21", open=True)], None, None),
        ([result(after="2026-02-21"), result(kind="interview", application="b", open=True)], None, None),
        ([result(None, after="2026-02-21")], None, None),
    ],
)
def test_applying_again_makes_sense_when_the_letters_say_so(letters, after, because):
    (found,) = companies(letters)
    assert (found.reapply and found.reapply.after, found.reapply and found.reapply.because) == (after, because)


def test_companies_come_by_applications_and_name_and_what_has_no_name_is_left_out():
    letters = [result(company="b"), result(company="C"), result(company="a"), result(company="b", application="x")]
    other = [{"kind": "other", "application": None}, result(company=None)]
    assert [company.name for company in companies([*letters, *other])] == ["b", "a", "C"]
