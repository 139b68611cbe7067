"""Small logistic models that turn scores into chances, fitted by Newton's method: the same rows, the same numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
_ROUNDS = 50
_ENOUGH = 1e-6


@dataclass(frozen=True)
class Logistic:
    """P(yes) = 1 / (1 + exp(-(bias + weights · standardised features)))."""

    names: tuple[str, ...]
    means: Rows
    spreads: Rows
    weights: Rows
    bias: float

    def chance(self, features: Rows) -> float:
        """The chance for one row of features."""
        margin = self.bias + float(self.weights @ ((features - self.means) / self.spreads))
        return float(1 / (1 + np.exp(-np.clip(margin, -30, 30))))

    def chances(self, rows: Rows) -> Rows:
        """The chance of every row."""
        margins = self.bias + (rows - self.means) / self.spreads @ self.weights
        return np.asarray(1 / (1 + np.exp(-np.clip(margins, -30, 30))))


def fit(names: tuple[str, ...], rows: Rows, yes: NDArray[np.bool_], ridge: float = 1.0) -> Logistic:
    """A logistic model of `yes` by the rows; `ridge` holds the weights small."""
    means, spreads = rows.mean(axis=0), rows.std(axis=0)
    spreads[spreads == 0] = 1
    design = np.column_stack([np.ones(len(rows)), (rows - means) / spreads])
    wanted = yes.astype(np.float64)
    held = ridge * np.eye(design.shape[1])
    held[0, 0] = 1e-6
    beta = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        guess = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        slope = design.T @ (wanted - guess) - held @ beta
        curve = (design * (guess * (1 - guess))[:, None]).T @ design + held
        step = np.linalg.solve(curve, slope)
        beta = beta + step
        if float(np.abs(step).max()) < _ENOUGH:
            break
    return Logistic(names, means, spreads, beta[1:], float(beta[0]))


def undecided(names: tuple[str, ...]) -> Logistic:
    """A model that has seen nothing: one half for everything."""
    return Logistic(names, np.zeros(len(names)), np.ones(len(names)), np.zeros(len(names)), 0.0)
