"""Print the figures of the bundled corpus as Markdown: counts, agreement of the two readings, near-duplicates.

Usage: python -m scripts.corpus_figures
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import combinations

from analyzer.bundle import bundled
from analyzer.corpus import bundled_letters, held_out_groups, read_corpus
from analyzer.features import tokenize
from analyzer.reasons import Kind, Reason

SHINGLE = 5
NEAR = 0.5
"""Two letters are near-duplicates when this share (Jaccard) of their runs of SHINGLE words is common."""


def kappa(first: list[str], second: list[str]) -> float:
    """Return Cohen's kappa of two readings of the same letters."""
    total = len(first)
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / total
    left, right = Counter(first), Counter(second)
    expected = sum(left[label] * right[label] for label in left) / total**2
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)


def shingles(text: str) -> set[str]:
    """Return all runs of SHINGLE words."""
    words = tokenize(text)
    return {" ".join(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}


def near_duplicates(texts: dict[str, str]) -> list[tuple[str, str]]:
    """Return the pairs of ids whose texts are near-duplicates."""
    runs = {name: shingles(text) for name, text in texts.items()}
    where: dict[str, list[str]] = defaultdict(list)
    for name, found in runs.items():
        for run in found:
            where[run].append(name)
    common: Counter[tuple[str, str]] = Counter()
    for names in where.values():
        if 1 < len(names) <= 30:
            common.update(combinations(sorted(names), 2))
    return [pair for pair, n in common.items() if n / len(runs[pair[0]] | runs[pair[1]]) >= NEAR]


def main() -> None:
    """Print the figures."""
    examples = read_corpus([bundled_letters()])
    test = held_out_groups()
    registers = {}
    for file in bundled_letters().glob("*.jsonl"):
        row = json.loads(file.read_text("utf-8").split("\n", 1)[0])
        registers[file.stem] = row["register"]
    rejections = [e for e in examples if e.kind is Kind.REJECTION]
    reasons = Counter(reason for e in rejections for reason in e.reasons)
    first = Counter(e.reason.value if e.reason else "none" for e in rejections)
    words = sorted(len(e.letter.text.split()) for e in examples)
    print(
        f"{len(examples)} letters in {len(registers)} voices; {sum(e.group in test for e in examples)} of them in {len(test)} test voices."
    )
    print(f"{sum(registers[e.group] == 'dull' for e in examples)} letters are in the flat register of system mail.")
    print(f"Words: {words[0]} to {words[-1]}, median {words[len(words) // 2]}.\n")
    print("| kind | letters |\n| --- | ---: |")
    for kind, count in Counter(e.kind for e in examples).most_common():
        print(f"| {kind.value} | {count} |")
    print("\n| reason | first | first or later |\n| --- | ---: | ---: |")
    for reason in Reason:
        print(f"| {reason.value} | {first[reason.value]} | {reasons[reason]} |")
    print(f"| none | {first['none']} | |")
    print(f"\n{sum(len(e.reasons) > 1 for e in rejections)} rejections show two reasons or more.\n")
    agreement({e.id: e for e in examples})
    pairs = near_duplicates({e.id: e.letter.text for e in examples})
    group = {e.id: e.group for e in examples}
    across = sum((group[a] in test) != (group[b] in test) for a, b in pairs)
    print(
        f"\nNear-duplicates (half of all runs of {SHINGLE} words in common): {len(pairs)} pairs, {across} of them across the split."
    )


def agreement(examples: dict) -> None:
    """Print Cohen's kappa of the first and the second, blind, reading for each field."""
    path = bundled("data") / "second_labels.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    pairs = [(examples[row["id"]], row) for row in rows if row["id"] in examples]
    both = [(e, row) for e, row in pairs if e.kind is Kind.REJECTION and row["kind"] == "rejection"]
    fields = {
        "kind": ([e.kind.value for e, _ in pairs], [row["kind"] for _, row in pairs]),
        "first reason": ([(e.reason or "none") for e, _ in both], [(row["reasons"] or ["none"])[0] for _, row in both]),
        "stage": ([str(e.stage) for e, _ in both], [str(row["stage"]) for _, row in both]),
        "vacancy": ([str(e.vacancy) for e, _ in both], [str(row["vacancy"]) for _, row in both]),
        "ineligible": ([str(e.ineligible) for e, _ in both], [str(row["ineligible"]) for _, row in both]),
    }
    print(f"{len(pairs)} letters were read a second time, blind:\n")
    print("| field | letters | agree | Cohen's kappa |\n| --- | ---: | ---: | ---: |")
    for field, (one, two) in fields.items():
        same = sum(a == b for a, b in zip(one, two, strict=True)) / len(one)
        print(f"| {field} | {len(one)} | {same:.3f} | {kappa(list(map(str, one)), list(map(str, two))):.3f} |")


if __name__ == "__main__":
    main()
