"""Text -> numbers, in one place for training and serving, with numpy alone.

A sentence becomes counts of word n-grams and of character n-grams. Both are weighted by inverse document frequency and
scaled to unit length, as scikit-learn's TfidfVectorizer does with `sublinear_tf`; `tests/test_features.py` compares.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

WORD_NGRAMS = 3
CHAR_NGRAMS = (3, 5)

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|0|[?!]")
_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*")
_PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u00b4": "'", "`": "'"})


def plain_quotes(text: str) -> str:
    """Return the text with one apostrophe for all that people and programs type."""
    return text.translate(_PLAIN)


def tokenize(text: str) -> list[str]:
    """Return lower-case words, "0" for each number, and ? and !; the same for every way of typing them."""
    return _WORD.findall(_DIGITS.sub("0", plain_quotes(text).lower()))


def word_terms(tokens: Sequence[str]) -> list[str]:
    """Return all n-grams of 1 to WORD_NGRAMS tokens, the sentence's ends included."""
    padded = ["<", *tokens, ">"]
    terms = padded[1:-1]
    for size in range(2, WORD_NGRAMS + 1):
        terms += [" ".join(padded[i : i + size]) for i in range(len(padded) - size + 1)]
    return terms


def char_terms(tokens: Sequence[str]) -> list[str]:
    """Return all n-grams of CHAR_NGRAMS characters inside each word, its edges marked by "_"."""
    low, high = CHAR_NGRAMS
    terms = []
    for token in tokens:
        word = f"_{token}_"
        for size in range(low, min(high, len(word)) + 1):
            terms += [word[i : i + size] for i in range(len(word) - size + 1)]
    return terms


@dataclass(frozen=True)
class Rows:
    """Sparse rows in compressed form: row i holds `values[offsets[i]:offsets[i + 1]]` in columns `indices[...]`."""

    indices: NDArray[np.int32]
    values: NDArray[np.float32]
    offsets: NDArray[np.int64]

    def dot(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the product with `weights` of shape (n_columns, n_outputs): shape (n_rows, n_outputs)."""
        products = weights[self.indices].astype(np.float32) * self.values[:, None]
        # reduceat would repeat a value where a row is empty, so the sums are differences of the running total
        totals = np.concatenate([np.zeros((1, weights.shape[1])), np.cumsum(products, axis=0, dtype=np.float64)])
        return np.asarray(totals[self.offsets[1:]] - totals[self.offsets[:-1]], dtype=np.float32)


class Vocabulary:
    """Terms with their inverse document frequencies; turns bags of terms into unit rows."""

    def __init__(self, terms: Sequence[str], idf: NDArray[np.float32]) -> None:
        self.terms = list(terms)
        self.idf = idf
        self._index = dict(zip(self.terms, range(len(self.terms)), strict=True))

    @classmethod
    def fit(cls, bags: Iterable[Sequence[str]], *, min_count: int) -> Vocabulary:
        """Keep the terms that at least `min_count` bags hold; smoothed idf as in scikit-learn."""
        frequency: Counter[str] = Counter()
        total = 0
        for bag in bags:
            frequency.update(set(bag))
            total += 1
        kept = sorted(term for term, count in frequency.items() if count >= min_count)
        idf = [math.log((1 + total) / (1 + frequency[term])) + 1 for term in kept]
        return cls(kept, np.array(idf, dtype=np.float32))

    def __len__(self) -> int:
        return len(self.terms)

    def rows(self, bags: Iterable[Sequence[str]]) -> Rows:
        """Return one unit row (or an empty one) for each bag: (1 + log count) times idf."""
        indices: list[int] = []
        counts: list[int] = []
        offsets = [0]
        get = self._index.get
        for bag in bags:
            found = Counter(number for number in map(get, bag) if number is not None)
            indices += found.keys()
            counts += found.values()
            offsets.append(len(indices))
        columns = np.array(indices, dtype=np.int32)
        values = (1 + np.log(np.array(counts, dtype=np.float32))) * self.idf[columns]
        ends = np.array(offsets, dtype=np.int64)
        squares = np.concatenate([[0.0], np.cumsum(values.astype(np.float64) ** 2)])
        norms = np.sqrt(np.maximum(squares[ends[1:]] - squares[ends[:-1]], 1e-12))
        scaled = np.asarray(values / np.repeat(norms, np.diff(ends)), dtype=np.float32)
        return Rows(columns, scaled, ends)
