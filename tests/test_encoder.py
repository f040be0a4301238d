"""The encoder: it cuts words as BERT does, scores a sentence the same in any company, and refuses what it is not."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.bundle import bundled
from analyzer.classify import Classifier
from analyzer.encoder import ENCODER, MAX_TOKENS, N_LAYERS, WIDTH, Encoder, quantized
from analyzer.errors import ModelError
from analyzer.reasons import Cue

SENTENCES = [
    "We regret that we will not be taking your application further.",
    "The role is on hold.",
    "Thank you!",
    "It was a close decision, and on Friday there were only the two of you left; in the end experience decided it.",
    "",
    "\u2026",
    "no " * 500,
]
NO_HEADING = "Thank you for applying. We regret that you were not selected for the role. We wish you well."


@pytest.fixture(scope="module")
def encoder():
    return Encoder.load()


def with_words(*words):
    """Return an encoder that knows these word pieces alone, all of whose weights are nothing."""
    terms = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words]
    layer = {"attend": 3 * WIDTH, "attended": WIDTH, "inner": 4, "outer": WIDTH}
    read = {"attend": WIDTH, "attended": WIDTH, "inner": WIDTH, "outer": 4}
    arrays = {
        "vocabulary": np.frombuffer("\n".join(terms).encode(), dtype=np.uint8),
        "words": np.zeros((len(terms), WIDTH), dtype=np.int8),
        "words.scale": np.ones((len(terms), 1), dtype=np.float32),
        "positions": np.zeros((MAX_TOKENS, WIDTH), dtype=np.float32),
        "norm": np.zeros((2, WIDTH), dtype=np.float32),
        "cues": np.zeros((WIDTH, len(Cue)), dtype=np.float32),
        "cues.bias": np.arange(len(Cue), dtype=np.float32),
    }
    for number in range(N_LAYERS):
        for name, size in layer.items():
            arrays[f"layer{number}.{name}"] = np.zeros((size, read[name]), dtype=np.int8)
            arrays[f"layer{number}.{name}.scale"] = np.ones((size, 1), dtype=np.float32)
            arrays[f"layer{number}.{name}.bias"] = np.zeros(size, dtype=np.float32)
        for norm in (1, 2):
            arrays[f"layer{number}.norm{norm}"] = np.zeros((2, WIDTH), dtype=np.float32)
    return Encoder(arrays, ""), terms


@pytest.mark.parametrize(
    ("sentence", "pieces"),
    [
        ("We regret", "we regret"),
        ("regretted", "regret ##t ##ed"),
        ("REGRETTED", "regret ##t ##ed"),
        ("re", "[UNK]"),
        ("regretx", "[UNK]"),  # not cut to what is known of it
        ("we xx regret", "we [UNK] regret"),
        ("résumé", "resume"),
        ("re\u0301sume\u0301", "resume"),
        ("we're", "we ' [UNK]"),
        ("we, regret.", "we , regret ."),
        ("we...", "we . . ."),
        ("we_regret", "we [UNK] regret"),
        ("  we\n\tregret  ", "we regret"),
        ("we 中 regret", "we [UNK] regret"),
        ("", ""),
        (" \n", ""),
        ("\u0301", ""),
        ("regret" + "t" * 200, "[UNK]"),  # no word is so long
        ("regret" + "t" * 94, "regret" + " ##t" * 94),
    ],
)
def test_words_are_cut_as_bert_cuts_them(sentence, pieces):
    encoder, terms = with_words("we", "regret", "##t", "##ed", "resume", "'", ",", ".")
    expected = ["[CLS]", *pieces.split()[: MAX_TOKENS - 2], "[SEP]"]
    assert [terms[number] for number in encoder.tokenize(sentence)] == expected


def test_a_sentence_is_cut_to_its_first_64_pieces():
    encoder, terms = with_words("we", "regret")
    tokens = encoder.tokenize("we " * 30 + "regret " * 1000)
    assert len(tokens) == MAX_TOKENS
    assert [terms[number] for number in tokens] == ["[CLS]", *["we"] * 30, *["regret"] * 32, "[SEP]"]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(max_size=300) | st.text("ab'.\u0301\u4e2d ", max_size=2000))
def test_any_text_becomes_at_most_64_pieces_between_the_two_ends(encoder, sentence):
    tokens = encoder.tokenize(sentence)
    assert 2 <= len(tokens) <= MAX_TOKENS
    assert (tokens[0], tokens[-1]) == encoder._ends
    assert not set(tokens[1:-1]) & set(encoder._ends)


def test_nothing_gives_nothing(encoder):
    assert encoder.strengths([]).shape == (0, len(Cue))


def test_a_sentence_without_a_word_has_finite_strengths(encoder):
    assert np.isfinite(encoder.strengths(["", " ", "\u0301", "\ud800", "\0"])).all()


def test_strengths_depend_on_the_sentence_alone(encoder):
    """Not on the order in which sentences come, nor on what they are padded with."""
    alone = np.concatenate([encoder.strengths([sentence]) for sentence in SENTENCES])
    together = encoder.strengths(SENTENCES)
    np.testing.assert_allclose(together, alone, atol=1e-4)
    order = np.random.default_rng(0).permutation(len(SENTENCES) * 12)
    many = SENTENCES * 12
    shuffled = encoder.strengths([many[number] for number in order])
    np.testing.assert_allclose(shuffled, np.tile(alone, (12, 1))[order], atol=1e-4)


def test_what_a_sentence_says_is_what_it_is_scored_for(encoder):
    strengths = encoder.strengths(["We regret that we will not be taking your application further.", "Best wishes."])
    refusal = strengths[:, list(Cue).index(Cue.REFUSAL)]
    assert refusal[0] > 0 > refusal[1]


def test_ten_thousand_sentences_stay_in_bounded_memory(encoder, monkeypatch):
    """No array is larger than a batch needs, whatever the number of sentences."""
    shapes = []
    forward = encoder._forward

    def watch(pieces):
        shapes.append(len(pieces))
        return np.zeros((len(pieces), len(Cue)), dtype=np.float32) if len(shapes) > 2 else forward(pieces)

    monkeypatch.setattr(encoder, "_forward", watch)
    tracemalloc.start()
    assert (
        len(encoder.strengths([f"We have given the job, number {n}, to somebody else." for n in range(10_000)]))
        == 10_000
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(shapes) == 10_000
    assert max(shapes) <= 32
    assert peak < 60_000_000


def test_weights_in_eight_bits_are_within_half_a_step_of_what_they_were():
    weights = np.random.default_rng(0).normal(size=(7, 50)).astype(np.float32)
    weights[3] = 0
    numbers, scale = quantized(weights)
    assert numbers.dtype == np.int8
    assert np.abs(numbers * scale - weights).max() <= scale.max() / 2 * 1.001


def flip_length(data):
    return b"\xff" * 8 + data[8:]


def without(name):
    def rewrite(data):
        from safetensors.numpy import load, save

        return save({key: array for key, array in load(data).items() if key != name})

    return rewrite


def other_cues(data):
    from safetensors.numpy import load, save

    arrays = load(data)
    return save({**arrays, "cues": arrays["cues"][:, 1:].copy()})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        flip_length,
        lambda _: b"not a model",
        without("vocabulary"),
        without("layer1.inner"),
        other_cues,
    ],
    ids=["empty", "cut", "length", "text", "no vocabulary", "no layer", "other cues"],
)
def test_a_damaged_file_is_one_line(tmp_path, spoil):
    data = (bundled("models") / "encoder" / ENCODER).read_bytes()
    (tmp_path / ENCODER).write_bytes(spoil(data))
    with pytest.raises(ModelError, match="is damaged") as failure:
        Encoder.load(tmp_path)
    assert "\n" not in str(failure.value)
    assert ENCODER in str(failure.value)


def test_no_file_is_one_line(tmp_path):
    with pytest.raises(ModelError, match="cannot be read") as failure:
        Encoder.load(tmp_path)
    assert "\n" not in str(failure.value)


def test_another_encoder_than_the_models_is_refused(analyzer):
    from analyzer.model import find_model, load_model

    stored = load_model(find_model("default"))
    other = replace(stored, manifest={**stored.manifest, "encoder": "0" * 64})
    assert analyzer.classifier.predict(NO_HEADING).reasons  # it is a letter that the encoder reads
    with pytest.raises(ModelError, match="another encoder") as failure:
        Classifier(other).predict(NO_HEADING)
    assert "\n" not in str(failure.value)


def test_it_is_served_without_a_network_or_a_training_library():
    code = (
        "import json, sys\n"
        "events = []\n"
        "sys.addaudithook(lambda event, _: events.append(event) if event.startswith('socket.') else None)\n"
        "from analyzer.encoder import Encoder\n"
        "Encoder.load().strengths(['We regret.'])\n"
        "print(json.dumps([events, [name for name in ('torch', 'transformers', 'scipy', 'sklearn') if name in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], []]
