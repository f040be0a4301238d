"""Prepared letters -> the numbers of the first layer: cues of sentences, scores of whole letters.

Deterministic: the same letters give the same arrays. scikit-learn fits; what is saved and served is plain arrays
(`classify`). What the second layer learns from is always said by signals that saw none of a letter's voice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.bundle import bundled
from analyzer.classify import CHAR_WEIGHT, CUES, HEADS, Signals, letter_features, letter_terms, sum_of_views
from analyzer.features import Vocabulary, char_terms, tokenize, word_terms
from analyzer.targets import (
    FOLDS,
    SOMEWHERE,
    UNKNOWN,
    group_folds,
    instances,
    letter_targets,
    sentence_keys,
    where,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from analyzer.encoder import Encoder
    from analyzer.features import Rows
    from analyzer.targets import Prepared

    Floats = NDArray[np.float32]

MIN_WORD_COUNT, MIN_CHAR_COUNT = 2, 4
CUE_C, LETTER_C = 8.0, 10.0
"""Inverse strengths of regularisation, chosen on left-out voices (notebooks/01)."""

STORED = "encoder_strengths.safetensors"
"""Beside the bundled corpus: what encoders that saw none of a sentence's voice say of it."""


def fit_signals_and_score(
    letters: Sequence[Prepared], encoder: Encoder, *, jobs: int
) -> tuple[Signals, Floats, Floats]:
    """Return signals fitted on all letters, and what other voices' signals make of them: features, and those of the gate."""
    from joblib import Parallel, delayed

    folds = group_folds([letter.example.group for letter in letters], FOLDS)
    parts = [[letters[i] for i in where(~fold)] for fold in folds]
    fitted = Parallel(n_jobs=jobs)(delayed(fit_signals)(part) for part in [*parts, list(letters)])
    encoded = encode(letters, encoder)
    features = [np.empty(0, dtype=np.float32)] * len(letters)
    at_gate = list(features)
    for fold, signals in zip(folds, fitted[:-1], strict=True):
        for i in where(fold):
            sentences = letters[i].sentences
            scores, ngrams = signals.letter_scores(sentences), signals.ngram_strengths(sentences)
            at_gate[i] = letter_features(ngrams, scores)
            features[i] = letter_features(sum_of_views(ngrams, encoded[i]), scores)
    return fitted[-1], np.stack(features), np.stack(at_gate)


def encode(letters: Sequence[Prepared], encoder: Encoder) -> list[Floats]:
    """Return the encoder's strengths of every sentence: as stored where it was trained on them, else as it says now."""
    from safetensors.numpy import load_file

    stored = load_file(bundled("data") / STORED)
    sentences = [sentence for letter in letters for sentence in letter.sentences]
    keys = sentence_keys(sentences)
    places = np.minimum(np.searchsorted(stored["keys"], keys), len(stored["keys"]) - 1)
    strengths = stored["strengths"][places].astype(np.float32)
    new = where(stored["keys"][places] != keys)
    strengths[new] = encoder.strengths([sentences[i] for i in new])
    ends = np.cumsum([len(letter.sentences) for letter in letters])[:-1]
    return list(np.split(strengths, ends))


def fit_signals(letters: Sequence[Prepared]) -> Signals:
    """Fit a logistic regression for each cue on sentences and quotes, and for each output of a head on whole letters.

    Where a label says that a cue stands in a letter but not where, the sentence that a first fit finds most telling
    stands in for it.
    """
    sentences, targets, owners = instances(letters)
    tokens = [tokenize(sentence) for sentence in sentences]
    words = Vocabulary.fit(map(word_terms, tokens), min_count=MIN_WORD_COUNT)
    chars = Vocabulary.fit(map(char_terms, tokens), min_count=MIN_CHAR_COUNT)
    matrix = _matrix(words.rows(map(word_terms, tokens)), len(words), chars.rows(map(char_terms, tokens)), len(chars))
    fitted = [_fit_cue(matrix, targets[:, column], owners) for column in range(len(CUES))]
    weights = np.stack([weight for weight, _ in fitted], axis=1)
    cues = weights, np.array([bias for _, bias in fitted], dtype=np.float32)
    return Signals(words, chars, cues, _fit_letters(letters, words))


def _fit_letters(letters: Sequence[Prepared], words: Vocabulary) -> tuple[Floats, Floats]:
    """Fit the scores of whole letters, balanced: a mailbox does not hold kinds and reasons as the corpus does."""
    letters = [letter for letter in letters if not letter.example.composed]
    rows = words.rows(letter_terms(letter.sentences) for letter in letters)
    matrix = _sparse(rows, len(words))
    weights = np.zeros((len(words), sum(HEADS.values())), dtype=np.float32)
    bias = np.zeros(sum(HEADS.values()), dtype=np.float32)
    targets = np.stack([letter_targets(letter.example) for letter in letters])
    for column in range(targets.shape[1]):
        known = targets[:, column] != UNKNOWN
        if len(np.unique(targets[known, column])) == 2:
            weights[:, column], bias[column] = _logistic(
                matrix[known], targets[known, column], strength=LETTER_C, balanced=True
            )
    return weights, bias


def _matrix(words: Rows, n_words: int, chars: Rows, n_chars: int) -> Any:  # noqa: ANN401  scipy has no types
    from scipy.sparse import csr_matrix, hstack

    return csr_matrix(hstack([_sparse(words, n_words), CHAR_WEIGHT * _sparse(chars, n_chars)]))


def _sparse(rows: Rows, n_columns: int) -> Any:  # noqa: ANN401
    from scipy.sparse import csr_matrix

    shape = (len(rows.offsets) - 1, n_columns)
    return csr_matrix((rows.values, rows.indices, rows.offsets.astype(np.int32)), shape=shape)


def _fit_cue(matrix: Any, target: NDArray[np.int8], owners: NDArray[np.int64]) -> tuple[Floats, float]:  # noqa: ANN401
    somewhere = np.flatnonzero(target == SOMEWHERE)
    if not (target == 1).any():  # nobody marked this cue: every sentence of a letter that shows it stands for it
        target = np.where(target == SOMEWHERE, 1, target).astype(np.int8)
        somewhere = somewhere[:0]
    known = target >= 0
    if len(np.unique(target[known])) < 2:
        return np.zeros(matrix.shape[1], dtype=np.float32), -4.0
    weights, bias = _logistic(matrix[known], target[known], strength=CUE_C)
    if len(somewhere):
        scores = matrix[somewhere] @ weights
        target = target.copy()
        for owner in np.unique(owners[somewhere]):
            mine = owners[somewhere] == owner
            target[somewhere[mine][np.argmax(scores[mine])]] = 1
        known = target >= 0
        weights, bias = _logistic(matrix[known], target[known], strength=CUE_C)
    return weights, bias


def _logistic(
    matrix: Any,  # noqa: ANN401
    target: NDArray[np.int8],
    *,
    strength: float,
    balanced: bool = False,
) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    weight = "balanced" if balanced else None
    model = LogisticRegression(C=strength, solver="liblinear", random_state=0, class_weight=weight, max_iter=200)
    model.fit(matrix, target)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])
