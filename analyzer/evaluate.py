"""Truth x predictions -> tables: precision, recall, F1, support, confusion, calibration, with intervals.

Intervals are 95 % percentile bootstrap over letters, with a fixed seed. A field that two readers disputed is left out
of that field's score.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.classify import Classifier
from analyzer.corpus import find_quote, folded, read_corpus
from analyzer.decide import decide, read_policy
from analyzer.errors import CorpusError
from analyzer.extract import LABELS, Extractor
from analyzer.pipeline import Analyzer
from analyzer.reasons import Kind, Reason, Stage, Vacancy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    import pandas as pd

    from analyzer.corpus import Example
    from analyzer.model import StoredModel
    from analyzer.records import Analysis

NO_SIGNAL = "no_signal"
BINS = 10
RESAMPLES = 500
MIN_SUPPORT = 5
"""Macro-F1 is taken over the reasons that at least this many letters of the file show first: one letter is no class."""


@dataclass(frozen=True)
class Figure:
    """One score with its 95 % interval, from 0 to 1; `support` is the number of letters that it is made from."""

    value: float
    low: float
    high: float
    support: int

    def in_words(self) -> str:
        """Return it as text."""
        return f"{self.value:.3f}  [{self.low:.3f}, {self.high:.3f}]  n={self.support}"


@dataclass(frozen=True)
class Table:
    """How one model does on one set of letters.

    `classes` holds precision, recall, F1 and support of every first reason, `confusion` counts letters by true (row) and
    predicted (column) first reason, `worst` names the letters with the least probability on the truth.
    """

    name: str
    model: str
    figures: Mapping[str, Figure]
    classes: Mapping[str, Mapping[str, float]]
    kinds: Mapping[str, Mapping[str, int]]
    confusion: Mapping[str, Mapping[str, int]]
    worst: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        figures = {
            name: {"value": f.value, "low": f.low, "high": f.high, "n": f.support} for name, f in self.figures.items()
        }
        return {
            "name": self.name,
            "model": self.model,
            "figures": figures,
            "classes": self.classes,
            "kinds": self.kinds,
            "confusion": self.confusion,
            "worst": list(self.worst),
        }

    def in_words(self) -> str:
        """Return it as text."""
        lines = [f"{self.name}  (model {self.model})", ""]
        lines += [f"  {name:<36} {figure.in_words()}" for name, figure in self.figures.items()]
        lines += ["", f"  {'first reason':<28} {'precision':>9} {'recall':>9} {'F1':>9} {'support':>9}"]
        lines += [
            f"  {name:<28} {row['precision']:>9.2f} {row['recall']:>9.2f} {row['f1']:>9.2f} {row['support']:>9.0f}"
            for name, row in self.classes.items()
        ]
        lines += ["", "  kind: rows are true, columns predicted", _crosstab(self.kinds)]
        lines += [
            "",
            "  first reason, of rejections found: rows are true, columns predicted",
            _crosstab(self.confusion),
        ]
        return "\n".join(lines)


def evaluate_files(corpus: Sequence[Path], models: Sequence[StoredModel], *, today: date) -> Iterable[Table]:
    """Yield a table for every file and model, then one pooled; raises CorpusError for a file that is no corpus."""
    parts = {str(path): read_corpus([path]) for path in corpus}
    for name, examples in parts.items():
        if not examples:
            raise CorpusError(f"{name}: holds no letters; a corpus is one labelled letter a line")
    for stored in models:
        yield from evaluate_examples(parts, stored, today=today)


def evaluate_examples(parts: Mapping[str, Sequence[Example]], stored: StoredModel, *, today: date) -> Iterable[Table]:
    """Yield a table for each named part, then one of all where there are several."""
    analyzer = Analyzer(Classifier(stored), Extractor.from_model(stored), read_policy(), today)
    frames = {name: _frame(examples, analyzer) for name, examples in parts.items()}
    for name, frame in frames.items():
        yield _table(name, stored.name, frame)
    if len(frames) > 1:
        import pandas as pd

        yield _table("all together", stored.name, pd.concat(list(frames.values()), ignore_index=True))


def _frame(examples: Sequence[Example], analyzer: Analyzer) -> pd.DataFrame:
    """Return one row a letter: every field's truth, its prediction, and whether it is right (None: not scored)."""
    import pandas as pd

    return pd.DataFrame(
        [_row(example, analyzer.analyze(example.letter, arrived=analyzer.today), analyzer) for example in examples]
    )


def _row(example: Example, analysis: Analysis, analyzer: Analyzer) -> dict[str, Any]:
    prediction = analysis.prediction
    rejection = example.kind is Kind.REJECTION
    found = rejection and prediction.kind is Kind.REJECTION
    first = prediction.shown[0].value if prediction.shown else NO_SIGNAL
    row: dict[str, Any] = {
        "id": example.id,
        "kind": example.kind.value,
        "predicted_kind": prediction.kind.value,
        "rejection": prediction.kinds[Kind.REJECTION],
        "kind_scored": "kind" not in example.disputed,
        "reason": (example.reason or NO_SIGNAL) if rejection else None,
        "predicted_reason": first if prediction.kind is Kind.REJECTION else "missed",
        "reason_scored": rejection and "reasons" not in example.disputed,
        "found": found,
    }
    for reason in Reason:
        row[f"p_{reason.value}"] = prediction.reasons.get(reason, np.nan) if found else np.nan
        row[f"y_{reason.value}"] = reason in example.reasons
    for field in ("stage", "vacancy", "ineligible"):
        truth = getattr(example, field)
        scored = found and truth is not None and field not in example.disputed
        row[field] = _right(getattr(prediction, field) == truth) if scored else None
    row["action"] = _right(_action(example, analyzer, analysis)) if found and not _disputes_action(example) else None
    row["evidence"] = (
        _evidence_right(example, analysis)
        if found and first != NO_SIGNAL and example.reason == first and example.evidence
        else None
    )
    for label in LABELS:
        scored = found if label == "timeframe" else example.kind is not Kind.OTHER and prediction.kind is not Kind.OTHER
        given, truth = getattr(analysis.entities, label), getattr(example, label)
        row[label] = _right(folded(given) == folded(truth)) if scored and label not in example.disputed else None
    return row


def _right(value: bool) -> float:  # noqa: FBT001  a yes or no becomes 1 or 0
    return float(value)


def _action(example: Example, analyzer: Analyzer, analysis: Analysis) -> bool:
    """Return whether the advice is the one that the true labels lead to."""
    wanted = decide(
        kind=example.kind,
        shown=example.reasons,
        stage=example.stage or Stage.APPLICATION,
        vacancy=example.vacancy or Vacancy.UNKNOWN,
        ineligible=example.ineligible,
        timeframe=example.timeframe,
        arrived=analyzer.today,
        policy=analyzer.policy,
    )
    return wanted.action is analysis.recommendation.action


def _disputes_action(example: Example) -> bool:
    return bool({"kind", "reasons", "stage", "vacancy", "ineligible"} & set(example.disputed))


def _evidence_right(example: Example, analysis: Analysis) -> float:
    """At least half of the shown words lie in the labelled quotes, and they cover two fifths of them."""
    reason = example.reason
    body = analysis.cleaned.body
    labelled = (
        [place for quote in example.evidence.get(reason, ()) if (place := find_quote(quote, body))] if reason else []
    )
    shown = [(span.start, span.end) for span in analysis.prediction.evidence if reason and span.label == reason.value]
    in_labelled, in_shown = _characters(labelled), _characters(shown)
    common = len(in_labelled & in_shown)
    return _right(bool(in_shown) and common >= 0.5 * len(in_shown) and common >= 0.4 * len(in_labelled))


def _characters(spans: Iterable[tuple[int, int]]) -> set[int]:
    return {position for start, end in spans for position in range(start, end)}


def _table(name: str, model: str, frame: pd.DataFrame) -> Table:
    rejections = frame[frame["kind_scored"] & (frame["kind"] == Kind.REJECTION)]
    others = frame[frame["kind_scored"] & (frame["kind"] != Kind.REJECTION)]
    reasons = frame[frame["reason_scored"]]
    silent = reasons[reasons["reason"] == NO_SIGNAL]
    found = frame[frame["found"] & frame["reason_scored"]]
    counts = reasons["reason"].value_counts()
    classes = [label for label in (*Reason, NO_SIGNAL) if counts.get(label, 0) >= MIN_SUPPORT]
    figures = {
        "rejections found": _figure(rejections, lambda f: _mean(f["predicted_kind"] == Kind.REJECTION)),
        "false alarms (others called rejection)": _figure(
            others, lambda f: _mean(f["predicted_kind"] == Kind.REJECTION)
        ),
        "kind right": _figure(frame[frame["kind_scored"]], lambda f: _mean(f["kind"] == f["predicted_kind"])),
        f"first reason, macro-F1 ({len(classes)} classes)": _figure(reasons, lambda f: _macro_f1(f, classes)),
        "first reason right": _figure(reasons, lambda f: _mean(f["reason"] == f["predicted_reason"])),
        "reasons given to letters without": _figure(silent, lambda f: _mean(f["predicted_reason"].isin([*Reason]))),
        "calibration error, rejection": _figure(
            frame[frame["kind_scored"]], lambda f: _ece(f["rejection"], f["kind"] == Kind.REJECTION)
        ),
        "calibration error, reasons": _figure(found, _reasons_ece),
        **{
            f"{field} right": _figure(frame[frame[field].notna()], partial(_column_mean, field))
            for field in ("action", "stage", "vacancy", "ineligible", "evidence", *LABELS)
        },
    }
    return Table(
        name=name,
        model=model,
        figures={label: figure for label, figure in figures.items() if figure.support},
        classes={str(label): _scores(reasons, label) for label in (*Reason, NO_SIGNAL) if counts.get(label, 0)},
        kinds=_counts(frame["kind"], frame["predicted_kind"], list(Kind)),
        confusion=_counts(found["reason"], found["predicted_reason"], [*Reason, NO_SIGNAL]),
        worst=_worst(frame),
    )


def _figure(frame: pd.DataFrame, score: Callable[[pd.DataFrame], float]) -> Figure:
    if frame.empty:
        return Figure(0.0, 0.0, 0.0, 0)
    random = np.random.default_rng(0)
    resampled = [score(frame.iloc[random.integers(0, len(frame), len(frame))]) for _ in range(RESAMPLES)]
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Figure(round(score(frame), 4), round(float(low), 4), round(float(high), 4), len(frame))


def _mean(values: Any) -> float:  # noqa: ANN401  a series of booleans or numbers
    return float(np.mean(np.asarray(values, dtype=float)))


def _column_mean(field: str, frame: pd.DataFrame) -> float:
    return _mean(frame[field])


def _macro_f1(frame: pd.DataFrame, classes: Sequence[str]) -> float:
    return float(np.mean([_scores(frame, label)["f1"] for label in classes])) if classes else 0.0


def _scores(frame: pd.DataFrame, label: str) -> dict[str, float]:
    truth, given = (frame["reason"] == label).to_numpy(), (frame["predicted_reason"] == label).to_numpy()
    both = float((truth & given).sum())
    precision, recall = both / max(1, given.sum()), both / max(1, truth.sum())
    f1 = 2 * precision * recall / max(1e-12, precision + recall)
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(f1, 4),
        "support": int(truth.sum()),
    }


def _ece(probabilities: Any, truth: Any) -> float:  # noqa: ANN401
    """Return the expected calibration error: the gap between what was said and what was so, over BINS equal bins."""
    p, y = np.asarray(probabilities, dtype=float), np.asarray(truth, dtype=float)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    return float(
        sum(
            abs(p[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean()
            for b in range(BINS)
            if (bins == b).any()
        )
    )


def _reasons_ece(frame: pd.DataFrame) -> float:
    return _ece(
        np.concatenate([frame[f"p_{reason.value}"].to_numpy() for reason in Reason]),
        np.concatenate([frame[f"y_{reason.value}"].to_numpy() for reason in Reason]),
    )


def _counts(truth: Any, given: Any, labels: Sequence[str]) -> dict[str, dict[str, int]]:  # noqa: ANN401
    pairs = Counter(zip(map(str, truth), map(str, given), strict=True))
    rows = set(map(str, truth))
    return {str(row): {str(col): pairs[str(row), str(col)] for col in labels} for row in labels if str(row) in rows}


def _crosstab(counts: Mapping[str, Mapping[str, int]]) -> str:
    columns = list(next(iter(counts.values()), {}))
    head = "  " + " " * 28 + "".join(f"{column[:12]:>14}" for column in columns)
    return "\n".join(
        [head, *(f"  {row:<28}" + "".join(f"{cells[c]:>14}" for c in columns) for row, cells in counts.items())]
    )


def _worst(frame: pd.DataFrame, count: int = 10) -> list[str]:
    """Return the ids of the letters that went most wrong: a wrong kind first, then a wrong reason."""
    wrong_kind = frame[frame["kind_scored"] & (frame["kind"] != frame["predicted_kind"])]
    wrong_reason = frame[frame["found"] & frame["reason_scored"] & (frame["reason"] != frame["predicted_reason"])]
    return [*wrong_kind["id"], *wrong_reason["id"]][:count]
