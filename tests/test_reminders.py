"""The calendar: an entry a task, none in the past, nothing private, and importing twice does not double."""

from __future__ import annotations

import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from results_made import made

from analyzer.errors import RunError
from analyzer.outbox import plan
from analyzer.reminders import calendar, write_reminders

TODAY = date(2026, 3, 2)
OUT = Path("/data/answers of mine")


def events(content):
    return Calendar.from_ical(content).walk("VEVENT")


def made_calendar(*rows, today=TODAY, folder=OUT):
    return calendar([(task, folder) for task in plan(rows, today=today)], today=today)


def test_every_action_is_an_entry_of_a_whole_day_that_rings_in_the_morning():
    first, later = events(made_calendar(made(after=42)))
    assert (first["summary"], first.decoded("dtstart")) == ("Send the thank-you to Firm 1", date(2026, 3, 3))
    assert (later["summary"], later.decoded("dtstart")) == ("Write once more to Firm 1", date(2026, 4, 12))
    for event in (first, later):
        assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(days=1)
        assert event.decoded("dtstamp") == datetime(2026, 3, 2, tzinfo=UTC)
        (alarm,) = event.walk("VALARM")
        assert alarm.decoded("trigger") == timedelta(hours=9)
        assert event["description"] == "The text to send, and why: analyzer next '/data/answers of mine'"
        assert not event.errors


def test_who_waits_is_told_to_look_again():
    (event,) = events(made_calendar(made(sent="2026-01-01", after=42, action="wait")))
    assert event["summary"] == "Look again at Firm 1"


@pytest.mark.parametrize("sent", ["2026-02-18", "2025-06-01", "2026-03-01"])
def test_no_entry_is_in_the_past(sent):
    entries = events(made_calendar(made(sent=sent, after=42)))
    assert entries
    assert all(event.decoded("dtstart") >= TODAY for event in entries)


def test_written_twice_it_is_the_same_and_imported_again_it_is_the_same_entries():
    rows = [made(1, after=42), made(2, "2026-02-25", after=42)]
    assert made_calendar(*rows) == made_calendar(*reversed(rows))
    today, tomorrow = (
        [event["uid"] for event in events(made_calendar(*rows, today=day))] for day in (TODAY, date(2026, 3, 4))
    )
    assert len(set(today)) == 4
    assert set(today) == set(tomorrow)
    assert all(uid.endswith("@analyzer.invalid") and uid.isascii() for uid in today)


def test_an_entry_keeps_its_mark_when_a_second_application_joins_it():
    one, two = (made(n, f"2026-02-2{n}", company="Acme", draft={"to": ["hr@acme.example"]}) for n in (1, 2))
    (alone,), (joined,) = events(made_calendar(one)), events(made_calendar(one, two))
    assert alone["uid"] == joined["uid"]


def test_no_text_of_the_letter_and_no_address_is_in_it():
    row = made(
        after=42, company="Acme hr@acme.example", subject="Secret subject", because="Secret reason",
        application={"people": [{"name": "Secret Name", "address": "secret@acme.example"}]},
    )  # fmt: skip
    content = made_calendar(row).decode().replace("\r\n ", "")
    for private in (
        "secret",
        "Secret",
        "acme.example",
        "Ana",
        "Sam",
        "Dear",
        "Role 1",
        "firm1.example",
        "firm.example",
    ):
        assert private not in content
    assert "Acme" in content


def test_the_home_folder_is_not_named(own_home):
    (event,) = events(made_calendar(made(), folder=own_home / "my answers"))
    assert event["description"].endswith("analyzer next ~/'my answers'")


def test_a_letter_without_a_company_is_of_the_company_that_wrote():
    (event,) = events(made_calendar(made(company=None)))
    assert event["summary"] == "Send the thank-you to the company that wrote to you"


@given(
    st.text(max_size=60)
    | st.sampled_from(["x\r\nEND:VEVENT\r\nBEGIN:VEVENT", "a;b,c\\n:d", "\u2028ATTENDEE:x", "x" * 500])
)
@settings(max_examples=150, deadline=None)
def test_no_name_of_a_company_adds_a_property(name):
    (event,) = events(made_calendar(made(company=name)))
    assert sorted(event) == ["CLASS", "DESCRIPTION", "DTEND", "DTSTAMP", "DTSTART", "SUMMARY", "TRANSP", "UID"]
    assert str(event["summary"]).startswith("Send the thank-you to ")
    assert not event.errors


def test_the_end_of_the_calendar_is_an_entry_too():
    (event,) = events(made_calendar({**made(sent="2026-01-01"), "after": "9999-12-31", "until": "9999-12-31"}))
    assert event.decoded("dtend") == date.max


def test_lines_end_and_fold_as_calendars_expect():
    content = made_calendar(made(company="Größe " * 12), folder=Path("/data/" + "long " * 40))
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 75


def test_the_file_is_private_and_names_its_own_folder(tmp_path):
    tasks = plan([made(after=42)], today=TODAY)
    assert write_reminders(tasks, tmp_path / "reminders.ics", today=TODAY) == 2
    content = (tmp_path / "reminders.ics").read_bytes()
    assert str(tmp_path) in events(content)[0]["description"]
    assert stat.S_IMODE((tmp_path / "reminders.ics").stat().st_mode) == 0o600
    write_reminders(tasks, tmp_path / "reminders.ics", today=TODAY)
    assert (tmp_path / "reminders.ics").read_bytes() == content
    assert write_reminders([], tmp_path / "reminders.ics", today=TODAY) == 0
    assert events((tmp_path / "reminders.ics").read_bytes()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["reminders.ics"]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(RunError, match=r"reminders.ics: cannot be written \(.*\); name a folder"):
        write_reminders([], tmp_path / "nowhere" / "reminders.ics", today=TODAY)
