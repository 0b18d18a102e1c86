"""Numbers with their uncertainty: intervals, paired tests, multiplicity, power. NumPy and SciPy only.

    Number = Estimate | Undefined

    wilson                   a proportion
    bootstrap_mean           a mean of scores, by row or by cluster
    bootstrap_statistic      a corpus metric: any function of summed parts
    stratified_mean          weighted sum of group means: equal weights, or the difference of two
    stratified_statistic     the same for a corpus metric
    paired_difference        mean(a - b) on the same rows
    paired_statistic         corpus metric of a minus that of b, on the same rows
    simultaneous_difference  a against the best of several, the choice paid for (max-T)
    simultaneous_statistic   the same for a corpus metric
    jackknife_error          the standard error of any of these
    few_mean                 a mean of a few units, exact where a bootstrap is not
    rank_correlation         whether one measure foretells another, over a few models
    mcnemar, holm            a paired test of 0/1 outcomes; many tests at once
    detectable_difference    what a planned number of rows can show
    rows_needed              about how many more rows settle an open question

A one-sided 95 % bound is the end of a two-sided interval with `level=0.90`.
"""

from farfield.stats.association import RankCorrelation, rank_correlation
from farfield.stats.bootstrap import (
    bootstrap_mean,
    bootstrap_statistic,
    mean_statistic,
    stratified_mean,
    stratified_statistic,
)
from farfield.stats.estimate import Bounds, Estimate, Number, Undefined
from farfield.stats.few import few_mean
from farfield.stats.intervals import wilson
from farfield.stats.multiplicity import holm, simultaneous_difference, simultaneous_statistic
from farfield.stats.paired import PairedTest, mcnemar, paired_difference, paired_statistic
from farfield.stats.power import detectable_difference, rows_needed
from farfield.stats.resampling import RESAMPLES, Clusters, FloatArray, Statistic, jackknife_error

__all__ = [
    "RESAMPLES",
    "Bounds",
    "Clusters",
    "Estimate",
    "FloatArray",
    "Number",
    "PairedTest",
    "RankCorrelation",
    "Statistic",
    "Undefined",
    "bootstrap_mean",
    "bootstrap_statistic",
    "detectable_difference",
    "few_mean",
    "holm",
    "jackknife_error",
    "mcnemar",
    "mean_statistic",
    "paired_difference",
    "paired_statistic",
    "rank_correlation",
    "rows_needed",
    "simultaneous_difference",
    "simultaneous_statistic",
    "stratified_mean",
    "stratified_statistic",
    "wilson",
]
