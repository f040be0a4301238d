"""Corpus -> model folder: what serves is what was trained, the same every time, whole or not at all."""

from __future__ import annotations

import json
import shutil
import warnings
from dataclasses import replace

import numpy as np
import pytest
from conftest import TODAY
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import hstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from analyzer import fit as fitting
from analyzer import train
from analyzer.classify import (
    CHAR_WEIGHT,
    CUES,
    FLOOR,
    GATE,
    Classifier,
    letter_features,
    letter_terms,
    sigmoid,
    sum_of_views,
)
from analyzer.corpus import read_corpus
from analyzer.encoder import Encoder
from analyzer.errors import CorpusError, ModelError
from analyzer.features import char_terms, tokenize, word_terms
from analyzer.heads import HEAD_C, HIDDEN, HIDDEN_ALPHA, HIDDEN_PASSES
from analyzer.model import CARD, load_model
from analyzer.reasons import Cue, Kind, Reason
from analyzer.targets import group_folds, instances, prepare


@pytest.fixture(scope="module")
def examples(small_corpus):
    return read_corpus(small_corpus)


@pytest.fixture(scope="module")
def letters(examples):
    return [prepare(example) for example in examples]


@pytest.fixture(scope="module")
def encoder():
    return Encoder.load()


@pytest.fixture(scope="module")
def trained(letters, encoder):
    """The signals fitted on all letters, and the features and scores that the letter layer is fitted on."""
    return fitting.fit_signals_and_score(letters, encoder, jobs=1)


@pytest.fixture
def rows(small_corpus):
    return [json.loads(line) for path in small_corpus for line in path.read_text("utf-8").splitlines()]


def fit(corpus, output, jobs=1, say=lambda _: None):
    return train.train_model(corpus, output, only=True, name="small-1", jobs=jobs, today=TODAY, say=say)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_served_is_what_was_trained(letters, trained, stored):
    """Sentences and whole letters get the scores that they got in training, of scikit-learn alone."""
    sentences, targets, owners = instances(letters)
    words, chars = (
        TfidfVectorizer(analyzer=lambda text, terms=terms: terms(tokenize(text)), sublinear_tf=True, min_df=count)
        for terms, count in ((word_terms, fitting.MIN_WORD_COUNT), (char_terms, fitting.MIN_CHAR_COUNT))
    )
    matrix = hstack([words.fit_transform(sentences), CHAR_WEIGHT * chars.fit_transform(sentences)]).tocsr()
    served = Classifier(stored).signals
    assert served.words.terms == trained[0].words.terms == words.get_feature_names_out().tolist()
    strengths = served.ngram_strengths(sentences)
    for column, cue in enumerate(CUES):
        weights, bias = fitting._fit_cue(matrix, targets[:, column], owners)
        expected = matrix @ weights + bias
        np.testing.assert_allclose(sigmoid(strengths[:, column]), sigmoid(expected), atol=1e-3, err_msg=cue)
    whole = TfidfVectorizer(analyzer=letter_terms, sublinear_tf=True, vocabulary=words.get_feature_names_out())
    whole.idf_ = words.idf_
    matrix = whole.transform([letter.sentences for letter in letters])
    scores = np.stack([served.letter_scores(letter.sentences) for letter in letters])
    for column, kind in enumerate(Kind):
        model = LogisticRegression(C=fitting.LETTER_C, solver="liblinear", class_weight="balanced", random_state=0)
        expected = model.fit(matrix, [letter.example.kind is kind for letter in letters]).decision_function(matrix)
        np.testing.assert_allclose(sigmoid(scores[:, column]), sigmoid(expected), atol=1e-3, err_msg=kind)


def test_a_letter_gets_when_served_the_probabilities_that_scikit_learn_gives(letters, trained, encoder, stored):
    """Whether it ends at the gate or goes on to the letter layer."""
    signals, features, learnt_at_gate = trained
    kinds = np.array([list(Kind).index(letter.example.kind) for letter in letters])
    rejected = kinds == list(Kind).index(Kind.REJECTION)
    gate = LogisticRegression(C=HEAD_C, max_iter=2000).fit(learnt_at_gate, kinds)
    network = MLPClassifier((HIDDEN,), alpha=HIDDEN_ALPHA, max_iter=HIDDEN_PASSES, random_state=0)
    kind = make_pipeline(StandardScaler(), network)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        kind.fit(features, kinds)
    heads = {}
    for reason in Reason:
        shown = [reason in letter.example.reasons for letter in letters]
        heads[reason] = LogisticRegression(C=HEAD_C, max_iter=2000)
        heads[reason].fit(features[rejected], np.array(shown)[rejected])
    own = [letter.sentences for letter in letters]
    ngrams, scores = [*map(signals.ngram_strengths, own)], [*map(signals.letter_scores, own)]
    both = [sum_of_views(seen, encoder.strengths(read)) for seen, read in zip(ngrams, own, strict=True)]
    asked = np.stack([*map(letter_features, both, scores)])
    at_gate = gate.predict_proba(np.stack([*map(letter_features, ngrams, scores)]))
    ends = at_gate[:, list(Kind).index(Kind.REJECTION)] < stored.manifest["thresholds"][GATE]
    assert set(ends) == {True, False}
    classifier = Classifier(stored)
    predictions = [classifier.predict(letter.cleaned.body) for letter in letters]
    given_kinds = np.array([[prediction.kinds[kind] for kind in Kind] for prediction in predictions])
    np.testing.assert_allclose(given_kinds[ends], at_gate[ends], atol=1e-3)
    np.testing.assert_allclose(given_kinds[~ends], kind.predict_proba(asked)[~ends], atol=5e-3)
    found = [n for n, prediction in enumerate(predictions) if prediction.kind is Kind.REJECTION]
    for reason in Reason:
        given_reason = [predictions[n].reasons[reason] for n in found]
        np.testing.assert_allclose(given_reason, heads[reason].predict_proba(asked[found])[:, 1], atol=1e-3)


def test_the_strengths_of_the_two_views_are_their_mean_above_the_floor():
    views = [np.array([[FLOOR - 5, 2, -1]], dtype=np.float32), np.array([[4, FLOOR - 1, 0]], dtype=np.float32)]
    assert sum_of_views(*views).tolist() == [[(FLOOR + 4) / 2, (2 + FLOOR) / 2, -0.5]]


def test_what_the_encoder_was_trained_on_is_scored_by_one_that_was_not(letters, encoder):
    """The stored strengths stand in for the encoder's own, which has seen these sentences; others it scores itself."""
    known, new = letters[0], replace(letters[0], sentences=("Nobody wrote this sentence before, 4711 times over.",))
    stored, asked = fitting.encode([known, new], encoder)
    assert stored.shape == (len(known.sentences), len(CUES))
    assert np.abs(stored - encoder.strengths(known.sentences)).max() > 0.5
    np.testing.assert_allclose(asked, encoder.strengths(new.sentences), atol=1e-4)


def test_a_quote_is_no_example_of_a_cue_that_nobody_marked(write_corpus):
    """Without `cues` the sentences of an invitation stand for "invitation", the quotes of a rejection do not."""
    paused = "The post has been put on hold by finance."
    rejection = {"kind": "rejection", "reasons": ["on_hold"], "evidence": {"on_hold": [paused]}}
    letters = [
        *({"body": f"Dear {n} all. {paused} We regret that you were not selected.", **rejection} for n in range(6)),
        *({"body": f"Dear {n} all. Come and see us on Monday.", "kind": "interview"} for n in range(6)),
    ]
    signals = fitting.fit_signals([prepare(example) for example in read_corpus([write_corpus(letters)])])
    strengths = dict(zip(CUES, signals.ngram_strengths([paused])[0], strict=True))
    assert strengths[Cue.ON_HOLD] > 0
    assert strengths[Cue.INVITATION] < -2


def test_two_runs_give_the_same_folder_byte_for_byte(small_corpus, small_model, tmp_path):
    """On another day, in another place, with another number of processes."""
    report = fit(small_corpus, tmp_path / "again", jobs=2)
    assert contents(tmp_path / "again") == contents(small_model)
    assert report.output == str(tmp_path / "again")
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


def without(rows, wrong):
    return [row for row in rows if not wrong(row)]


def one_label_more(rows, **labels):
    """The rows, and once more the text of the first rejection, typed otherwise, with other labels."""
    row = next(row for row in rows if row["kind"] == "rejection" and row["reasons"])
    return [*rows, {"id": "again", "body": f"  {row['body'].upper()}\n", **labels}]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda rows: without(rows, lambda row: row["kind"] == "offer"), "0 letters of kind 'offer'"),
        (lambda rows: without(rows, lambda row: "eoi" in row["reasons"]), "0 letters with the reason 'eoi'"),
        (lambda rows: rows[:2], "only 2 letters"),
        (lambda rows: rows[:0], "only 0 letters"),
        (lambda rows: one_label_more(rows, kind="other"), "the same text"),
        (lambda rows: one_label_more(rows, kind="rejection", reasons=[]), "the same text"),
        (lambda rows: [*rows, {"body": "No.", "kind": "refusal"}], "'refusal' is not a kind"),
        (lambda rows: [*rows, {"body": "No.", "kind": "rejection", "reasons": ["bad_luck"]}], "'bad_luck'"),
        (lambda rows: [*rows, {"body": "No.", "kind": "rejection", "stage": "Interview"}], "'Interview'"),
    ],
    ids=["no offer", "no eoi", "two", "none", "kinds differ", "reasons differ", "kind", "reason", "stage"],
)
def test_a_corpus_that_nothing_can_be_learnt_from_is_refused(spoil, said, rows, write_corpus, small_model, tmp_path):
    """In one line, before anything is written; a model that stood there stays as it was."""
    corpus = write_corpus(spoil(rows))
    shutil.copytree(small_model, tmp_path / "old")
    for name in ("new", "old"):
        with pytest.raises(CorpusError) as failure:
            fit([corpus], tmp_path / name)
        assert said in str(failure.value)
        assert "\n" not in str(failure.value)
    assert contents(tmp_path / "old") == contents(small_model)
    assert {path.name for path in tmp_path.iterdir()} == {"old", corpus.name}


def test_the_same_text_with_the_same_labels_is_no_contradiction(rows, write_corpus):
    row = next(row for row in rows if row["kind"] == "rejection" and row["reasons"])
    twice = write_corpus(one_label_more(rows, kind=row["kind"], reasons=row["reasons"]))
    assert len(train.check_corpus(read_corpus([twice]))) >= 1


def test_letters_that_are_labelled_with_kind_and_reasons_alone_can_be_learnt_from(rows, write_corpus, tmp_path):
    corpus = write_corpus([{name: row[name] for name in ("id", "body", "kind", "reasons")} for row in rows])
    report = fit([corpus], tmp_path / "new")
    assert report.letters == len(rows)
    assert load_model(tmp_path / "new").name == "small-1"


def test_a_folder_that_is_no_model_is_left_alone(small_corpus, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    with pytest.raises(ModelError):
        fit(small_corpus[1:2] + small_corpus[3:], tmp_path)
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


def test_few_examples_are_warned_about_and_stand_in_the_card(examples, small_model, stored):
    counts = {reason: sum(reason in example.reasons for example in examples) for reason in Reason}
    few = [reason for reason in Reason if counts[reason] < train.FEW]
    warned = train.check_corpus(examples)
    card = (small_model / CARD).read_text("utf-8")
    assert few
    assert len(warned) == len(few)
    for line, reason in zip(warned, few, strict=True):
        assert f"only {counts[reason]} examples of {reason}" in line
        assert line in card
    assert f"{len(examples)} letters" in card
    assert str(stored.manifest["corpus"]["sha256"]) in card


def test_enough_examples_are_not_warned_about(examples):
    copies = [
        train.Example(f"{n}-{example.id}", example.letter, example.kind, example.reasons)
        for n in range(train.FEW // train.MIN_EACH)
        for example in examples
    ]
    assert train.check_corpus(copies) == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=40), st.integers(2, 6))
def test_folds_part_the_letters_and_keep_groups_whole(groups, count):
    folds = group_folds(groups, count)
    assert np.sum(folds, axis=0).tolist() == [1] * len(groups)
    assert all(fold.any() for fold in folds)
    if len(set(groups)) > 1:
        for fold in folds:
            inside = {group for group, here in zip(groups, fold, strict=True) if here}
            assert not inside & {group for group, here in zip(groups, fold, strict=True) if not here}
    assert [fold.tolist() for fold in group_folds(groups, count)] == [fold.tolist() for fold in folds]


def test_a_trained_model_can_be_loaded_without_a_warning(small_model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_model(small_model).name == "small-1"
