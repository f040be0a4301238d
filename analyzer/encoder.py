"""A small transformer, fine-tuned on our sentences: how strongly each sentence shows each cue, served with numpy alone.

Three layers of a MiniLM (Wang et al. 2020; Apache-2.0), fine-tuned by `scripts/train_encoder.py` and frozen since. Its
weights are stored as 8-bit integers with a scale for each row. It reads what words mean where the n-grams of `classify`
know only how they are written, and misses what is rare; the sum of the two is better than each.

    folder/encoder.safetensors   the only file: vocabulary, embeddings, layers, the outputs for every cue
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from analyzer.bundle import bundled
from analyzer.errors import ModelError
from analyzer.features import plain_quotes
from analyzer.reasons import Cue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

ENCODER = "encoder.safetensors"
N_LAYERS, N_HEADS, WIDTH = 3, 12, 384
MAX_TOKENS = 64
"""Word pieces of a sentence that are read, its two ends included; nine sentences in ten are shorter."""

_BATCH = 32  # sentences that are padded to one length
_MAX_WORD = 100  # characters; a longer run is no word
_WORDS = re.compile(r"\w+|[^\w\s]")
_MASKED = np.float32(-1e9)


class Encoder:
    """Scores sentences for every cue. Build it with `load`."""

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]], sha256: str) -> None:
        """Take the arrays of the file; raises KeyError or ValueError where they are no encoder."""
        self.sha256 = sha256
        terms = arrays["vocabulary"].tobytes().decode().split("\n")
        self._index = dict(zip(terms, range(len(terms)), strict=True))
        self._ends = self._index["[CLS]"], self._index["[SEP]"]
        self._unknown = self._index["[UNK]"]
        self._words = arrays["words"], arrays["words.scale"].astype(np.float32)
        self._positions = arrays["positions"].astype(np.float32)
        self._norm = arrays["norm"].astype(np.float32)
        self._layers = [_Layer(arrays, f"layer{number}.") for number in range(N_LAYERS)]
        self._cues = arrays["cues"].astype(np.float32), arrays["cues.bias"].astype(np.float32)
        if self._cues[0].shape != (WIDTH, len(Cue)):
            raise ValueError(f"outputs of shape {self._cues[0].shape}")

    @classmethod
    def load(cls, folder: Path | None = None) -> Encoder:
        """Read the encoder in `folder` (None: the bundled one); raises ModelError where there is none or it is damaged."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = (folder or bundled("models") / "encoder") / ENCODER
        try:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return cls(load_file(path), sha256)
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror}); install the program again") from error
        except (SafetensorError, KeyError, ValueError) as error:
            raise ModelError(f"{path}: is damaged ({error}); install the program again") from error

    def strengths(self, sentences: Sequence[str]) -> Floats:
        """Return the log-odds of every cue in every sentence, shape (n_sentences, n_cues)."""
        scores = np.zeros((len(sentences), len(Cue)), dtype=np.float32)
        pieces = [self.tokenize(sentence) for sentence in sentences]
        order = sorted(range(len(pieces)), key=lambda number: (len(pieces[number]), number))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            scores[batch] = self._forward([pieces[number] for number in batch])
        return scores

    def tokenize(self, sentence: str) -> list[int]:
        """Return the numbers of the word pieces, as BERT cuts them: the longest known piece first, lower case, no accents."""
        plain = unicodedata.normalize("NFD", plain_quotes(sentence[: 20 * MAX_TOKENS]).lower())
        plain = "".join(char for char in plain if unicodedata.category(char) != "Mn").replace("_", " _ ")
        pieces = [self._ends[0]]
        for word in _WORDS.findall(plain):
            pieces += self._word_pieces(word)
            if len(pieces) >= MAX_TOKENS:
                break
        return [*pieces[: MAX_TOKENS - 1], self._ends[1]]

    def _word_pieces(self, word: str) -> list[int]:
        pieces = []
        start = 0
        while start < len(word) <= _MAX_WORD:
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self._index.get(prefix + word[start:end])
                if number is not None:
                    pieces.append(number)
                    start = end
                    break
            else:
                return [self._unknown]
        return pieces or [self._unknown]

    def _forward(self, pieces: Sequence[Sequence[int]]) -> Floats:
        """Score one batch; the tokens of all sentences stand in one row each, padded only where they attend."""
        lengths = np.array([len(row) for row in pieces])
        place = np.repeat(np.arange(len(pieces)), lengths), np.concatenate([np.arange(n) for n in lengths])
        words, scale = self._words
        numbers = np.concatenate([np.asarray(row) for row in pieces])
        hidden = words[numbers] * scale[numbers] + self._positions[place[1]]
        hidden = _normalize(hidden, self._norm)
        hidden_from = np.arange(lengths.max()) >= lengths[:, None]
        mask = np.where(hidden_from, _MASKED, np.float32(0))[:, None, None, :]
        for layer in self._layers:
            hidden = layer(hidden, place, mask)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        means = np.add.reduceat(hidden, starts) / lengths[:, None]
        weights, bias = self._cues
        return np.asarray(means @ weights + bias, dtype=np.float32)


class _Layer:
    """One transformer layer: attention, then a network for each token, each added to what came in and normalized."""

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> None:
        names = ("attend", "attended", "inner", "outer")
        self._weights = {name: _dequantized(arrays, f"{prefix}{name}") for name in names}
        self._bias = {name: arrays[f"{prefix}{name}.bias"].astype(np.float32) for name in names}
        self._norms = [arrays[f"{prefix}norm{number}"].astype(np.float32) for number in (1, 2)]

    def __call__(self, hidden: Floats, place: tuple[NDArray[np.int_], NDArray[np.int_]], mask: Floats) -> Floats:
        attended = self._attend(self._linear("attend", hidden), place, mask)
        hidden = _normalize(hidden + self._linear("attended", attended), self._norms[0])
        return _normalize(hidden + self._linear("outer", _gelu(self._linear("inner", hidden))), self._norms[1])

    def _linear(self, name: str, hidden: Floats) -> Floats:
        return np.asarray(hidden @ self._weights[name] + self._bias[name])

    def _attend(self, hidden: Floats, place: tuple[NDArray[np.int_], NDArray[np.int_]], mask: Floats) -> Floats:
        n, length = mask.shape[0], mask.shape[-1]
        padded = np.zeros((n, length, 3 * WIDTH), dtype=np.float32)
        padded[place] = hidden
        queries, keys, values = padded.reshape(n, length, 3, N_HEADS, WIDTH // N_HEADS).transpose(2, 0, 3, 1, 4)
        scores = queries @ keys.transpose(0, 1, 3, 2) + mask
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return np.asarray((scores @ values).transpose(0, 2, 1, 3).reshape(n, length, WIDTH)[place])


def quantized(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return `weights` as 8-bit integers and the scale of each row: what `scripts/train_encoder.py` stores."""
    scale = np.maximum(np.abs(weights).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
    return np.round(weights / scale).astype(np.int8), scale


def _dequantized(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Floats:
    # a view: a copy of all layers would take longer than to read a letter
    return np.asarray(arrays[name] * arrays[f"{name}.scale"].astype(np.float32)).T


def _normalize(hidden: Floats, norm: Floats) -> Floats:
    centred = hidden - hidden.mean(axis=-1, keepdims=True)
    variance = np.einsum("td,td->t", centred, centred) / WIDTH
    return np.asarray(centred * (1 / np.sqrt(variance + 1e-12))[:, None] * norm[0] + norm[1], dtype=np.float32)


def _gelu(x: Floats) -> Floats:
    """Return the Gaussian error linear unit in its usual approximation (Hendrycks and Gimpel 2016)."""
    inner = x * x
    inner *= 0.044715
    inner += 1
    inner *= x
    inner *= 0.7978845608
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= 0.5
    return inner
