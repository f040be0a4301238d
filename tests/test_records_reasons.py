"""The label scheme is that of the label guide, and what passes from step to step cannot be changed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

from analyzer import records
from analyzer.reasons import ARTICLE, DEFINITIONS, Action, Cue, Kind, Reason, Stage, Vacancy


@pytest.mark.parametrize(
    ("scheme", "values"),
    [
        (Kind, ["rejection", "acknowledgement", "interview", "offer", "other"]),
        (Reason, ["on_hold", "eoi", "silver_medallist", "first_choice", "holding_out_for_perfection"]),
        (Stage, ["application", "interview", "final"]),
        (Vacancy, ["open", "closed", "unknown"]),
        (Action, ["wait", "follow_up", "move_on"]),
    ],
)
def test_the_values_are_those_of_the_label_guide_in_its_order(scheme, values):
    assert list(scheme) == values
    assert [str(member) for member in scheme] == values


def test_the_first_cues_are_the_reasons():
    assert list(Cue)[: len(Reason)] == list(Reason)
    assert len(set(Cue)) == len(Cue) > len(Reason)


def test_every_reason_has_its_whole_definition_in_order():
    assert list(DEFINITIONS) == list(Reason)
    for reason, definition in DEFINITIONS.items():
        assert definition.reason is reason
        assert all(str(getattr(definition, field.name)).strip() for field in fields(definition))
        assert definition.shows.endswith(".")
        assert definition.but_not.startswith("Not ")


@pytest.mark.parametrize("field", ["heading", "name", "shows", "but_not"])
def test_no_two_reasons_are_explained_alike(field):
    assert len({getattr(definition, field) for definition in DEFINITIONS.values()}) == len(Reason)


@pytest.mark.parametrize(
    ("reason", "heading"),
    [
        (Reason.ON_HOLD, "The job may have been placed on hold or cancelled"),
        (Reason.EOI, "Expressions of Interest or EOI role"),
        (Reason.SILVER_MEDALLIST, "You may be a silver medallist without knowing it"),
        (Reason.FIRST_CHOICE, "Their first choice might let them down"),
        (Reason.HOLDING_OUT, "They were holding out for perfection"),
    ],
)
def test_the_headings_are_the_articles_own(reason, heading):
    assert heading in DEFINITIONS[reason].heading


def test_the_article_is_named_with_its_author():
    assert "Mark Daniel" in ARTICLE
    assert "How to get a job after being rejected" in ARTICLE


RECORDS = [value for value in vars(records).values() if is_dataclass(value)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_no_record_can_be_changed(record):
    one = record(**{field.name: None for field in fields(record)})
    with pytest.raises(FrozenInstanceError):
        setattr(one, fields(record)[0].name, "changed")


def test_a_letter_needs_only_its_text_and_where_it_came_from():
    letter = records.Letter(text="Dear Noor", source="a.txt")
    assert (letter.subject, letter.sender, letter.id, letter.sent, letter.notes) == ("", "", "", None, ())


def test_a_prediction_without_reasons_shows_none():
    prediction = records.Prediction(kind=Kind.OTHER, kinds={Kind.OTHER: 1.0})
    assert (dict(prediction.reasons), prediction.shown, prediction.evidence) == ({}, (), ())
    assert (prediction.stage, prediction.vacancy, prediction.ineligible) == (None, None, None)
