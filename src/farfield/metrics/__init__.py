"""Text and labels -> numbers, all from 0 to 1. Japanese and Chinese are counted by character.

`metric(name)` scores rows one by one; `estimate` turns the scored rows into a number with its interval, and
`difference` two arms' scored rows into a gain, `compare` into tests, `contrast` gains into their mean or their drop,
`mean_over` several test sets into one number. Nothing else chooses how a metric is aggregated.
"""

from farfield.metrics.bleu import bleu
from farfield.metrics.chrf import chrf
from farfield.metrics.classification import accuracy, exact_match, macro_f1
from farfield.metrics.formats import Formats, learn_formats
from farfield.metrics.intervals import (
    Pair,
    Spread,
    best_difference,
    contrast,
    difference,
    estimate,
    mean_over,
    point,
    row_error,
    spread,
    standard_error,
)
from farfield.metrics.output_space import (
    answer_counts,
    copied_share,
    distinct_share,
    entropy_bits,
    entropy_interval,
    is_label,
    lengths,
    perplexity,
    ratio,
)
from farfield.metrics.registry import METRICS, metric
from farfield.metrics.rouge import rouge_l
from farfield.metrics.score import Kind, Metric, RowScore, SeedScores
from farfield.metrics.script import character_tfidf, cjk_count, spaced, words
from farfield.metrics.testing import ArmTests, compare

__all__ = [
    "METRICS",
    "ArmTests",
    "Formats",
    "Kind",
    "Metric",
    "Pair",
    "RowScore",
    "SeedScores",
    "Spread",
    "accuracy",
    "answer_counts",
    "best_difference",
    "bleu",
    "character_tfidf",
    "chrf",
    "cjk_count",
    "compare",
    "contrast",
    "copied_share",
    "difference",
    "distinct_share",
    "entropy_bits",
    "entropy_interval",
    "estimate",
    "exact_match",
    "is_label",
    "learn_formats",
    "lengths",
    "macro_f1",
    "mean_over",
    "metric",
    "perplexity",
    "point",
    "ratio",
    "rouge_l",
    "row_error",
    "spaced",
    "spread",
    "standard_error",
    "words",
]
