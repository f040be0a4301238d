"""Labelled letters: every mistake is named with file and line, and the bundled corpus keeps its promises."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.corpus import bundled_letters, find_quote, fingerprint, held_out_groups, read_corpus
from analyzer.errors import CorpusError
from analyzer.reasons import Cue, Kind, Reason, Stage, Vacancy

BODY = "Dear Noor,\n\nFinance has cancelled\nthis post. We wish you well."
ROW = {"body": BODY, "kind": "rejection"}
ON_HOLD = {**ROW, "reasons": ["on_hold"], "evidence": {"on_hold": ["Finance has cancelled this post."]}}


@pytest.fixture(scope="module")
def bundled_examples():
    return read_corpus([bundled_letters()])


# --- reading


def test_every_field_of_a_row_is_read(write_corpus):
    labels = {"stage": "final", "vacancy": "closed", "ineligible": False, "timeframe": "in May", "disputed": ["stage"]}
    names = {"company": "Oakwell", "role": "Cook", "contact": "Imani Reyes", "group": "me", "id": "a1"}
    cues = {"cues": {"on_hold": ["Finance has cancelled this post."]}}
    headers = {"subject": "Outcome", "from": "jobs@oakwell.example", "mood": "unknown fields are ignored"}
    path = write_corpus([{**ON_HOLD, **labels, **names, **cues, **headers}])
    (example,) = read_corpus([path])
    assert (example.id, example.group, example.kind, example.reason) == ("a1", "me", Kind.REJECTION, Reason.ON_HOLD)
    assert example.evidence == {Reason.ON_HOLD: ("Finance has cancelled this post.",)}
    assert example.cues == {Cue.ON_HOLD: ("Finance has cancelled this post.",)}
    assert (example.stage, example.vacancy, example.ineligible) == (Stage.FINAL, Vacancy.CLOSED, False)
    assert (example.company, example.role, example.contact) == ("Oakwell", "Cook", "Imani Reyes")
    assert (example.timeframe, example.disputed) == ("in May", ("stage",))
    letter = example.letter
    assert (letter.text, letter.subject, letter.sender) == (BODY, "Outcome", "jobs@oakwell.example")
    assert letter.source == f"{path}:1"


def test_what_is_not_labelled_is_none_and_a_reason_makes_a_rejection(write_corpus):
    path = write_corpus([{"body": BODY, "reasons": ["eoi"]}, {"body": BODY, "kind": "offer"}], "mine.jsonl")
    first, second = read_corpus([path])
    assert (first.kind, second.kind) == (Kind.REJECTION, Kind.OFFER)
    assert (first.stage, first.vacancy, first.ineligible, first.company, first.cues) == (None,) * 5
    assert (first.evidence, second.reasons, second.reason) == ({}, (), None)
    assert (first.group, first.id, second.id) == ("mine", "mine-1", "mine-2")


def test_blank_lines_and_a_byte_order_mark_are_no_mistakes(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf\n" + json.dumps(ROW).encode() + b"\r\n\n")
    assert [example.letter.source for example in read_corpus([path])] == [f"{path}:2"]


def test_a_file_that_is_named_twice_is_read_once(write_corpus, tmp_path):
    path = write_corpus([ROW])
    assert len(read_corpus([path, tmp_path, tmp_path / "." / path.name])) == 1


def test_files_of_one_name_in_two_folders_do_not_clash(tmp_path):
    """Their letters have no ids of their own, so none can be a duplicate."""
    for folder in ("mine", "yours"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "letters.jsonl").write_text(json.dumps(ROW), "utf-8")
    assert len({example.id for example in read_corpus([tmp_path / "mine", tmp_path / "yours"])}) == 2


# --- mistakes


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "has no 'body'"),
        ({**ROW, "body": " \n"}, "has no 'body'"),
        ({**ROW, "body": ["Dear Noor"]}, "has no 'body'"),
        ({"body": BODY}, "None is not a kind"),
        ({**ROW, "kind": "refusal"}, "'refusal' is not a kind; it must be one of rejection, acknowledgement"),
        ({**ROW, "kind": ["rejection"]}, "is not a kind"),
        ({**ROW, "reasons": ["skils"]}, "'skils' is not a reason; it must be one of on_hold, eoi, silver_medallist"),
        ({**ROW, "reasons": ["On_Hold"]}, "'On_Hold' is not a reason"),
        ({**ROW, "reasons": "on_hold"}, "'reasons' must be a list"),
        ({**ON_HOLD, "kind": "offer"}, "only a rejection has reasons"),
        ({**ROW, "stage": "last"}, "'last' is not a stage"),
        ({**ROW, "vacancy": "filled"}, "'filled' is not a vacancy"),
        ({**ROW, "ineligible": "no"}, "'ineligible' must be true, false or null"),
        ({**ROW, "ineligible": 0}, "'ineligible' must be true, false or null"),
        ({**ROW, "disputed": "stage"}, "'disputed' must be a list"),
        ({**ON_HOLD, "evidence": ["cancelled"]}, "'evidence' must give a list of quotes for each reason"),
        ({**ON_HOLD, "evidence": {"hold": ["cancelled"]}}, "'hold' is not a reason"),
        ({**ON_HOLD, "evidence": {"eoi": ["cancelled"]}}, "'eoi', which is not among its reasons"),
        ({**ON_HOLD, "evidence": {"on_hold": ["Finance has stopped"]}}, "'Finance has stopped' is not in the letter"),
        ({**ON_HOLD, "evidence": {"on_hold": ["finance has cancelled"]}}, "is not in the letter; copy it word for"),
        ({**ON_HOLD, "evidence": {"on_hold": [" "]}}, "is not in the letter"),
        ({**ON_HOLD, "evidence": {"on_hold": [7]}}, "'7' is not in the letter"),
        ({**ROW, "cues": ["refusal"]}, "'cues' must give a list of sentences for each cue"),
        ({**ROW, "cues": {"refusal": 3}}, "'cues' must give a list of sentences for each cue"),
        ({**ROW, "cues": {"refusal": "We wish you well."}}, "'cues' must give a list of sentences for each cue"),
        ({**ROW, "cues": {"no": ["Finance"]}}, "'no' is not a cue"),
        ({**ROW, "cues": {"refusal": ["We regret"]}}, "'We regret' is not in the letter"),
        ({**ROW, "cues": {"refusal": [""]}}, "is not in the letter"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_row_is_named_with_file_and_line(write_corpus, row, said):
    path = write_corpus([ROW, row])
    with pytest.raises(CorpusError) as error:
        read_corpus([path])
    assert str(error.value).startswith(f"{path}:2: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("line", ['{"body": "Dear"', "[1]", "null", "Dear Noor", "[" * 100_000])
def test_a_line_that_is_no_json_object_is_named(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + line + "\n", "utf-8")
    with pytest.raises(CorpusError, match=r"a\.jsonl:2: is not a JSON object"):
        read_corpus([path])


def test_an_id_that_is_taken_is_named_with_both_places(write_corpus):
    first = write_corpus([{**ROW, "id": "x"}], "a.jsonl")
    second = write_corpus([ROW, {**ROW, "id": "x"}], "b.jsonl")
    with pytest.raises(CorpusError) as error:
        read_corpus([first, second])
    assert str(error.value) == f"{second}:2: the id 'x' is taken by {first}:1; give it another"


def test_what_is_not_utf8_is_refused_and_named(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(json.dumps(ROW).encode("utf-16"))
    with pytest.raises(CorpusError, match=r"a\.jsonl: is not UTF-8; save it as UTF-8"):
        read_corpus([path])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CorpusError, match=r"absent\.jsonl: there is no such file or folder"):
        read_corpus([tmp_path / "absent.jsonl"])


def test_a_folder_without_a_corpus_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("no corpus", "utf-8")
    with pytest.raises(CorpusError, match=r"holds no \.jsonl file"):
        read_corpus([tmp_path])


@pytest.mark.parametrize(
    ("quote", "place"),
    [
        ("Finance has cancelled this post.", (12, 44)),
        ("  cancelled   this ", (24, 38)),
        ("post. We", (39, 47)),
        ("post, We", None),
        ("postX We", None),
        ("finance", None),
    ],
)
def test_a_quote_is_found_whatever_the_white_space(quote, place):
    assert find_quote(quote, BODY) == place


# --- the fingerprint


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "a.jsonl"
    rows = [{**ON_HOLD, "subject": f"Outcome {number}"} for number in range(6)]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return read_corpus([path])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_the_fingerprint_is_independent_of_order(some, data):
    assert fingerprint(data.draw(st.permutations(some))) == fingerprint(some)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": Kind.OTHER},
        {"reasons": (Reason.EOI,)},
        {"evidence": {}},
        {"cues": {}},  # read sentence by sentence and nothing found: not the same as not read
        {"cues": {Cue.ON_HOLD: ("Finance",)}},
        {"stage": Stage.FINAL},
        {"vacancy": Vacancy.OPEN},
        {"ineligible": False},
        {"company": "Oakwell"},
        {"timeframe": "in May"},
        {"group": "another voice"},
    ],
    ids=str,
)
def test_the_fingerprint_changes_with_every_label(some, change):
    assert fingerprint([replace(some[0], **change), *some[1:]]) != fingerprint(some)


def test_the_fingerprint_changes_with_the_text_and_with_every_letter(some):
    other = replace(some[0], letter=replace(some[0].letter, text=BODY + "!"))
    assert len({fingerprint(each) for each in (some, some[1:], [other, *some[1:]])}) == 3


# --- the bundled corpus


def test_the_bundled_corpus_reads_and_no_id_stands_twice(bundled_examples):
    assert bundled_examples
    assert len({example.id for example in bundled_examples}) == len(bundled_examples)


def test_the_test_split_names_voices_that_exist_and_leaves_others_to_train_on(bundled_examples):
    voices = {example.group for example in bundled_examples}
    assert held_out_groups()
    assert held_out_groups() < voices


def test_every_reason_of_every_bundled_letter_has_evidence(bundled_examples):
    bare = [e.letter.source for e in bundled_examples if any(not e.evidence.get(reason) for reason in e.reasons)]
    assert bare == []


def test_the_bundled_corpus_shows_every_kind_reason_stage_and_vacancy(bundled_examples):
    assert {example.kind for example in bundled_examples} == set(Kind)
    assert {reason for example in bundled_examples for reason in example.reasons} == set(Reason)
    assert {example.stage for example in bundled_examples} >= set(Stage)
    assert {example.vacancy for example in bundled_examples} >= set(Vacancy)
