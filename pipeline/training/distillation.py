"""Many examples for a network, made of what a forest has learned of discs: model compression.

A forest of randomised trees (Geurts et al., Mach Learn 63:3, 2006) judges unseen discs better than
a network that is fitted to so few labels, but a network is what serves. So the forest says how
likely discs are herniated that lie between real ones, and the network learns that (Bucilă, Caruana
and Niculescu-Mizil, KDD 2006, whose way of making examples this follows).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.neighbors import NearestNeighbors

TREES: Final = 400
#: So many discs are imagined beside each real one, and so many altogether.
COPIES: Final = 24
MOST: Final = 100_000
#: A disc that is imagined takes features from one of so many that are most like the real one.
NEIGHBOURS: Final = 7
#: So likely it takes each.
SHARE: Final = 0.5
#: What it takes is shifted at random by so much of the difference between the two.
SPREAD: Final = 0.5

Rows = NDArray[np.float32]
"""`(disc, feature)`; the last features say which level it is."""


def grow(
    features: Rows,
    labels: NDArray[np.float32],
    weights: NDArray[np.float32],
    *,
    leaf: int,
    share: float,
    seed: int,
) -> ExtraTreesClassifier:
    """A forest that tells herniated discs, 1 in `labels`, from others, 0.

    Args:
        weights: of each disc, all above zero.
        leaf: fewest discs in a leaf of a tree.
        share: part of the features among which each branch chooses.
    """
    forest = ExtraTreesClassifier(
        TREES, min_samples_leaf=leaf, max_features=share, random_state=seed, n_jobs=-1
    )
    return forest.fit(features, labels, sample_weight=weights)


def probabilities(forest: ExtraTreesClassifier, features: Rows) -> NDArray[np.float32]:
    """The forest's probability of herniation of each disc `(disc,)`, also if it knows one class."""
    return np.asarray(forest.predict_proba(features) @ forest.classes_, np.float32)


def imagined(
    features: Rows, weights: NDArray[np.float32], fixed: int, random: np.random.Generator
) -> Rows:
    """Discs that lie between real ones, more of them near discs that weigh more.

    The last `fixed` features, and the level is one that can't be in between, stay as they are.
    """
    count = min(COPIES * len(features), MOST)
    near = min(NEIGHBOURS, len(features) - 1)
    if near < 1:
        return np.repeat(features, count, axis=0)
    free = features[:, :-fixed]
    others = NearestNeighbors(n_neighbors=near).fit(free).kneighbors(return_distance=False)
    chosen = random.choice(len(features), count, p=weights / weights.sum(dtype=np.float64))
    other = others[chosen, random.integers(near, size=count)]
    between = free[chosen].copy()
    taken = random.random(between.shape, np.float32) < SHARE
    noise = random.standard_normal(between.shape, np.float32) * SPREAD
    drawn = free[other] + noise * np.abs(between - free[other])
    between[taken] = drawn[taken]
    return np.concatenate([between, features[chosen, -fixed:]], axis=1)
