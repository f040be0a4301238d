"""The model card, filled in by the training run: it cannot be forgotten, and no number in it is typed by hand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from analyzer.reasons import ARTICLE, DEFINITIONS, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyzer.corpus import Example
    from analyzer.evaluate import Table


def model_card(
    manifest: Mapping[str, Any], tables: Sequence[Table], warned: Sequence[str], training: Sequence[Example]
) -> str:
    """Return the card as Markdown."""
    kinds = Counter(example.kind for example in training)
    reasons = Counter(reason for example in training for reason in example.reasons)
    silent = sum(example.kind is Kind.REJECTION and not example.reasons for example in training)
    lines = [
        f"# Model card: {manifest['name']}",
        "",
        "Made by `analyzer train`; every number below comes from that run.",
        "",
        "## Description",
        "",
        "Two linear layers. Each sentence is scored for 18 cues (TF-IDF of words and characters, logistic regression), and",
        "all words of the letter together for each label. Small calibrated classifiers read the strongest sentences and these",
        "scores, and give the letter's kind, its reasons, its stage, the state of the vacancy and whether the reader is",
        "ineligible. A linear ranker picks company, role, contact and timeframe.",
        "Weights are plain arrays (`weights.safetensors`); loading them runs no code.",
        "",
        "## Intended use and limits",
        "",
        "For a person who has been turned down and wants to know what a letter says, and what to do next. English only.",
        "**This is a first model**, trained on letters that were written for it: on real letters from senders unlike those",
        "voices it does less well than the figures below. It reads what a letter says, never what an employer thinks, and its",
        "per cent says how plainly a letter says something, never a chance of being hired. It must not be used to rank, sort or",
        "judge applicants.",
        "",
        "## What the labels mean",
        "",
        *(f"- `{reason.value}`: {definition.shows} {definition.but_not}" for reason, definition in DEFINITIONS.items()),
        "- no reason: the letter shows none of these. That is usual, and it says nothing about the reader.",
        "",
        f"The reasons are those of {ARTICLE}.",
        "",
        "## Training data",
        "",
        f"{manifest['corpus']['letters']} letters in {manifest['corpus']['groups']} voices (`data/README.md`), sha256 `{manifest['corpus']['sha256']}`.",
        "",
        "| kind | letters |", "| --- | ---: |", *(f"| {kind.value} | {kinds[kind]} |" for kind in Kind),
        "",
        "| reason (first or later) | letters |", "| --- | ---: |", *(f"| {reason.value} | {reasons[reason]} |" for reason in DEFINITIONS),
        f"| none | {silent} |",
        "",
        *(f"Warning: {line}." for line in warned),
        "## How well it does",
        "",
        *(_figures(tables) or ["Not measured: the corpus held none of the bundled test voices."]),
        "",
        "## Thresholds",
        "",
        f"A message is called a rejection from {manifest['thresholds']['rejection']:.2f} on; a reason is shown from "
        + ", ".join(f"{value:.2f} (`{reason}`)" for reason, value in manifest["thresholds"]["reasons"].items())
        + " on. They were chosen on voices left out of fitting; calling an interview or an offer a rejection weighs ten times a missed rejection.",
        "",
        "## Made with",
        "",
        ", ".join(f"{package} {number}" for package, number in manifest["libraries"].items()) + ".",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _figures(tables: Sequence[Table]) -> list[str]:
    lines = []
    for table in tables:
        lines += [
            f"On {table.name}, which no part of training has seen, with 95 % bootstrap intervals:",
            "",
            "| figure | value | interval | letters |",
            "| --- | ---: | --- | ---: |",
            *(
                f"| {name} | {f.value:.3f} | {f.low:.3f} to {f.high:.3f} | {f.support} |"
                for name, f in table.figures.items()
            ),
            "",
            "| first reason | precision | recall | F1 | support |",
            "| --- | ---: | ---: | ---: | ---: |",
            *(
                f"| {name} | {row['precision']:.2f} | {row['recall']:.2f} | {row['f1']:.2f} | {row['support']:.0f} |"
                for name, row in table.classes.items()
            ),
            "",
        ]
    return lines
