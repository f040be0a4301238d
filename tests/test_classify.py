"""Body -> prediction: whatever the text, the answer is a sound one, and typing does not change it."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.classify import CUES, FLOOR, HEADS, MAX_EVIDENCE, choose_kind, letter_features, sigmoid, softmax
from analyzer.reasons import Kind, Reason
from analyzer.records import Letter

SENTENCES = [
    "Thank you for applying to be our Stores Assistant.",
    "I am sorry to say that we've decided not to take your application any further.",
    "The post has been put on hold, because our funding wasn't renewed - and nobody will be hired.",
    "We have given the job to another candidate; she accepted it on Friday.",
    "It was a close decision between you and one other person.",
    "Other candidates' experience was a closer match to what we're looking for.",
    "There is no vacancy at present: this was a register of interest.",
    "Could you come to an interview on Tuesday, at 10.30?",
    "We'll keep your details on file for 6 months!",
]
BODY = "\n\n".join((" ".join(SENTENCES[:3]), " ".join(SENTENCES[3:6]), SENTENCES[8]))
texts = st.lists(st.sampled_from(SENTENCES) | st.text(max_size=60), max_size=12).map("\n".join)


@pytest.fixture(scope="module")
def classifier(analyzer):
    return analyzer.classifier


def check(prediction, body):
    """Hold a prediction to all that is promised of every one."""
    assert set(prediction.kinds) == set(Kind)
    assert all(0 <= value <= 1 for value in (*prediction.kinds.values(), *prediction.reasons.values()))
    assert sum(prediction.kinds.values()) == pytest.approx(1, abs=1e-6)
    if prediction.kind is not Kind.REJECTION:
        assert (prediction.reasons, prediction.shown, prediction.evidence) == ({}, (), ())
        assert (prediction.stage, prediction.vacancy, prediction.ineligible) == (None, None, None)
        return
    assert None not in {prediction.stage, prediction.vacancy, prediction.ineligible}
    assert set(prediction.reasons) == set(Reason)
    assert list(prediction.shown) == [reason for reason in Reason if reason in prediction.shown]
    labels = [span.label for span in prediction.evidence]
    assert set(labels) == set(prediction.shown)
    assert all(labels.count(label) <= MAX_EVIDENCE for label in labels)
    for span in prediction.evidence:
        assert 0 <= span.start < span.end <= len(body)
        assert body[span.start : span.end].strip()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(body=texts)
def test_any_text_gets_a_sound_answer(classifier, body):
    check(classifier.predict(body), body)


@pytest.mark.parametrize("body", ["", "Unfortunately", "?", BODY, "regret " * 20_000, f"{BODY}\n\n" * 200])
def test_a_letter_of_any_length_gets_a_sound_answer(classifier, body):
    check(classifier.predict(body), body)


def test_the_evidence_is_in_the_sentence_that_says_it(classifier):
    body = f"{SENTENCES[0]} Unfortunately we will not be taking your application further. {SENTENCES[3]} {SENTENCES[8]}"
    prediction = classifier.predict(body)
    assert prediction.shown[:1] == (Reason.FIRST_CHOICE,)
    span = prediction.evidence[0]
    assert body[span.start : span.end] in SENTENCES[3]


@pytest.mark.parametrize(
    "typed",
    [
        str.upper,
        lambda body: body.replace("'", "\u2019"),
        lambda body: body.replace("'", "`"),
        lambda body: "\n\n".join(textwrap.fill(paragraph, 50) for paragraph in body.split("\n\n")),
        lambda body: "\n\n".join(textwrap.fill(paragraph, 17) for paragraph in body.split("\n\n")),
    ],
    ids=["upper case", "curly quotes", "grave accents", "wrapped at 50", "wrapped at 17"],
)
def test_the_answer_is_the_same_however_it_was_typed(classifier, typed):
    prediction = classifier.predict(BODY)
    assert prediction.shown  # else the test would compare nothing
    assert classifier.predict(typed(BODY)) == prediction


def test_the_answer_is_the_same_for_a_whole_letter_in_upper_case(analyzer):
    text = f"Dear Mr Aske,\n\n{BODY}\n\nKind regards,\nUlla Wren\nWren & Sons"
    lower, upper = (analyzer.read_verdict(Letter(letter, "test")).prediction for letter in (text, text.upper()))
    assert upper == lower


@pytest.mark.parametrize(
    ("rejection", "interview", "threshold", "kind"),
    [
        (0.7, 0.3, 0.7, Kind.REJECTION),
        (0.699, 0.301, 0.7, Kind.INTERVIEW),  # likelier a rejection, but not surely enough
        (0.3, 0.7, 0.2, Kind.REJECTION),
        (0.0, 1.0, 0.7, Kind.INTERVIEW),
        (0.6, 0.1, 0.7, Kind.OTHER),  # the rest, .3, goes to `other` below
    ],
)
def test_only_what_is_sure_enough_is_called_a_rejection(rejection, interview, threshold, kind):
    kinds = dict.fromkeys(Kind, 0.0) | {Kind.REJECTION: rejection, Kind.INTERVIEW: interview}
    kinds[Kind.OTHER] = 1 - rejection - interview
    assert choose_kind(kinds, threshold) is kind


@pytest.mark.parametrize("sentences", [0, 1, 2, 7])
def test_the_letter_layer_reads_the_two_strongest_sentences_and_the_letter(sentences):
    outputs = sum(HEADS.values())
    strengths = np.arange(sentences * len(CUES), dtype=np.float32).reshape(sentences, len(CUES)) - 5
    scores = np.arange(outputs, dtype=np.float32)
    features = letter_features(np.random.default_rng(0).permutation(strengths), scores)
    assert features.shape == (4 * len(CUES) + 1 + outputs,)
    strongest, second, shown, share, rest = np.split(features, np.arange(1, 5) * len(CUES))
    top = [*strengths[::-1], *np.full((2, len(CUES)), FLOOR)]
    np.testing.assert_allclose(strongest * 4, top[0], rtol=1e-6)
    np.testing.assert_allclose(second * 4, top[1], rtol=1e-6)
    assert ((shown >= 0) & (shown <= sentences)).all()
    np.testing.assert_allclose(share * sentences, 3 * shown, rtol=1e-6)
    np.testing.assert_allclose(rest, [np.log1p(sentences) / 4, *scores / 2], rtol=1e-6)


def test_extreme_scores_stay_probabilities():
    scores = np.array([-300, 0, 300], dtype=np.float32)
    assert softmax(scores).tolist() == pytest.approx([0, 0, 1])
    assert sigmoid(scores).tolist() == pytest.approx([0, 0.5, 1])
