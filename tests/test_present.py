"""What a person reads and what a program reads: the right words, and never a byte that could move the cursor."""

from __future__ import annotations

import io
import json
import unicodedata
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer import present
from analyzer.classify import Classifier
from analyzer.clean import clean
from analyzer.decide import decide, read_policy
from analyzer.draft import draft_email
from analyzer.extract import Extractor
from analyzer.pipeline import Analyzer, Verdict
from analyzer.reasons import Action, Kind, Reason, Stage, Vacancy
from analyzer.records import Analysis, Entities, Letter, Note, Prediction, Recommendation, Span

TODAY = date(2026, 3, 2)
BODY = "Dear Noor, it was between you and one other person, and it was close. We have chosen somebody else."
QUOTE = "it was between you and one other person, and it was close."
UNSURE = "I cannot tell whether this is a rejection: read it yourself before you answer"
FIELDS = (
    "id source message_id date subject from kind kinds reason shown reasons evidence body stage stage_from vacancy "
    "ineligible timeframe company role contact action send_by after until status because would_change policy draft "
    "notes model"
).split()
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp.exe\u2066\u2069\u200f\x08\x7f\r\x1b]8;;http://evil.example\x1b\\"
REJECTED = {"rejection": 0.98, "acknowledgement": 0.01, "other": 0.01}


def sure(**kinds):
    return {kind: kinds.get(kind.value, 0.0) for kind in Kind}


def rejection(shown=(Reason.SILVER_MEDALLIST,), kinds=REJECTED, probability=0.91, **more):
    reasons = {reason: probability if reason in shown else 0.02 for reason in Reason}
    start = BODY.index(QUOTE)
    evidence = tuple(Span(start, start + len(QUOTE), reason.value) for reason in shown)
    facts = {"stage": Stage.FINAL, "vacancy": Vacancy.CLOSED, "ineligible": False, "evidence": evidence}
    return Prediction(Kind.REJECTION, sure(**kinds), reasons, tuple(shown), **{**facts, **more})


def analysis(prediction, letter=None, entities=None, told=None, profile=None, notes=()):
    """The second half of the pipeline, for a prediction that is given."""
    letter = letter or Letter(BODY, "mail/1.eml", "Outcome", "Imani Reyes <imani@oakwell.example>", sent=TODAY)
    entities = entities or Entities(company="Oakwell", role="Cook", contact="Imani Reyes")
    rejected = prediction.kind is Kind.REJECTION
    facts = {"shown": prediction.shown, "stage": told or prediction.stage, "ineligible": prediction.ineligible}
    return Analysis(
        id="5e1f02c9ab44",
        letter=letter,
        cleaned=clean(letter),
        prediction=prediction,
        entities=entities,
        stage=facts["stage"],
        stage_from=("reader" if told else "letter") if rejected else None,
        recommendation=decide(
            kind=prediction.kind,
            vacancy=prediction.vacancy,
            timeframe=entities.timeframe,
            arrived=TODAY,
            policy=read_policy(),
            **facts,
        ),
        draft=draft_email(letter=letter, entities=entities, profile=profile or {}, **facts) if rejected else None,
        status="due" if rejected else None,
        notes=tuple(notes),
        model="small-1",
    )


def headline(prediction, notes=()):
    letter = Letter(BODY, "a.txt")
    out = io.StringIO()
    present.print_headline(Verdict(letter, clean(letter), prediction, tuple(notes)), present.console(out))
    return out.getvalue()


def rest(given_analysis):
    out = io.StringIO()
    present.print_rest(given_analysis, present.console(out))
    return out.getvalue()


def words(text):
    return " ".join(text.split())


# --- the first lines


@pytest.mark.parametrize(
    ("when", "said"),
    [(date(2026, 4, 2), "2 April 2026"), (date(2024, 2, 29), "29 February 2024"), (None, "")],
)
def test_a_day_is_written_as_people_write_it(when, said):
    assert present.day(when) == said


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.9999, "says this clearly (99 %)"),
        (1.0, "says this clearly (99 %)"),
        (0.85, "says this clearly (85 %)"),
        (0.849, "says this fairly plainly (85 %)"),
        (0.65, "says this fairly plainly (65 %)"),
        (0.64, "hints at this (64 %)"),
        (0.004, "hints at this (1 %)"),
        (0.0, "hints at this (1 %)"),
    ],
)
def test_the_per_cent_is_never_0_or_100(probability, said):
    assert said in words(headline(rejection(probability=probability)))


@pytest.mark.parametrize(
    ("kinds", "said"),
    [({"other": 1.0}, "That is clear (99 %)."), ({"other": 0.7, "interview": 0.3}, "That is fairly clear (70 %).")],
)
def test_what_is_no_rejection_is_never_100_per_cent_sure(kinds, said):
    text = headline(Prediction(Kind.OTHER, sure(**kinds)))
    assert text.startswith("THIS IS NOT A REJECTION.\n")
    assert said in words(text)


def test_the_reason_is_named_and_the_per_cent_explained():
    text = words(headline(rejection()))
    assert text.startswith("This is a rejection. I am sorry. The reason that it points to: you came close.")
    assert "it is no chance of being hired" in text


def test_a_letter_without_a_reason_is_told_so_without_blame():
    text = words(headline(rejection(())))
    assert "The letter gives no reason. That is usual, and it says nothing about you." in text
    assert "%" not in text


@pytest.mark.parametrize(
    ("kind", "kinds", "unsure"),
    [
        (Kind.REJECTION, {"rejection": 0.90, "interview": 0.03, "offer": 0.02, "other": 0.05}, False),
        (Kind.REJECTION, {"rejection": 0.899, "other": 0.101}, True),
        (Kind.REJECTION, {"rejection": 0.94, "interview": 0.03, "offer": 0.03}, True),
        (Kind.INTERVIEW, {"rejection": 0.30, "interview": 0.70}, True),
        (Kind.INTERVIEW, {"rejection": 0.20, "interview": 0.80}, False),
    ],
)
def test_the_first_line_says_so_where_it_cannot_be_told(kind, kinds, unsure):
    """In one line, also in a pipe: other programs and people search for it."""
    prediction = rejection(kinds=kinds) if kind is Kind.REJECTION else Prediction(kind, sure(**kinds))
    assert headline(prediction).splitlines()[0].startswith(UNSURE) is unsure


def test_nothing_is_guessed_about_another_language():
    prediction = Prediction(Kind.OTHER, sure(other=1.0))
    text = words(headline(prediction, [Note("not_english", "This letter is not in English.")]))
    assert "not in English" in text
    assert "REJECTION" not in text


# --- what to do


@pytest.mark.parametrize(
    ("shown", "stage", "sentences"),
    [
        ([Reason.ON_HOLD], Stage.APPLICATION, ["Thank them, then leave it. Look again on 2 April 2026."]),
        ([Reason.SILVER_MEDALLIST], Stage.FINAL, ["Thank them now, write once more on 13 April 2026."]),
        ([], Stage.APPLICATION, ["Thank them, and give your energy to the next one.", "Nothing here needs watching."]),
    ],
)
def test_every_action_is_said_in_words_with_its_days(shown, stage, sentences):
    said = " ".join(present.advice(analysis(rejection(shown, stage=stage))))
    assert all(sentence in said for sentence in sentences)
    assert "The thank-you is best sent by 4 March 2026." in said
    assert "keep applying elsewhere" in said.lower()
    assert not [action for action in Action if f"{action}." in said or "_" in said]


def test_moving_on_names_the_day_to_apply_again():
    entities = Entities(timeframe="in six months")
    said = present.advice(analysis(rejection((), stage=Stage.APPLICATION, ineligible=True), entities=entities))
    assert "The letter names a time to apply again: from 2 September 2026." in " ".join(said)


def test_waiting_for_an_answer_is_no_thank_you():
    said = present.advice(analysis(Prediction(Kind.ACKNOWLEDGEMENT, sure(acknowledgement=1.0))))
    assert said == ["Wait; there is nothing to answer. If you hear nothing, ask kindly after 23 March 2026."]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (Action.FOLLOW_UP, "the one short note that follows the letter: send it now"),
        (Action.WAIT, "Has the post come up again"),
        (Action.MOVE_ON, "The letter named a time to apply again, and it has come."),
    ],
)
def test_in_the_time_of_the_later_note_nobody_is_told_to_thank(action, said):
    given_analysis = analysis(rejection())
    later = replace(
        given_analysis,
        recommendation=replace(given_analysis.recommendation, action=action),
        draft=replace(given_analysis.draft, purpose="later_note"),
    )
    lines = " ".join(present.advice(later))
    assert said in lines
    assert "hank" not in lines


@pytest.mark.parametrize(("action", "said"), [(Action.FOLLOW_UP, "Write once more on"), (Action.WAIT, "Look again on")])
def test_between_the_thank_you_and_the_later_note_the_day_is_named(action, said):
    given_analysis = analysis(rejection())
    later = replace(
        given_analysis, status="upcoming", recommendation=replace(given_analysis.recommendation, action=action)
    )
    (line,) = present.advice(later)
    assert f"{said} {present.day(later.recommendation.after)}" in line
    assert "It is late for a thank-you" in line


@pytest.mark.parametrize("action", Action)
def test_a_policy_without_days_leaves_no_hole_in_the_advice(action):
    bare = replace(analysis(rejection()), recommendation=Recommendation(action, "mine", "me", "so"))
    assert "None" not in " ".join(present.advice(bare))


@pytest.mark.parametrize("kind", [Kind.INTERVIEW, Kind.OFFER])
def test_good_news_gets_its_own_line(kind):
    text = words(rest(analysis(Prediction(kind, sure(**{kind.value: 1.0})))))
    assert "WHAT TO DO" not in text
    assert {Kind.INTERVIEW: "answer what they ask", Kind.OFFER: "read it with care"}[kind] in text


# --- why, and the email


def test_the_words_that_show_it_and_how_far_it_went_are_shown():
    text = words(rest(analysis(rejection())))
    assert f"\u201c{QUOTE}\u201d" in text
    assert "you were in the last round." in text
    assert "silver medallist" in text


def test_two_reasons_stand_under_the_articles_headings():
    text = words(rest(analysis(rejection((Reason.SILVER_MEDALLIST, Reason.FIRST_CHOICE)))))
    assert "You may be a silver medallist without knowing it (91 %):" in text
    assert "Their first choice might let them down (91 %):" in text


def test_a_stage_that_the_reader_told_is_marked():
    text = words(rest(analysis(rejection((), stage=Stage.APPLICATION), told=Stage.INTERVIEW)))
    assert "took place (as you say)." in text


def test_the_advice_that_a_later_stage_would_change_is_named():
    text = words(rest(analysis(rejection((), stage=Stage.APPLICATION))))
    assert "If you had an interview, the advice would be to wait and look once again." in text


def test_the_email_can_be_copied_as_it_stands():
    given_analysis = analysis(rejection())
    text = rest(given_analysis)
    assert f"\n\n{given_analysis.draft.body}\n" in text
    assert "To: imani@oakwell.example\nSubject: Re: Outcome\n" in text
    assert "Still yours to fill in: half a sentence on why you were right for it and your name." in words(text)


def test_an_email_without_gaps_or_addressee_says_what_it_knows():
    profile = {"name": "Noor Bakker", "strength": "I ran payroll"}
    text = rest(analysis(rejection(), letter=Letter(BODY, "a.txt", sender="no-reply@x.example"), profile=profile))
    assert "To: (whoever wrote to you)" in text
    assert "Still yours to fill in" not in text


@pytest.mark.parametrize(
    "kinds",
    [
        {"rejection": 0.899, "other": 0.101},
        {"rejection": 0.94, "interview": 0.06},
        {"rejection": 0.94, "offer": 0.06},
        {"rejection": 0.92, "interview": 0.04, "offer": 0.04},
    ],
)
def test_nothing_of_the_email_is_shown_where_it_may_be_no_rejection(kinds):
    given_analysis = analysis(rejection(kinds=kinds))
    text = rest(given_analysis)
    assert "thanking for a rejection that is none would do harm" in words(text)
    lines = [line for line in given_analysis.draft.body.splitlines() if line]
    assert not [line for line in ["THE EMAIL", "To:", "Subject:", "Still yours", *lines] if line in text]
    assert present.to_json(given_analysis)["draft"]["body"] == given_analysis.draft.body


def test_notes_are_shown_once():
    notes = [Note("default_date", "It has no date."), Note("not_english", "It is not in English.")]
    text = rest(analysis(rejection(), notes=notes))
    assert text.count("Note: ") == text.count("Note: It has no date.") == 1


# --- one JSON object


def test_the_object_has_the_fields_that_other_programs_rely_on_in_order():
    value = present.to_json(analysis(rejection(), notes=[Note("default_date", "It has no date.")]))
    assert list(value) == FIELDS
    assert list(value["kinds"]) == list(Kind)
    assert list(value["reasons"]) == list(Reason)
    start = BODY.index(QUOTE)
    assert value["evidence"] == [
        {"reason": "silver_medallist", "start": start, "end": start + len(QUOTE), "text": QUOTE}
    ]
    assert list(value["policy"]) == ["rule", "source"]
    assert list(value["draft"]) == ["purpose", "to", "cc", "subject", "body", "missing"]
    assert value["notes"] == [{"code": "default_date", "text": "It has no date."}]


def test_the_object_of_a_rejection_says_what_the_screen_says():
    value = present.to_json(analysis(rejection()))
    told = {
        "source": "mail/1.eml", "date": "2026-03-02", "subject": "Outcome", "message_id": None,
        "from": "Imani Reyes <imani@oakwell.example>", "kind": "rejection", "reason": "silver_medallist",
        "shown": ["silver_medallist"], "body": BODY, "stage": "final", "stage_from": "letter", "vacancy": "closed",
        "ineligible": False, "timeframe": None, "company": "Oakwell", "role": "Cook", "contact": "Imani Reyes",
        "action": "follow_up", "send_by": "2026-03-04", "after": "2026-04-13", "until": "2027-03-02", "status": "due",
        "model": "small-1",
    }  # fmt: skip
    assert {key: value[key] for key in told} == told


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.REJECTION])
def test_what_is_no_rejection_has_nulls_where_nothing_applies(kind):
    value = present.to_json(analysis(Prediction(kind, sure(**{kind.value: 1.0}))))
    assert list(value) == FIELDS
    for field in ("reason", "stage", "stage_from", "vacancy", "ineligible", "timeframe", "draft", "send_by", "until"):
        assert value[field] is None, field
    assert (value["reasons"], value["shown"], value["evidence"]) == ({}, [], [])
    assert (value["kinds"][kind.value], value["model"]) == (1.0, "small-1")
    waits = kind is Kind.ACKNOWLEDGEMENT
    assert (value["action"], value["after"]) == (("wait", "2026-03-23") if waits else (None, None))


def test_a_kind_without_a_line_in_the_policy_has_no_because():
    assert present.to_json(analysis(Prediction(Kind.OTHER, sure(other=1.0))))["because"] is None


@settings(max_examples=60, deadline=None, derandomize=True)
@given(weights=st.lists(st.floats(0.0, 1.0), min_size=len(Kind), max_size=len(Kind)).filter(sum))
def test_kinds_sum_to_1_however_they_are_rounded(weights):
    kinds = {kind: weight / sum(weights) for kind, weight in zip(Kind, weights, strict=True)}
    written = present.to_json(analysis(Prediction(Kind.OTHER, kinds)))["kinds"]
    assert sum(written.values()) == pytest.approx(1, abs=1e-9)
    assert all(0 <= value <= 1 and value == round(value, 4) for value in written.values())


# --- mail is hostile


def moves_the_cursor(text):
    """What stands in a text that a terminal acts upon, or that turns the order of its characters."""
    return {char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}


@pytest.fixture(scope="module")
def hostile_letter():
    text = BODY.replace("close.", f"{HOSTILE}close.").replace(" We have", f"\n\n{HOSTILE}We{HOSTILE} have")
    sender = f"Imani{HOSTILE} <imani@oakwell.example>"
    return Letter(text, "a.eml", f"Outcome{HOSTILE}", sender, message_id=f"<{HOSTILE}@x>", sent=TODAY)


def test_nothing_in_mail_moves_the_cursor(hostile_letter):
    """Also where a name that was found holds it."""
    named = Entities(company=f"Oak{HOSTILE}well", role=f"Co{HOSTILE}ok", contact=f"Imani {HOSTILE}Reyes")
    prediction = rejection((Reason.SILVER_MEDALLIST, Reason.FIRST_CHOICE))
    given_analysis = analysis(prediction, hostile_letter, named)
    text = rest(given_analysis)
    assert "Dear Imani" in text
    assert "Subject: Re: Outcome" in text
    assert moves_the_cursor(text) == set()
    assert moves_the_cursor(present.json_line(present.to_json(given_analysis))) == set()


def test_a_hostile_letter_goes_its_whole_way_unharmed(stored, hostile_letter):
    analyzer = Analyzer(Classifier(stored), Extractor.from_model(stored), read_policy(), TODAY)
    verdict = analyzer.read_verdict(hostile_letter)
    whole = analyzer.complete(verdict)
    text = headline(verdict.prediction, verdict.notes) + rest(whole)
    assert text
    assert moves_the_cursor(text + present.json_line(present.to_json(whole))) == set()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=st.text())
def test_a_line_of_json_is_safe_one_line_and_loses_nothing(text):
    line = present.json_line({"subject": text})
    assert moves_the_cursor(line) == set()
    assert "\n" not in line
    assert json.loads(line) == {"subject": text}


def test_a_line_of_json_can_be_written_whatever_a_header_held():
    line = present.json_line({"subject": "caf\udce9 \U000e0041"})
    assert json.loads(line.encode("utf-8")) == {"subject": "caf\udce9 \U000e0041"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("in\x1b[2J\x1b]0;owned\x07\u202ebox\x08", "inbox"),
        ("a\r\nb\tc", "a b c"),
        ("x " * 300, ("x " * 100)),
        ("Zoë 工作", "Zoë 工作"),
    ],
)
def test_mail_text_is_printable_in_one_short_line(text, shown):
    assert present.printable(text) == shown


# --- colours


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def no_wishes(monkeypatch):
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def coloured(file):
    present.print_rest(analysis(rejection()), present.console(file))
    return file.getvalue()


def test_colours_are_for_a_terminal_and_never_in_a_pipe(no_wishes):
    assert "\x1b[1;36m" in coloured(Terminal())
    assert "\x1b" not in coloured(io.StringIO())


def test_colours_vanish_with_no_color(no_wishes, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "36m" not in coloured(Terminal())


@pytest.mark.parametrize("columns", ["40", "80", "300"])
def test_lines_are_never_wider_than_can_be_read_but_the_email_is_not_wrapped(no_wishes, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    given_analysis = analysis(rejection())
    text = coloured(io.StringIO())
    own = [line for line in text.splitlines() if line not in given_analysis.draft.body.splitlines()]
    assert max(map(len, own)) <= min(int(columns), present.WIDTH)
    assert given_analysis.draft.body in text


def test_no_markup_of_a_letter_is_obeyed():
    named = Entities(company="[red]Oak[/red]", role=":smile: [link=http://x.example]Cook")
    assert ":smile: [link=http://x.example]Cook position at [red]Oak[/red]" in rest(
        analysis(rejection(), entities=named)
    )


# --- the label scheme


def test_the_scheme_is_printed_whole():
    out = io.StringIO()
    present.print_reasons(present.console(out))
    text = words(out.getvalue())
    for row in present.reason_rows():
        assert all(words(value) in text for value in row.values()), row["reason"]
    assert [row["reason"] for row in present.reason_rows()] == list(Reason)
    assert "Mark Daniel" in text
