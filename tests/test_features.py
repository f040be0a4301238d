"""Text -> numbers: the same numbers as scikit-learn's TfidfVectorizer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from analyzer.features import Rows, Vocabulary, char_terms, tokenize, word_terms

LETTERS = [
    "Thank you for your application. We regret that the post has been filled, and filled well.",
    "Dear Iris,\n\nThe role was paused; we\u2019ll write again in 6 months.",
    "WE REGRET that we will not be going further. We wish you well, well and truly well!",
    "Could you come in on Tuesday at 10:30? We regret the short notice.",
    "Ok.",
    "?",
]
UNSEEN = ["Nothing here was ever counted: zygote.", "", "We regret, we regret, we regret the post."]


def as_scipy(rows: Rows, columns: int) -> csr_matrix:
    return csr_matrix((rows.values, rows.indices, rows.offsets), shape=(len(rows.offsets) - 1, columns))


@pytest.mark.parametrize("terms", [word_terms, char_terms])
@pytest.mark.parametrize("min_count", [1, 2])
def test_vocabulary_and_rows_equal_scikit_learn(terms, min_count):
    theirs = TfidfVectorizer(analyzer=lambda text: terms(tokenize(text)), sublinear_tf=True, min_df=min_count)
    theirs.fit(LETTERS)
    ours = Vocabulary.fit((terms(tokenize(text)) for text in LETTERS), min_count=min_count)
    assert ours.terms == theirs.get_feature_names_out().tolist()
    np.testing.assert_allclose(ours.idf, theirs.idf_, atol=1e-5)
    texts = [*UNSEEN, *LETTERS]
    rows = ours.rows(terms(tokenize(text)) for text in texts)
    np.testing.assert_allclose(as_scipy(rows, len(ours)).toarray(), theirs.transform(texts).toarray(), atol=1e-5)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=8), max_size=6))
def test_dot_equals_scipy_and_every_row_has_length_one_or_none(bags):
    rows = Vocabulary.fit([["a", "b"], ["a", "c"], ["d", "e"]], min_count=1).rows(bags)
    weights = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    matrix = as_scipy(rows, 5)
    assert rows.dot(weights).shape == (len(bags), 3)
    np.testing.assert_allclose(rows.dot(weights), matrix @ weights, atol=1e-5)
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    assert [round(float(length), 4) for length in lengths] == [float(bool(set(bag) - {"f"})) for bag in bags]


def test_an_empty_row_between_others_stays_empty():
    rows = Rows(np.array([0, 1], np.int32), np.array([2, 3], np.float32), np.array([0, 1, 1, 2], np.int64))
    assert rows.dot(np.eye(2, dtype=np.float32)).tolist() == [[2, 0], [0, 0], [0, 3]]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("We REGRET", ["we", "regret"]),
        ("we\u2019ll don't isn`t", ["we'll", "don't", "isn't"]),
        ("\u2018hired\u2019", ["hired"]),  # quote marks round a word are none of its letters
        ("the employees' vote", ["the", "employees", "vote"]),
        ("3 of 120", ["0", "of", "0"]),
        ("1,200.50 at 10:30 on 02/03", ["0", "at", "0", "on", "0"]),
        ("10, 20", ["0", "0"]),  # a comma and a space part two numbers
        ("ends in 2026.", ["ends", "in", "0"]),
        ("Why? No!", ["why", "?", "no", "!"]),
        ("on-hold\n\tfull_time", ["on", "hold", "full", "time"]),
        ("<b>&", ["b"]),
        (" \n", []),
    ],
)
def test_tokens(text, tokens):
    assert tokenize(text) == tokens


@pytest.mark.parametrize(
    ("terms", "tokens", "expected"),
    [
        (word_terms, ["on", "hold"], ["on", "hold", "< on", "on hold", "hold >", "< on hold", "on hold >"]),
        (word_terms, [], ["< >"]),
        (char_terms, ["on"], ["_on", "on_", "_on_"]),
        (char_terms, ["a", "?"], ["_a_", "_?_"]),
        (char_terms, [], []),
    ],
)
def test_terms(terms, tokens, expected):
    assert terms(tokens) == expected
