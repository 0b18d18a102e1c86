"""Numbers with their uncertainty: intervals, tests, plans, labels and their lack. NumPy and SciPy only.

    Number = Estimate | Undefined

    wilson                   a proportion; `apart` the difference of two samples from their intervals
    bootstrap_mean           a mean of scores, by row or by cluster
    bootstrap_statistic      a corpus metric: any function of summed parts
    stratified_mean          weighted sum of group means: equal weights, or the difference of two
    stratified_statistic     the same for a corpus metric
    crossed_mean             a mean whose rows and seeds are both drawn; of a gain the same of differences
    crossed_statistic        the same for a corpus metric
    variance_split           ± rows and ± seeds: what each brings to the error
    paired_difference        mean(a - b) on the same rows
    paired_proportions       the same of right and wrong
    paired_statistic         corpus metric of a minus that of b, on the same rows
    simultaneous_difference  a against the best of several, the choice paid for (max-T)
    simultaneous_statistic   the same for a corpus metric
    jackknife_error          the standard error of any of these
    few_mean                 a mean of a few units, exact where a bootstrap is not
    rank_correlation         whether one measure foretells another, over a few models
    mcnemar                  whether two arms are right equally often
    paired_permutation       whether two arms score alike, by exchanging rows
    paired_randomization     the same for a corpus metric
    energy_test              whether two sets of points could be draws from one distribution
    equivalence              whether two arms are alike within a margin
    non_inferiority          whether one is no worse than the other, less a margin
    holm                     many tests at once; one family a claim
    detectable_difference    what a planned number of shared rows can show; `detectable_unpaired` where each arm has
                             rows of its own, `detectable_mean` of scores with a spread
    rows_needed, rows_range  about how many more rows settle an open question
    level_of_look            how strict a look is where rows are added and looked at again
    raw_agreement            how often two labellers agree; `cohens_kappa` beyond chance
    label_ceiling            what that leaves for a model to reach
    calibration, temperature whether a classifier is right as often as it is sure
    automation               how much can be answered with few enough wrong, guaranteed; safe_threshold alone
    risk_coverage, automated what is answered and what goes wrong, by how sure the model must be
    foretold, agreed         accuracy where nobody labelled the answers
    leave_one_domain_out     how far such estimates are off where labels are known
    prediction_powered_mean  a mean from few labelled rows, and guesses at many
    learning_curve           what more training rows would bring
    e_process                capital of bets against a claim about a mean; a p-value at every moment
    assigned_differences     what rows of two arms say, where each went to one of them at random
    e_detector               rings where a mean changes, falsely only so often on average
    MeanSequence             a mean with an interval that holds after every row
    asymptotic_sequence      the same where no bound on a row is known, in the limit
    AlphaBudget              one alpha for ever, shared among rules and their restarts

A one-sided 95 % bound is the end of a two-sided interval with `level=0.90`.
"""

from farfield.stats.agreement import cohens_kappa, label_ceiling, raw_agreement
from farfield.stats.association import RankCorrelation, rank_correlation
from farfield.stats.bets import Alternative
from farfield.stats.bootstrap import (
    bootstrap_mean,
    bootstrap_statistic,
    mean_statistic,
    stratified_mean,
    stratified_statistic,
)
from farfield.stats.budget import Allotment, AlphaBudget
from farfield.stats.calibration import Bin, Calibration, calibration, probabilities, temperature
from farfield.stats.curves import LearningCurve, RowsNeeded, learning_curve
from farfield.stats.detectors import DetectorKind, EDetector, e_detector
from farfield.stats.energy import EnergyTest, energy_test
from farfield.stats.equivalence import MarginTest, equivalence, non_inferiority
from farfield.stats.estimate import Bounds, Estimate, Number, Undefined
from farfield.stats.few import few_mean
from farfield.stats.intervals import apart, wilson
from farfield.stats.multiplicity import holm, simultaneous_difference, simultaneous_statistic
from farfield.stats.paired import PairedTest, mcnemar, paired_difference, paired_proportions, paired_statistic
from farfield.stats.permutation import PermutationTest, paired_permutation, paired_randomization
from farfield.stats.power import (
    RowRange,
    detectable_difference,
    detectable_mean,
    detectable_unpaired,
    rows_needed,
    rows_range,
)
from farfield.stats.prediction_powered import PredictionPowered, prediction_powered_mean
from farfield.stats.resampling import RESAMPLES, Clusters, FloatArray, Statistic, jackknife_error
from farfield.stats.selective import (
    Automated,
    RiskCoverage,
    automated,
    risk_coverage,
    rows_to_certify,
    safe_threshold,
)
from farfield.stats.sequences import MeanSequence, asymptotic_sequence
from farfield.stats.sequential import EProcess, assigned_differences, e_process
from farfield.stats.spending import level_of_look
from farfield.stats.unlabelled import (
    WAYS,
    Known,
    Trial,
    agreed,
    average_confidence,
    foretold,
    leave_one_domain_out,
    threshold_confidence,
    together,
    transported_confidence,
)
from farfield.stats.variance import (
    METHOD_SEEDS,
    VarianceSplit,
    crossed_mean,
    crossed_statistic,
    pseudo_values,
    variance_split,
)

__all__ = [
    "METHOD_SEEDS",
    "RESAMPLES",
    "WAYS",
    "Allotment",
    "AlphaBudget",
    "Alternative",
    "Automated",
    "Bin",
    "Bounds",
    "Calibration",
    "Clusters",
    "DetectorKind",
    "EDetector",
    "EProcess",
    "EnergyTest",
    "Estimate",
    "FloatArray",
    "Known",
    "LearningCurve",
    "MarginTest",
    "MeanSequence",
    "Number",
    "PairedTest",
    "PermutationTest",
    "PredictionPowered",
    "RankCorrelation",
    "RiskCoverage",
    "RowRange",
    "RowsNeeded",
    "Statistic",
    "Trial",
    "Undefined",
    "VarianceSplit",
    "agreed",
    "apart",
    "assigned_differences",
    "asymptotic_sequence",
    "automated",
    "average_confidence",
    "bootstrap_mean",
    "bootstrap_statistic",
    "calibration",
    "cohens_kappa",
    "crossed_mean",
    "crossed_statistic",
    "detectable_difference",
    "detectable_mean",
    "detectable_unpaired",
    "e_detector",
    "e_process",
    "energy_test",
    "equivalence",
    "few_mean",
    "foretold",
    "holm",
    "jackknife_error",
    "label_ceiling",
    "learning_curve",
    "leave_one_domain_out",
    "level_of_look",
    "mcnemar",
    "mean_statistic",
    "non_inferiority",
    "paired_difference",
    "paired_permutation",
    "paired_proportions",
    "paired_randomization",
    "paired_statistic",
    "prediction_powered_mean",
    "probabilities",
    "pseudo_values",
    "rank_correlation",
    "raw_agreement",
    "risk_coverage",
    "rows_needed",
    "rows_range",
    "rows_to_certify",
    "safe_threshold",
    "simultaneous_difference",
    "simultaneous_statistic",
    "stratified_mean",
    "stratified_statistic",
    "temperature",
    "threshold_confidence",
    "together",
    "transported_confidence",
    "variance_split",
    "wilson",
]
