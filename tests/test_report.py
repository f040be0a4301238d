"""The report as a file: what stands in it, what never does, and that nothing from mail becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
import subprocess
import sys
from datetime import date, timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer import report as report_module
from analyzer.errors import RunError
from analyzer.report import Saved, remake, write_people_page, write_report
from analyzer.report_rows import MAX_BODY, MAX_LINK, mail_link, plain, stretches
from analyzer.report_sections import DUE
from analyzer.tally import MONTHS, answer_times, applications, middle_time, reason_counts, timeline
from scripts.made_up_results import TODAY, made_up_results

VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """What a browser would make of a page: its elements in order, its texts, its scripts."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self.raw = [], [], {"script": [], "style": []}
        self._in = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._in.append(tag)
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._in.pop() == tag

    def handle_data(self, data):
        if self._in and self._in[-1] in self.raw:
            self.raw[self._in[-1]][-1] += data
        else:
            self.texts.append((self._in[-1] if self._in else "", data))

    @property
    def text(self):
        return " ".join(" ".join(text for _, text in self.texts).split())

    def headings(self):
        return [text for tag, text in self.texts if tag in {"h1", "h2", "h3"} and text.strip()]

    def links(self):
        return [attrs["href"] for tag, attrs in self.tags if tag == "a"]

    def rows(self):
        return json.loads(self.raw["script"][1])


@pytest.fixture
def write(tmp_path):
    """Write a report and return what stands in it."""

    def call(results, **kwargs):
        path = tmp_path / "report.html"
        write_report(results, path, today=kwargs.pop("today", TODAY), **kwargs)
        return Page(path.read_text("utf-8"))

    return call


@pytest.fixture
def saved(tmp_path):
    """Write results into a folder as a run does."""

    def call(results, name="out"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "results.jsonl").write_text("".join(json.dumps(result) + "\n" for result in results), "utf-8")
        return folder

    return call


# --- what it opens with


def test_the_page_opens_with_what_is_due_then_comes_what_is_coming_up(write):
    headings = write(made_up_results(12)).headings()
    assert headings[0] == "6 things to do this week"
    order = [headings.index(name) for name in ("To do", "Thank Kestrel Foods ", "Coming up", "All letters")]
    assert order == sorted(order)
    assert order[2] < headings.index("What the letters give as reasons") < headings.index("Over time")


def test_invitations_and_offers_stand_before_all_emails(write):
    headings = write(made_up_results(12)).headings()
    assert headings[2:4] == ["Answer Cobalt Care", "Answer Gannet Rail"]


def test_an_invitation_that_was_answered_or_followed_by_a_no_is_not_open(write):
    results = made_up_results(12)
    results[4]["application"]["answered"] = TODAY.isoformat()
    results[8]["application"]["open"] = False
    assert not [heading for heading in write(results).headings() if heading.startswith("Answer ")]


def test_every_due_email_has_its_text_a_copy_button_and_a_link_that_opens_it(write):
    page = write(made_up_results(12))
    copies = [attrs["data-copy"] for tag, attrs in page.tags if tag == "button" and "data-copy" in attrs]
    texts = {attrs["id"] for _, attrs in page.tags if attrs.get("class") == "letter"}
    mails = [link for link in page.links() if link.startswith("mailto:")]
    assert len(copies) == len(mails) == 6
    assert set(copies) == texts
    fields = parse_qs(urlsplit(mails[1]).query)
    assert urlsplit(mails[1]).path == "margit@kestrelfoods.example"
    assert fields["subject"] == ["Re: Your application: Payroll Officer"]
    assert fields["body"][0].replace("\r\n", "\n") in [text for _, text in page.texts]


def test_what_is_due_counts_from_today_and_not_from_the_day_of_the_run(write):
    results = made_up_results(2)
    assert write(results).headings()[0] == "2 things to do this week"
    assert write(results, today=TODAY + timedelta(days=21)).headings()[0] == "Nothing to do this week"


def test_without_job_mail_the_page_says_so_and_shows_no_empty_plots(write):
    page = write([])
    assert page.headings()[0] == "No job mail so far"
    assert "Over time" not in page.headings()
    assert not [tag for tag, _ in page.tags if tag in {"svg", "table"}]


def test_many_emails_unfold_after_the_first_ones(write):
    results = [{**result, "date": "2026-02-28"} for result in made_up_results(120)]
    page = write(results)
    more = re.search(r"The other (\d+)", page.text)
    shown = sum(attrs.get("class") == "task" for _, attrs in page.tags)
    assert shown == DUE + int(more[1])


# --- kind words


def test_no_headline_counts_rejections(write):
    for number in (0, 1, 12, 200):
        for heading in write(made_up_results(number)).headings():
            assert not re.search(r"reject|declin|refus|turned down|\bno'?s\b", heading, re.IGNORECASE), heading


def test_no_reason_given_always_stands_there_and_says_nothing_about_you(write):
    results = [result for result in made_up_results(12) if result["shown"]]
    page = write(results)
    assert "No reason given That is usual, and it says nothing about you. 0 of 6" in page.text


def test_under_ten_letters_there_is_no_per_cent_and_no_pattern(write):
    few, many = write(made_up_results(12)), write(made_up_results(40))
    reasons = few.text[few.text.index("What the letters give") : few.text.index("Your applications by the month")]
    assert "2 of 8" in reasons
    assert "%" not in reasons
    assert "Under 10 letters a pattern would be chance, so none is claimed." in reasons
    assert re.search(r"of 27 \(\d+\s%\)", many.text)
    assert "would be chance" not in many.text


def test_an_unclear_letter_is_not_counted_offers_no_email_and_says_to_read_it(write):
    results = made_up_results(1)
    results[0]["kinds"] = {"rejection": 0.7, "acknowledgement": 0.2, "interview": 0.05, "offer": 0.0, "other": 0.05}
    page = write(results)
    row = page.rows()[0]
    assert row["kind"] == "unclear"
    assert row["draft"] is None
    assert row["because"].startswith("I cannot tell whether this is a rejection")
    assert not [link for link in page.links() if link.startswith("mailto:")]
    assert "No letter so far gives an answer that has reasons." in page.text


@pytest.mark.parametrize("status", ["answered", "came_back"])
def test_a_letter_that_was_answered_or_overtaken_offers_no_email(write, status):
    results = made_up_results(1)
    results[0]["status"] = status
    page = write(results)
    assert page.rows()[0]["draft"] is None
    assert page.headings()[0] == "Nothing to do this week"


# --- counts


def test_a_letter_with_two_reasons_counts_for_both():
    counts = {count.name: (count.count, count.of) for count in reason_counts(made_up_results(2))}
    assert counts == {"silver_medallist": (1, 2), "first_choice": (1, 2), "no_signal": (1, 2)}


def test_letters_of_one_application_count_once_and_as_far_as_it_got():
    results = made_up_results(6)
    for result in results[1:5]:
        result["application"] = {**results[1]["application"], "id": "same"}
    found = {application.id: application.outcome for application in applications(results)}
    assert found == {"a0": "interview", "same": "interview", "a5": "interview"}


def test_an_interview_that_ended_in_a_no_still_counts_as_an_interview():
    first = made_up_results(1)[0]
    first["application"]["furthest"] = "interview"
    assert applications([{**first, "stage": "application"}])[0].outcome == "interview"


def test_the_timeline_has_every_month_up_to_this_one_and_counts_what_lies_outside():
    results = made_up_results(12)
    for result, day in zip(results, ("0001-01-01", "9999-12-31", None, "2024-03-31"), strict=False):
        result["date"] = result["application"]["applied"] = day
    months, outside = timeline(applications(results), TODAY)
    assert outside == 4
    assert months[-1].first == date(2026, 3, 1)
    assert len(months) <= MONTHS
    assert [month.first for month in months] == sorted({month.first for month in months})
    assert sum(month.total for month in months) == 8


def test_the_timeline_begins_with_the_first_month_that_it_can_show():
    results = made_up_results(1)
    results[0]["application"]["applied"] = "2024-04-01"
    months, outside = timeline(applications(results), TODAY)
    assert (len(months), outside) == (MONTHS, 0)


def test_answer_times_fall_into_their_spans_and_the_middle_needs_ten():
    results = made_up_results(10)
    for result, days in zip(results, (0, 7, 8, 14, 28, 29, 61, 62, None, -3), strict=True):
        result["application"]["days_to_answer"] = days
    found = applications(results)
    assert [count.count for count in answer_times(found)] == [2, 2, 1, 2, 1]
    assert middle_time(found) is None
    for result in results:
        result["application"]["days_to_answer"] = 9
    assert middle_time(applications(results)) == 9


def test_companies_say_how_often_how_long_they_took_and_when_to_apply_again(write):
    results = made_up_results(6)
    for result in results[:4]:
        result["company"] = result["application"]["company"] = "Kestrel Foods"
    results[5]["timeframe"] = "in six months"
    text = write(results).text
    table = text[text.index("Applying again") : text.index("All letters Sorting")]
    took = sorted(result["application"]["days_to_answer"] for result in results[:2] + results[3:4])
    assert f"Kestrel Foods 4 an interview {took[0]} to {took[-1]} days still open" in table
    assert re.search(r"Cobalt Care 1 an interview \d+ days still open", table)
    assert re.search(r"Dunlin Press 1 an interview \d+ days from now on \(the letter says .in six months.\)", table)


# --- one file, offline, private


def test_nothing_in_the_page_comes_from_elsewhere(write):
    page = write(made_up_results(12))
    for tag, attrs in page.tags:
        assert not {"src", "srcset", "background", "style", "data", "action"} & attrs.keys(), (tag, attrs)
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
    assert all(link.startswith(("mailto:", "#")) for link in page.links())
    assert not re.search(r"url\(|@import|https?:", page.raw["style"][0] + page.raw["script"][-1])


@pytest.mark.parametrize("name", ["page", "people"])
def test_the_policy_allows_the_pages_own_style_and_script_by_their_hashes_alone(tmp_path, name):
    path = tmp_path / "page.html"
    if name == "page":
        write_report(made_up_results(3), path, today=TODAY)
    else:
        write_people_page({"A": made_up_results(3)}, path, today=TODAY)
    page = Page(path.read_text("utf-8"))
    policy = next(attrs["content"] for _, attrs in page.tags if "http-equiv" in attrs)
    kinds = [attrs.get("type") for tag, attrs in page.tags if tag == "script"]
    code = [text for text, kind in zip(page.raw["script"], kinds, strict=True) if kind is None]
    assert len(code) == len(page.raw["style"]) == 1
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src '{_sha256(code[0])}'",
        f"style-src '{_sha256(page.raw['style'][0])}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def _sha256(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_page_is_for_its_owner_alone_and_stays_so(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    path.chmod(0o644)
    write_report(made_up_results(1), path, today=TODAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_a_page_that_cannot_be_finished_leaves_the_old_one(tmp_path):
    class Failing:
        """Results that can be gone through twice, and then the disk fails."""

        times = 0

        def __iter__(self):
            self.times += 1
            yield from made_up_results(2)
            if self.times > 2:
                raise OSError(5, "Input/output error")

    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(RunError, match=r"report\.html: cannot be written \(Input/output error\)"):
        write_report(Failing(), path, today=TODAY)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_a_link_at_the_place_of_the_new_page_is_not_followed(tmp_path):
    target = tmp_path / "elsewhere"
    target.write_text("mine")
    (tmp_path / ".report.html.part").symlink_to(target)
    write_report([], tmp_path / "report.html", today=TODAY)
    assert target.read_text() == "mine"


def test_the_page_weighs_little_beside_its_data(tmp_path):
    sizes = []
    for number in (0, 12):
        write_report(made_up_results(number), tmp_path / "report.html", today=TODAY)
        sizes.append((tmp_path / "report.html").stat().st_size)
    assert sizes[0] < 60_000
    assert sizes[1] < 300_000


def test_what_can_be_gone_through_once_alone_gives_the_same_page(tmp_path):
    write_report(made_up_results(30), tmp_path / "a.html", today=TODAY)
    write_report(iter(made_up_results(30)), tmp_path / "b.html", today=TODAY)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_other_mail_is_not_in_the_page(write):
    results = made_up_results(2)
    results.append({**results[0], "id": "x", "kind": "other", "subject": "Your parcel", "body": None, "draft": None})
    page = write(results)
    assert len(page.rows()) == 2
    assert "parcel" not in page.text + page.raw["script"][1]


def test_the_table_holds_the_newest_letters_where_a_browser_could_not_hold_all(write, monkeypatch):
    monkeypatch.setattr(report_module, "TABLE_ROWS", 5)
    page = write(made_up_results(12))
    newest = sorted((result["date"] for result in made_up_results(12)), reverse=True)[:5]
    assert sorted((row["day"] for row in page.rows()), reverse=True) == newest
    assert "The newest 5 of 12 letters stand here; all are in results.csv." in page.text


# --- hostile mail

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "</div></main><style>*{display:none}</style>",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "\u2028\u2029\ud800\x00\x1b[2J",
    "\u202etxt.exe\u2066\u200b\ufeff",
)
FIELDS = ("company", "role", "contact", "subject", "from", "because", "body")


def _filled(text):
    results = made_up_results(3)
    for result in results:
        for field in FIELDS:
            result[field] = text
        result["evidence"] = [{"reason": "first_choice", "start": 0, "end": 3, "text": text[:3]}]
        result["boilerplate"] = [[1, 5]]
        result["notes"] = [{"code": "x", "text": text}]
        result["application"] |= {"company": text, "role": text, "people": [{"name": text, "address": "a@b.example"}]}
        if result["draft"]:
            result["draft"] |= {"subject": text, "body": text}
    return results


def _structure(page):
    plain_attrs = {"href", "aria-label"}
    return [
        (tag, {name: value for name, value in attrs.items() if name not in plain_attrs}) for tag, attrs in page.tags
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_stands_in_mail_changes_no_element_of_the_page(write, text):
    page = write(_filled(f"x{text}"))
    assert _structure(page) == _structure(write(_filled("xyz")))
    for script in page.raw["script"][:2]:
        assert not re.search("[<>&\u2028\u2029]", script)


@pytest.fixture(scope="module")
def plain_tags(tmp_path_factory):
    """The elements of a page about letters in which nothing odd stands."""
    path = tmp_path_factory.mktemp("plain") / "report.html"
    write_report(_filled("xyz"), path, today=TODAY)
    return [tag for tag, _ in Page(path.read_text("utf-8")).tags]


@settings(max_examples=25, deadline=None)
@given(st.text().map(lambda text: f"x{text}".replace("@", "").replace("://", "")))  # a company is no address or link
def test_no_text_at_all_changes_an_element_or_breaks_the_data(tmp_path_factory, plain_tags, text):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(_filled(text), path, today=TODAY)
    page = Page(path.read_text("utf-8"))
    assert [tag for tag, _ in page.tags] == plain_tags
    assert {row["subject"] for row in page.rows()} == {plain(text)}


def test_text_that_runs_backwards_or_is_not_seen_is_made_plain():
    assert plain("a\u202eb\u200bc\x1b[1m\u2028d\ud800") == "abc[1md"
    assert plain("two\nlines\there") == "two lines here"
    assert plain("two\nlines", lines=True) == "two\nlines"


@given(
    st.lists(st.from_regex(r"[a-z&?%]{1,8}@[a-z]{1,8}\.example", fullmatch=True), min_size=1, max_size=2),
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60),
)
def test_a_link_carries_subject_and_text_and_nothing_can_add_a_header(to, subject, body):
    link = urlsplit(mail_link(to, [], subject, body))
    fields = parse_qs(link.query, keep_blank_values=True, strict_parsing=True)
    assert fields.keys() == {"subject", "body"}
    assert fields["subject"] == [subject]
    assert fields["body"] == [body.replace("\n", "\r\n")]
    assert unquote(link.path).split(",") == to


def test_a_long_email_is_left_out_of_its_link_which_some_programs_would_cut():
    link = mail_link(["a@b.example"], ["c@d.example"], "Hello", "word " * 600)
    assert len(link) <= MAX_LINK
    assert parse_qs(urlsplit(link).query) == {"cc": ["c@d.example"], "subject": ["Hello"]}


def test_headers_and_bodies_without_end_do_not_swell_the_page(tmp_path):
    results = made_up_results(3)
    for result in results:
        for field in FIELDS:
            result[field] = "word <b> " * 100_000
        result["notes"] *= 1000
        result["boilerplate"] = [[n, n + 2] for n in range(0, 900_000, 9)]
        if result["draft"]:
            result["draft"] |= {"to": ["a@b.example"] * 50_000, "body": "x" * 500_000, "subject": "\u00e9" * 500_000}
    path = tmp_path / "report.html"
    write_report(results, path, today=TODAY)
    assert path.stat().st_size < 300_000
    links = [link for link in Page(path.read_text("utf-8")).links() if link.startswith("mailto:")]
    assert links
    assert max(len(link) for link in links) <= MAX_LINK


# --- marks in a letter


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), max_size=80),
    st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90), st.just("eoi")), max_size=4),
    st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90)), max_size=4),
)
def test_the_stretches_of_a_letter_are_the_letter(body, evidence, stock):
    assert "".join(part[0] for part in stretches(body, evidence, stock)) == body


def test_marks_count_characters_even_where_a_browser_counts_two():
    body = "\U0001f642 We chose somebody else. Good luck."
    parts = stretches(body, [(2, 25, "first_choice")], [(26, 36)])
    assert parts == [["\U0001f642 "], ["We chose somebody else.", 1, "first_choice"], [" "], ["Good luck.", 2]]


def test_words_that_are_evidence_and_boilerplate_are_marked_as_both():
    assert stretches("abcdef", [(0, 4, "eoi")], [(2, 6)]) == [["ab", 1, "eoi"], ["cd", 3, "eoi"], ["ef", 2]]


def test_of_a_letter_without_end_the_beginning_is_shown():
    parts = stretches("x" * (MAX_BODY + 1), [(MAX_BODY + 1, MAX_BODY + 5, "eoi")], [])
    assert parts[0] == ["x" * MAX_BODY]
    assert "The rest is left out here" in parts[1][0]


# --- without names


def _secrets(results):
    for result in results:
        yield from (result["company"], result["role"], result["contact"], result["subject"], result["from"])
        yield from (result["source"], result["message_id"], result["id"], result["application"]["id"] + '"')
        yield from re.split(r"(?<=[.!?])\s+|\n+", result["body"])
        draft = result["draft"] or {"to": [], "body": "", "subject": "Re: x"}
        yield from (*draft["to"], draft["subject"], *draft["body"].splitlines())
        yield from (result["company"].split()[0], (result["contact"] or "Sam").split()[-1])


def test_the_anonymous_page_holds_no_name_no_sentence_and_no_day(tmp_path):
    results = made_up_results(60)
    for result in results:
        result["timeframe"], result["notes"] = "in six months", [{"code": "x", "text": "A note about them."}]
    path = tmp_path / "report.html"
    write_report(results, path, today=TODAY, anonymous=True)
    text = path.read_text("utf-8")
    found = {secret for secret in _secrets(results) if secret and len(secret) > 2 and secret in text}
    assert not found
    assert "six months" not in text
    assert "A note about" not in text
    assert not re.search(r"\d{4}-\d\d-\d\d|\d{1,2} (?:January|February|March|Mar|Feb|Jan)\b", text)
    assert not [link for link in Page(text).links() if link.startswith("mailto:")]


def test_the_anonymous_page_calls_the_same_company_the_same(write):
    results = made_up_results(4)
    for result in results[:3]:
        result["company"] = result["application"]["company"] = (
            "Kestrel Foods" if result is not results[1] else "KESTREL  foods"
        )
    page = write(results, anonymous=True)
    assert sorted(row["company"] for row in page.rows()) == ["Company A", "Company A", "Company A", "Company B"]
    assert {row["day"] for row in page.rows()} == {"2026-03", "2026-02", "2026-01"}


def test_a_company_that_only_the_letter_names_is_hidden_too(write):
    results = made_up_results(1)
    results[0] |= {"company": "Secretive Ltd", "application": {**results[0]["application"], "company": None}}
    page = write(results, anonymous=True)
    assert "Thank Company A" in page.headings()


# --- the page for a coach


def test_the_people_page_has_a_line_a_client_and_no_name_or_word_of_a_letter(tmp_path):
    people = {"C-002": made_up_results(12), "C-001": made_up_results(2), "<b>C-003": []}
    path = tmp_path / "people.html"
    write_people_page(people, path, today=TODAY)
    text = path.read_text("utf-8")
    page = Page(text)
    assert [text for tag, text in page.texts if tag == "th"][-3:] == ["<b>C-003", "C-001", "C-002"]
    assert "C-002 6 5 of 12 Particular other people have the job: 3 of 8" in page.text
    assert "<b>C-003 0 0 of 0 none so far" in page.text
    assert not {secret for secret in _secrets(made_up_results(12)) if secret and len(secret) > 2 and secret in text}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# --- the command


def test_the_command_makes_the_page_again_and_says_where_it_is(run, saved):
    folder = saved(made_up_results(12))
    told = run("report", folder)
    assert (told.exit_code, told.stdout) == (0, f"{folder / 'report.html'}\n")
    first = (folder / "report.html").read_bytes()
    run("report", folder)
    assert (folder / "report.html").read_bytes() == first


def test_the_anonymous_page_stands_beside_the_other_and_never_in_its_place(run, saved):
    folder = saved(made_up_results(2))
    (folder / "report.html").write_text("mine")
    told = run("report", folder, "--anonymous", "--json")
    assert json.loads(told.stdout) == {"report": str(folder / "report-anonymous.html")}
    assert (folder / "report.html").read_text() == "mine"


def test_the_command_makes_the_page_of_all_clients(run, saved, tmp_path):
    for name in ("C-1", "C-2"):
        saved(made_up_results(3), f"out/{name}")
    told = run("report", tmp_path / "out", "--people")
    assert told.stdout == f"{tmp_path / 'out' / 'people.html'}\n"
    page = Page((tmp_path / "out" / "people.html").read_text("utf-8"))
    assert page.text.count("of 3") == 2


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ((), "has no results.jsonl; `analyzer batch PATH -o"),
        (("--people",), "holds no folders of several people's results"),
    ],
)
def test_a_folder_without_results_is_one_clear_line(run, tmp_path, options, error):
    told = run("report", tmp_path, *options)
    assert told.exit_code == 1
    assert error in told.stderr
    assert told.stderr.count("\n") == 1


def test_a_folder_of_several_people_says_how_to_ask(run, saved, tmp_path):
    saved(made_up_results(1), "out/C-1")
    assert "add --people, or name the folder of one" in run("report", tmp_path / "out").stderr


def test_a_line_that_is_no_result_is_named_and_the_old_page_stays(run, saved):
    folder = saved(made_up_results(2))
    (folder / "report.html").write_text("mine")
    with (folder / "results.jsonl").open("a") as lines:
        lines.write("{broken\n")
    told = run("report", folder)
    assert told.exit_code == 1
    assert "results.jsonl:3: is not a result" in told.stderr
    assert (folder / "report.html").read_text() == "mine"


def damaged(value):
    """Yield copies of a value in which one thing inside is gone or is something else."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        rest = [(name, one) for name, one in value.items() if name != key] if isinstance(value, dict) else None
        yield dict(rest) if rest is not None else [*value[:key], *value[key + 1 :]]
        for other in (None, "x", *damaged(value[key])):
            copy = value.copy()
            copy[key] = other
            yield copy


def test_no_damage_to_a_result_shows_a_traceback(run, tmp_path):
    results = tmp_path / "results.jsonl"
    codes = set()
    for row in damaged(made_up_results(1)[0]):
        results.write_text(json.dumps(row) + "\n", "utf-8")
        told = run("report", tmp_path)  # the fixture lets any error but one line through
        assert told.exit_code in {0, 1}, told.stderr
        assert told.stderr.count("\n") == told.exit_code
        codes.add(told.exit_code)
    assert codes == {0, 1}


def test_two_ways_of_hiding_names_at_once_are_wrong_usage(run, saved):
    assert run("report", saved([]), "--people", "--anonymous").exit_code == 2


def test_saved_results_can_be_gone_through_as_often_as_needed(saved):
    results = Saved(saved(made_up_results(2)))
    assert list(results) == list(results) == json.loads(json.dumps(made_up_results(2)))


def test_a_folder_that_cannot_be_written_is_one_clear_error(saved):
    folder = saved(made_up_results(1))
    (folder / "report.html").mkdir()
    (folder / "report.html" / "x").touch()
    with pytest.raises(RunError, match="cannot be written"):
        remake(folder, today=TODAY)


def test_the_commands_do_not_wait_for_the_template_engine():
    code = "import sys, analyzer.cli; sys.exit('jinja2' in sys.modules or 'analyzer.report' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
