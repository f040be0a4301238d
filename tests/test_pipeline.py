"""A letter's way: verdict, then the rest; what the reader says; dates; what is not English."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from conftest import TODAY

from analyzer.pipeline import MAX_HOPE, MIN_REJECTION, OFFER_DAYS, advise, may_send, message_hash
from analyzer.reasons import Action, Kind, Reason, Stage
from analyzer.records import Entities, Letter, Prediction

REJECTION = Letter(
    "Dear Jo,\n\nThank you for applying for the Stock Controller position at Fennel Foods. We regret that the role has "
    "been put on hold and that we are not taking your application further.\n\nKind regards,\nAva Hollis",
    "test",
    subject="Stock Controller",
    sender="Ava Hollis <ava@fennel.example>",
    sent=date(2026, 2, 27),
)
ACKNOWLEDGEMENT = Letter(
    "Thank you for your application. We have received it and will be in touch once we read it.", "t"
)
NEWSLETTER = Letter("Our spring sale has begun: all garden chairs are half price until Sunday. Unsubscribe here.", "t")
GERMAN = Letter(
    "Sehr geehrte Frau Kern,\n\nvielen Dank f\u00fcr Ihre Bewerbung und das Interesse an unserem Unternehmen. Leider m\u00fcssen "
    "wir Ihnen mitteilen, dass wir uns f\u00fcr eine andere Bewerberin entschieden haben.\n\nMit freundlichen Gr\u00fc\u00dfen",
    "test",
)


def codes(analysis):
    return [note.code for note in analysis.notes]


@pytest.mark.parametrize("letter", [REJECTION, ACKNOWLEDGEMENT, NEWSLETTER, GERMAN])
@pytest.mark.parametrize("stage", [None, Stage.FINAL])
@pytest.mark.parametrize("arrived", [None, date(2026, 1, 5)])
def test_the_verdict_and_then_the_rest_is_the_analysis(analyzer, letter, stage, arrived):
    verdict = analyzer.read_verdict(letter)
    whole = analyzer.analyze(letter, stage=stage, arrived=arrived)
    assert analyzer.complete(verdict, stage=stage, arrived=arrived) == whole
    assert (whole.prediction, whole.cleaned) == (verdict.prediction, verdict.cleaned)


def test_a_plain_rejection_goes_its_whole_way(analyzer):
    analysis = analyzer.analyze(REJECTION)
    assert analysis.prediction.kind is Kind.REJECTION
    assert analysis.recommendation.action in set(Action)
    assert analysis.entities.company == "Fennel Foods"
    assert analysis.draft is not None
    assert analysis.draft.to == ("ava@fennel.example",)
    assert (analysis.id, analysis.model) == (message_hash(REJECTION)[:12], analyzer.classifier.name)
    assert analyzer.analyze(replace(REJECTION, id="mine")).id == "mine"


@pytest.mark.parametrize(
    ("shown", "told", "reached", "by"),
    [
        (Stage.APPLICATION, None, Stage.APPLICATION, "letter"),
        (Stage.APPLICATION, Stage.APPLICATION, Stage.APPLICATION, "letter"),
        (Stage.APPLICATION, Stage.INTERVIEW, Stage.INTERVIEW, "reader"),
        (Stage.APPLICATION, Stage.FINAL, Stage.FINAL, "reader"),
        (Stage.INTERVIEW, Stage.APPLICATION, Stage.INTERVIEW, "letter"),
        (Stage.INTERVIEW, Stage.INTERVIEW, Stage.INTERVIEW, "letter"),
        (Stage.INTERVIEW, Stage.FINAL, Stage.FINAL, "reader"),
        (Stage.FINAL, Stage.APPLICATION, Stage.FINAL, "letter"),
        (Stage.FINAL, Stage.INTERVIEW, Stage.FINAL, "letter"),
    ],
)
def test_the_reader_raises_the_stage_and_never_lowers_it(analyzer, shown, told, reached, by):
    verdict = analyzer.read_verdict(REJECTION)
    verdict = replace(verdict, prediction=replace(verdict.prediction, stage=shown))
    analysis = analyzer.complete(verdict, stage=told)
    assert (analysis.stage, analysis.stage_from) == (reached, by)


def test_the_advice_follows_the_stage_that_the_reader_tells(analyzer):
    verdict = analyzer.read_verdict(REJECTION)
    verdict = replace(verdict, prediction=replace(verdict.prediction, shown=(), evidence=(), stage=Stage.APPLICATION))
    actions = [analyzer.complete(verdict, stage=stage).recommendation.action for stage in Stage]
    assert actions == [Action.MOVE_ON, Action.WAIT, Action.FOLLOW_UP]
    assert analyzer.stage_matters(analyzer.complete(verdict))
    assert not analyzer.stage_matters(analyzer.complete(verdict, stage=Stage.FINAL))


@pytest.mark.parametrize("letter", [ACKNOWLEDGEMENT, NEWSLETTER])
def test_what_is_no_rejection_has_no_stage_and_no_draft(analyzer, letter):
    analysis = analyzer.analyze(letter, stage=Stage.FINAL)
    assert analysis.prediction.kind is not Kind.REJECTION
    assert (analysis.stage, analysis.stage_from, analysis.draft, analysis.status) == (None, None, None, None)
    assert analysis.entities.timeframe is None
    assert analysis.recommendation.send_by is None


@pytest.mark.parametrize(
    ("sent", "arrived", "day", "noted"),
    [
        (None, None, TODAY, True),
        (date(2026, 2, 27), None, date(2026, 2, 27), False),
        (None, date(2026, 2, 20), date(2026, 2, 20), False),
        (date(2026, 2, 27), date(2026, 2, 20), date(2026, 2, 20), False),  # the reader knows better
    ],
)
def test_times_count_from_the_day_it_arrived_and_a_default_is_noted(analyzer, sent, arrived, day, noted):
    analysis = analyzer.analyze(replace(REJECTION, sent=sent), arrived=arrived)
    assert analysis.recommendation.send_by == day + timedelta(days=analyzer.policy.send_within_days)
    assert ("default_date" in codes(analysis)) is noted


@pytest.mark.parametrize(
    ("days", "status"),
    [(0, "due"), (OFFER_DAYS, "due"), (OFFER_DAYS + 1, "upcoming"), (30, "upcoming"), (31, "due"), (365, "due"), (366, "lapsed")],
)  # fmt: skip
def test_the_status_is_what_is_to_be_done_today(analyzer, days, status):
    """The role is on hold: look again after 31 days, for a year."""
    later = replace(analyzer, today=REJECTION.sent + timedelta(days=days))
    verdict = later.read_verdict(REJECTION)
    verdict = replace(verdict, prediction=replace(verdict.prediction, shown=(Reason.ON_HOLD,)))
    assert later.complete(verdict).status == status


@pytest.mark.parametrize(
    ("days", "purpose"),
    [
        (0, "thank_you"),
        (OFFER_DAYS, "thank_you"),
        (OFFER_DAYS + 1, "thank_you"),  # upcoming: neither is due
        (30, "thank_you"),
        (31, "later_note"),
        (365, "later_note"),
        (366, "thank_you"),  # lapsed
    ],
)
def test_the_draft_is_for_the_day(analyzer, days, purpose):
    """The role is on hold: the later note has its time from 31 days on, for a year."""
    later = replace(analyzer, today=REJECTION.sent + timedelta(days=days))
    verdict = later.read_verdict(REJECTION)
    verdict = replace(verdict, prediction=replace(verdict.prediction, shown=(Reason.ON_HOLD,)))
    analysis = later.complete(verdict)
    assert analysis.draft.purpose == purpose
    assert (purpose == "later_note") <= (analysis.status == "due")


def test_a_thank_you_comes_before_a_later_note_that_is_due_as_well(analyzer):
    """The letter says to come back in a week: until the fortnight is over, the thank-you is still the first email."""
    purposes = []
    for days in (7, OFFER_DAYS, OFFER_DAYS + 1):
        advice = advise(
            REJECTION,
            Prediction(Kind.REJECTION, {}, shown=(Reason.ON_HOLD,)),
            Entities(timeframe="in one week"),
            stage=Stage.APPLICATION,
            arrived=REJECTION.sent,
            today=REJECTION.sent + timedelta(days=days),
            policy=analyzer.policy,
            profile={},
        )
        purposes.append(advice.draft.purpose)
    assert purposes == ["thank_you", "thank_you", "later_note"]


@pytest.mark.parametrize("letter", [REJECTION, ACKNOWLEDGEMENT, NEWSLETTER])
@pytest.mark.parametrize("stage", [None, Stage.INTERVIEW])
def test_the_advice_is_made_again_from_the_headers_alone(analyzer, letter, stage):
    whole = analyzer.analyze(letter, stage=stage)
    again = advise(
        replace(letter, text=""),
        whole.prediction,
        whole.entities,
        stage=whole.stage,
        arrived=letter.sent or TODAY,
        today=TODAY,
        policy=analyzer.policy,
        profile={},
    )
    assert (again.recommendation, again.draft, again.status) == (whole.recommendation, whole.draft, whole.status)


def test_what_other_messages_show_is_the_status_of_a_rejection_alone(analyzer):
    facts = {"stage": None, "arrived": TODAY, "today": TODAY, "policy": analyzer.policy, "profile": {}}
    for kind in Kind:
        advice = advise(REJECTION, Prediction(kind, {}), Entities(), known="answered", **facts)
        assert advice.status == ("answered" if kind is Kind.REJECTION else None)


def test_the_end_of_the_calendar_has_a_status(analyzer):
    last = replace(analyzer, today=date.max)
    assert last.analyze(replace(REJECTION, sent=date.max)).status == "due"


def test_nothing_is_guessed_about_a_letter_in_another_language(analyzer):
    analysis = analyzer.analyze(GERMAN, stage=Stage.FINAL)
    prediction = analysis.prediction
    assert (prediction.kind, sum(prediction.kinds.values())) == (Kind.OTHER, 1)
    assert (prediction.reasons, prediction.shown, prediction.evidence) == ({}, (), ())
    assert (analysis.draft, analysis.stage, analysis.recommendation.action) == (None, None, None)
    assert analysis.entities == Entities()
    assert "not_english" in codes(analysis)
    assert "not_english" not in codes(analyzer.analyze(REJECTION))


@pytest.mark.parametrize(
    ("rejection", "hope", "allowed"),
    [
        (MIN_REJECTION, 0.0, True),
        (MIN_REJECTION - 0.001, 0.0, False),
        (0.94, MAX_HOPE, True),
        (0.94, MAX_HOPE + 0.001, False),
    ],
)
def test_an_email_is_offered_only_for_what_is_surely_a_rejection(rejection, hope, allowed):
    kinds = dict.fromkeys(Kind, 0.0) | {Kind.REJECTION: rejection, Kind.OFFER: hope}
    assert may_send(Prediction(Kind.REJECTION, kinds)) is allowed
    assert not may_send(Prediction(Kind.OTHER, kinds))


@pytest.mark.parametrize(
    "text",
    [
        "Hello.",
        "Thank you.",
        "Ok, thanks",
        "Kind regards, Ann",
        "Buy milk and bread.",
        "xyzzy",
        "asdf " * 200,
        "See you on Monday.",
        "Unfortunately we had to move our office. We look forward to seeing you there.",
        "I read your letter with pleasure.",
    ],
    ids=lambda text: text[:20],
)
def test_no_email_is_offered_for_what_refuses_nothing(analyzer, text):
    prediction = analyzer.read_verdict(Letter(text, "test")).prediction
    assert not may_send(prediction), prediction.kinds


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"source": "elsewhere", "sent": None, "to": "me@me.example"}, True),
        ({"text": REJECTION.text.replace("\n", "\r\n").replace("role", "ro\u200ble")}, True),
        ({"text": REJECTION.text + " Goodbye."}, False),
        ({"subject": "Stock Keeper"}, False),
        ({"sender": "ava@other.example"}, False),
        ({"message_id": "<1@fennel.example>"}, False),
        ({"subject": "\ud800"}, False),  # half a character, as broken mail has it
    ],
)
def test_a_message_is_known_by_its_content(change, same):
    assert (message_hash(replace(REJECTION, **change)) == message_hash(REJECTION)) is same


def test_a_message_id_is_known_whatever_the_content():
    letters = [replace(REJECTION, message_id=number, text=text) for number in ("<1@a>", "<2@a>") for text in ("a", "b")]
    assert [message_hash(letter) == message_hash(letters[0]) for letter in letters] == [True, True, False, False]
