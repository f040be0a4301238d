"""Truth x predictions -> tables: every figure of small cases is known beforehand."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from conftest import TODAY

from analyzer import evaluate
from analyzer.corpus import Example
from analyzer.decide import decide, read_policy
from analyzer.errors import CorpusError
from analyzer.evaluate import NO_SIGNAL, _ece, _row, _table, evaluate_files
from analyzer.reasons import Kind, Reason, Stage, Vacancy
from analyzer.records import Analysis, Cleaned, Entities, Letter, Prediction, Span

BODY = "Dear all. The post was put on hold. It was close."
HOLD, CLOSE = "The post was put on hold.", "It was close."
POLICY = read_policy()


@pytest.fixture(scope="module", autouse=True)
def few_resamples():
    """Intervals are not what these tests know beforehand: a few resamples are enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "RESAMPLES", 20)
        yield


def example(kind=Kind.REJECTION, reasons=(), **fields):
    letter = Letter(BODY, "hand-made")
    rejected = {"stage": Stage.APPLICATION, "vacancy": Vacancy.UNKNOWN, "ineligible": False}
    return Example("one", letter, kind, tuple(reasons), **((rejected if kind is Kind.REJECTION else {}) | fields))


def answer(kind=Kind.REJECTION, shown=(), sure=0.95, reasons=None, evidence=(), **fields):
    """An answer that says `kind` with the probability `sure`."""
    kinds = dict.fromkeys(Kind, (1 - sure) / 4) | {kind: sure}
    prediction = Prediction(kind, kinds, evidence=tuple(evidence))
    if kind is Kind.REJECTION:
        reasons = reasons or {reason: float(reason in shown) for reason in Reason}
        prediction = replace(
            prediction,
            reasons=reasons,
            shown=tuple(shown),
            stage=fields.pop("stage", Stage.APPLICATION),
            vacancy=fields.pop("vacancy", Vacancy.UNKNOWN),
            ineligible=fields.pop("ineligible", False),
        )
    told = decide(
        kind=kind,
        shown=prediction.shown,
        stage=prediction.stage,
        vacancy=prediction.vacancy,
        ineligible=prediction.ineligible,
        timeframe=None,
        arrived=TODAY,
        policy=POLICY,
    )
    letter, entities = Letter(BODY, "hand-made"), Entities(**fields)
    cleaned = Cleaned(BODY)
    return Analysis("one", letter, cleaned, prediction, entities, prediction.stage, "letter", told, None, None, (), "m")


def table_of(*pairs):
    judge = SimpleNamespace(today=TODAY, policy=POLICY)
    return _table("hand-made", "m", pd.DataFrame([_row(truth, given, judge) for truth, given in pairs]))


def values(table):
    return {name: figure.value for name, figure in table.figures.items()}


def support(table):
    return {name: figure.support for name, figure in table.figures.items()}


RIGHT = (example(reasons=[Reason.ON_HOLD]), answer(shown=[Reason.ON_HOLD]))
SILENT = (example(), answer())
ACKNOWLEDGED = (example(Kind.ACKNOWLEDGEMENT), answer(Kind.ACKNOWLEDGEMENT))


def test_when_all_is_right_every_score_is_one_and_every_error_none():
    table = table_of(*[RIGHT] * 10, *[SILENT] * 10, *[ACKNOWLEDGED] * 2)
    errors = {name for name in table.figures if "error" in name or "alarms" in name or "without" in name}
    assert len(errors) == 4
    for name, figure in table.figures.items():
        if "calibration error, rejection" not in name:  # .95 was said of what was always so
            assert (figure.value, figure.low, figure.high) == ((0, 0, 0) if name in errors else (1, 1, 1)), name


def test_each_figure_of_a_small_case():
    """11 rejections: 6 on hold, of which one gets no reason; 5 silent, of which one gets a reason."""
    table = table_of(
        *[RIGHT] * 5,
        (RIGHT[0], answer(shown=[])),
        *[SILENT] * 4,
        (SILENT[0], answer(shown=[Reason.ON_HOLD])),
        ACKNOWLEDGED,
        (ACKNOWLEDGED[0], answer()),
    )
    known = {
        "rejections found": 1,
        "false alarms (others called rejection)": 1 / 2,
        "kind right": 12 / 13,
        "first reason, macro-F1 (2 classes)": (5 / 6 + 4 / 5) / 2,
        "first reason right": 9 / 11,
        "reasons given to letters without": 1 / 5,
        "calibration error, reasons": 2 / 55,  # one reason too few and one too many, of 11 x 5
        "action right": 9 / 11,
        "stage right": 1,
    }
    assert {name: values(table)[name] for name in known} == pytest.approx(known, abs=1e-4)
    assert support(table)["rejections found"] == 11
    assert support(table)["false alarms (others called rejection)"] == 2
    assert table.classes == {
        "on_hold": {"precision": 0.8333, "recall": 0.8333, "f1": 0.8333, "support": 6},
        NO_SIGNAL: {"precision": 0.8, "recall": 0.8, "f1": 0.8, "support": 5},
    }
    assert table.confusion["on_hold"] == dict.fromkeys((*Reason, NO_SIGNAL), 0) | {"on_hold": 5, NO_SIGNAL: 1}
    assert table.kinds["acknowledgement"]["rejection"] == 1
    assert len(table.worst) == 3
    for figure in table.figures.values():
        assert 0 <= figure.low <= figure.high <= 1


def test_a_reason_that_few_letters_show_is_no_class_of_the_macro_f1():
    table = table_of(*[RIGHT] * 5, (example(reasons=[Reason.EOI]), answer()))
    assert values(table)["first reason, macro-F1 (1 classes)"] == 1
    assert table.classes["eoi"]["support"] == 1


def test_a_rejection_that_was_missed_is_scored_neither_in_calibration_nor_in_the_fields():
    missed = (RIGHT[0], answer(Kind.OTHER))
    table = table_of(*[RIGHT] * 3, missed)
    assert values(table)["rejections found"] == 0.75
    assert values(table)["first reason right"] == 0.75
    assert {support(table)[f"{field} right"] for field in ("action", "stage", "vacancy", "ineligible")} == {3}


@pytest.mark.parametrize(
    ("said", "was", "error"),
    [
        ([1.0, 1.0, 0.0], [1, 1, 0], 0),
        ([0.95] * 4, [1, 1, 1, 0], 0.2),
        ([0.95] * 4, [1, 1, 1, 1], 0.05),
        ([0.25, 0.25, 0.85, 0.85], [0, 1, 1, 0], 0.5 * 0.25 + 0.5 * 0.35),
        ([0.32, 0.38], [0, 1], 0.15),  # of one bin: its mean counts
        ([0.29, 0.31], [0, 1], 0.5 * 0.29 + 0.5 * 0.69),  # of two
    ],
)
def test_the_calibration_error_of_a_known_case(said, was, error):
    assert _ece(said, was) == pytest.approx(error)


def test_calibration_of_rejection_counts_the_other_kinds_too():
    table = table_of((example(), answer(sure=0.85)), (example(Kind.OTHER), answer(sure=0.85)))
    assert values(table)["calibration error, rejection"] == pytest.approx(0.35)


@pytest.mark.parametrize(
    ("disputed", "left_out"),
    [
        ("kind", {"kind right", "rejections found", "calibration error, rejection", "action right"}),
        ("reasons", {"first reason right", "calibration error, reasons", "action right"}),
        ("stage", {"stage right", "action right"}),
        ("vacancy", {"vacancy right", "action right"}),
        ("ineligible", {"ineligible right", "action right"}),
        ("company", {"company right"}),
        ("role", {"role right"}),
        ("contact", {"contact right"}),
        ("timeframe", {"timeframe right"}),
    ],
)
def test_a_disputed_field_is_left_out_of_its_own_score_alone(disputed, left_out):
    before = support(table_of(RIGHT, RIGHT))
    after = support(table_of(RIGHT, (replace(RIGHT[0], disputed=(disputed,)), RIGHT[1])))
    fewer = {name for name in before if after[name] < before[name] and "macro" not in name}
    assert fewer == left_out


@pytest.mark.parametrize(
    ("spans", "right"),
    [
        ([HOLD], 1),
        (["put on hold."], 1),  # a clause of it will do
        (["hold."], 0),  # a word will not
        ([BODY], 1),
        ([CLOSE], 0),
        ([HOLD, CLOSE], 1),
        ([], 0),
    ],
)
def test_evidence_is_right_when_it_covers_the_quote_and_little_else(spans, right):
    evidence = [Span(BODY.index(text), BODY.index(text) + len(text), "on_hold") for text in spans]
    truth = replace(RIGHT[0], evidence={Reason.ON_HOLD: (HOLD,)})
    table = table_of((truth, answer(shown=[Reason.ON_HOLD], evidence=evidence)))
    assert values(table)["evidence right"] == right


@pytest.mark.parametrize(
    ("truth", "given", "right"),
    [("Ash & Co", "ash &  CO", 1), ("Ash & Co", "Ash", 0), (None, None, 1), (None, "Ash", 0), ("Ash", None, 0)],
)
def test_a_name_is_right_whatever_its_case_and_spaces(truth, given, right):
    assert values(table_of((example(company=truth), answer(company=given))))["company right"] == right


@pytest.fixture(scope="module")
def tables(tmp_path_factory, stored):
    folder = tmp_path_factory.mktemp("corpora")
    bodies = {
        "left": [("rejection", "We have put the post on hold and will not fill it."), ("other", "Buy two pens.")],
        "right": [("interview", "Please come to an interview on Monday at ten.")],
    }
    paths = []
    for name, letters in bodies.items():
        paths.append(folder / f"{name}.jsonl")
        lines = [json.dumps({"kind": kind, "body": body}) for kind, body in letters]
        paths[-1].write_text("\n".join(lines), "utf-8")
    return list(evaluate_files(paths, [stored, replace(stored, path=folder)], today=TODAY)), paths


def test_there_is_a_table_for_each_file_and_a_pooled_one_for_each_model(tables):
    made, paths = tables
    names = [str(paths[0]), str(paths[1]), "all together"]
    assert [table.name for table in made] == names * 2
    assert [table.figures["kind right"].support for table in made[:3]] == [2, 1, 3]
    assert [table.as_dict() for table in made[:3]] == [table.as_dict() for table in made[3:]]  # the same model


def test_a_table_says_the_same_in_words_and_in_json(tables):
    for table in (*tables[0], table_of(*[RIGHT] * 5, SILENT)):
        words, data = table.in_words(), json.loads(json.dumps(table.as_dict()))
        assert (data["name"], data["model"]) == (table.name, table.model)
        assert table.model in words.splitlines()[0]
        assert table.name in words.splitlines()[0]
        lines = {" ".join(line.split()) for line in words.splitlines()}
        for name, row in data["figures"].items():
            assert f"{name} {row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}] n={row['n']}" in lines
        for name, row in data["classes"].items():
            numbers = f"{row['precision']:.2f} {row['recall']:.2f} {row['f1']:.2f} {row['support']}"
            assert f"{name} {numbers}" in lines


def test_a_corpus_without_letters_is_refused(tmp_path, stored):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n\n", "utf-8")
    with pytest.raises(CorpusError, match=r"empty\.jsonl"):
        list(evaluate_files([empty], [stored], today=TODAY))
