"""Out-of-fold logits of discs, and what is made of them: probabilities and a threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve, roc_auc_score

Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class OutOfFoldLogits:
    """One entry for each disc of each series, arrays of one length."""

    patients: NDArray[np.int64]
    sequences: NDArray[np.str_]
    levels: NDArray[np.str_]
    truth: Truth
    logits: NDArray[np.float64]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The logits as probabilities."""
        return 1 / (1 + np.exp(-self.logits))

    def of(self, sequence: str) -> "OutOfFoldLogits":
        """The discs of one sequence."""
        rows = self.sequences == sequence
        return OutOfFoldLogits(
            self.patients[rows],
            self.sequences[rows],
            self.levels[rows],
            self.truth[rows],
            self.logits[rows],
        )


def platt(logits: NDArray[np.float64], truth: Truth) -> tuple[float, float]:
    """Slope and shift that make the logits of unseen discs those of their true probabilities."""
    fitted = LogisticRegression(C=np.inf).fit(logits[:, None], truth)
    return float(fitted.coef_.item()), float(fitted.intercept_.item())


def best_threshold(truth: Truth, probabilities: NDArray[np.float64]) -> float:
    """The probability with the highest F1: herniation is rare, and most alarms should be true."""
    precision, recall, thresholds = precision_recall_curve(truth, probabilities)
    scores = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    return float(thresholds[int(scores[:-1].argmax())])


def mean_auroc(discs: OutOfFoldLogits) -> float:
    """The mean AUROC of the sequences, each read by itself, by their herniated discs."""
    scores, herniated = [], []
    for sequence in sorted(set(discs.sequences)):
        part = discs.of(sequence)
        if 0 < part.truth.sum() < len(part.truth):
            scores.append(roc_auc_score(part.truth, part.logits))
            herniated.append(int(part.truth.sum()))
    return float(np.average(scores, weights=herniated))
