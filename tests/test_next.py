"""`analyzer next`: what to do this week, why and with which words, kindly also where there is nothing."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from icalendar import Calendar
from results_made import made, other

from analyzer.drafts import write_drafts
from analyzer.outbox import plan
from analyzer.results import remember_folder, write_results

TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def answers(tmp_path):
    """A folder with one thank-you and one later note due, and two things that come later."""
    rows = [
        made(1, after=42), other(2), made(3, "2026-01-05", after=42, action="wait"), made(4, "2026-02-10", after=42),
        made(5, status="answered"),
    ]  # fmt: skip
    write_results(rows, tmp_path / "answers")
    return tmp_path / "answers"


def test_it_says_what_to_do_why_and_with_which_words(run, answers):
    result = run("next", answers)
    assert (result.exit_code, result.stderr) == (0, "")
    said = result.stdout
    parts = [
        "2 things to do this week:", "1. Thank Firm 1 (Role 1)", "They wrote on 1 March 2026.", "The letter gives no reason.",
        "Best sent by 3 March 2026.", "To: ana@firm1.example", "Subject: Re: Your application 1", made()["draft"]["body"],
        "2. Look again at Firm 3 (Role 3)", "Has the post come up again", "To: ana@firm3.example", "Some time ago",
        "LATER", "24 March 2026: Write once more to Firm 4 (Role 4)", "12 April 2026: Write once more to Firm 1 (Role 1)",
    ]  # fmt: skip
    places = [said.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)
    assert "Firm 5" not in said


def test_no_colours_in_a_pipe(run, answers):
    assert "\x1b" not in run("next", answers).stdout


def test_the_files_are_named_where_they_are_all_there(run, answers):
    assert "unsent email" not in run("next", answers).stdout
    rows = [json.loads(line) for line in (answers / "results.jsonl").read_text("utf-8").splitlines()]
    write_drafts(plan(rows, today=TODAY), answers / "drafts")
    assert re.search(
        r"Each is an unsent email in\s+\S*answers/drafts, too\.", " ".join(run("next", answers).stdout.split())
    )


def test_a_thank_you_whose_best_days_are_over_is_still_welcome(run, tmp_path):
    write_results([made(sent="2026-02-20")], tmp_path)
    assert "Its best days have passed, and until 6 March 2026 it is still welcome." in run("next", tmp_path).stdout


def test_who_is_to_follow_up_is_told_to_write(run, tmp_path):
    write_results([made(sent="2026-01-05", after=42)], tmp_path)
    said = run("next", tmp_path).stdout
    assert "1. Write once more to Firm 1 (Role 1)" in said
    assert "It asks once and presses nobody." in " ".join(said.split())


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "Nothing to do this week.\nThat is all right: keep applying elsewhere, at your own pace.\n"),
        ([made(sent="2026-02-10", after=42)], "at your own pace.\n\nLATER\n24 March 2026: Write once more"),
    ],
)
def test_where_nothing_is_due_it_says_so_kindly(run, tmp_path, rows, words):
    write_results(rows, tmp_path)
    assert words in run("next", tmp_path).stdout


def test_of_what_comes_later_a_few_are_shown_unless_all_are_asked_for(run, tmp_path):
    write_results([made(n, "2026-02-10", after=42) for n in range(8)], tmp_path)
    few, every = run("next", tmp_path).stdout, run("next", tmp_path, "--all").stdout
    assert (few.count("24 March"), every.count("24 March")) == (5, 8)
    assert "and 3 more; `--all` shows them." in few
    assert "more;" not in every


@pytest.mark.parametrize(
    ("people", "words"),
    [([], "To: (nobody reads the address that it came from: whoever wrote to you)"),
     ([{"name": "Bo Li", "address": "bo@firm.example"}], "To: perhaps Bo Li <bo@firm.example>, whom you met")],
)  # fmt: skip
def test_without_an_address_it_says_whom_it_may_go_to(run, tmp_path, people, words):
    write_results([made(draft={"to": []}, application={"people": people})], tmp_path)
    assert words in run("next", tmp_path).stdout


def test_gaps_are_named(run, tmp_path):
    write_results(
        [made(draft={"missing": ["name"], "body": "Dear Ana,\n\nHi.\n\nKind regards,\n[your name]"})], tmp_path
    )
    assert "Still yours to fill in: your name." in run("next", tmp_path).stdout


def test_json_is_one_object_a_task(run, answers):
    due = [json.loads(line) for line in run("next", answers, "--json").stdout.splitlines()]
    every = [json.loads(line) for line in run("next", answers, "--json", "--all").stdout.splitlines()]
    assert [row["what"] for row in due] == ["thank_you", "look_again"]
    assert [row["status"] for row in every] == ["due", "due", "upcoming", "upcoming"]
    assert due == every[:2]
    assert (due[0]["person"], due[0]["draft"]["to"], due[0]["ids"]) == ("", ["ana@firm1.example"], [made(1)["id"]])


def test_ics_is_the_calendar(run, answers):
    result = run("next", answers, "--ics")
    entries = Calendar.from_ical(result.stdout_bytes).walk("VEVENT")
    assert [str(event["summary"]) for event in entries] == [
        "Look again at Firm 3",
        "Send the thank-you to Firm 1",
        "Write once more to Firm 4",
        "Write once more to Firm 1",
    ]
    assert str(answers) in entries[0]["description"]


def test_what_came_from_mail_cannot_move_the_cursor(run, tmp_path):
    bad = "\x1b[2J\x1b]0;x\x07\u202eevil\r\n"
    row = made(company=bad, role=bad, because=bad, draft={"subject": bad, "body": f"Dear {bad}"}, subject=bad)
    write_results([row], tmp_path / bad.strip("\r\n")[:3].replace("\x1b", "e"))
    result = run("next", tmp_path)
    assert result.exit_code == 0
    assert not set("\x1b\x07\r\u202e") & set(result.stdout)


@pytest.fixture
def people(tmp_path):
    """Three people: two with the same rejection, one with nothing."""
    for name, number in (("b client", 1), ("a", 1)):
        write_results([made(number, draft={"body": f"Dear Ana,\n\nI am {name}."})], tmp_path / name)
    write_results([made(3, "2026-02-10", after=42)], tmp_path / "c")
    return tmp_path


def test_each_person_is_told_apart(run, people):
    said = run("next", people).stdout
    one, two = said.split("--- b client ---")
    assert one.startswith("--- a ---")
    assert ("I am a." in one, "I am b client." in two) == (True, True)
    assert ("b client" in one, "I am a." in two) == (False, False)
    assert said.count("1 thing to do this week:") == 2
    assert said.endswith("Nothing to do this week for 1 person more.\n")
    assert "--- c ---" in run("next", people, "--all").stdout
    rows = [json.loads(line) for line in run("next", people, "--json").stdout.splitlines()]
    assert [row["person"] for row in rows] == ["a", "b client"]
    entries = Calendar.from_ical(run("next", people, "--ics").stdout_bytes).walk("VEVENT")
    assert len(entries) == 3


def test_people_without_anything_are_counted(run, tmp_path):
    for name in ("a", "b"):
        write_results([], tmp_path / name)
    assert run("next", tmp_path).stdout == "Nothing to do this week for 2 people.\n"


def test_without_a_folder_it_is_that_of_the_last_run(run, answers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    remember_folder(answers)
    assert run("next").stdout == run("next", answers).stdout


def test_without_a_last_run_it_is_this_folder(run, answers, monkeypatch):
    monkeypatch.chdir(answers)
    assert "2 things" in run("next").stdout


@pytest.mark.parametrize("given", [True, False])
def test_a_folder_without_results_is_one_line_that_says_what_to_do(run, tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    result = run("next", *([tmp_path / "nowhere"] if given else []))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "there are no results here" in result.stderr
    assert "`analyzer batch MAIL -o DIR` makes them" in result.stderr
    assert ("name its folder" in result.stderr) != given


def test_a_damaged_line_is_one_line_too(run, answers):
    (answers / "results.jsonl").write_text('{"kind": "rejection"}\n', "utf-8")
    result = run("next", answers)
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.fullmatch(r"error: \S+results\.jsonl:1: is not a result; .+\n", result.stderr)


def paths(value, path=()):
    """Yield the way to every value inside a result."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from paths(one, (*path, name))


WHOLE = made(
    after=42, application={"people": [{"name": "Bo", "address": "bo@x.example"}]}, draft={"cc": ["c@x.example"]}
)


@pytest.mark.parametrize("path", [path for path in paths(WHOLE) if path], ids=lambda path: ".".join(map(str, path)))
def test_no_damage_to_a_result_shows_a_traceback(run, tmp_path, path):
    for value in (None, 7, "x", [], {}, ["x"], [{}], {"x": 1}):
        row = json.loads(json.dumps(WHOLE))
        inside = row
        for name in path[:-1]:
            inside = inside[name]
        inside[path[-1]] = value
        (tmp_path / "results.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
        result = run("next", tmp_path, "--all")  # the fixture lets any error but one line through
        assert result.exit_code in {0, 1}
        assert result.stderr.count("\n") == result.exit_code


def test_the_help_says_where_the_last_folder_is_noted(run):
    assert "last_output" in run("next", "--help").stdout
