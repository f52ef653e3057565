"""Answer and doubt of a model about a disc: two facts that follow from one probability.

The answer is herniated from the model's own threshold on. The doubt says how near the probability
lies to it; it stands beside the answer and never in its place. Defined here for all of Python; the
web app has the same in `webapp/src/ui/herniation.ts`, and both are held to the same cases,
`tests/support/vectors/findings.json`.
"""

from typing import Final

#: An answer is doubtful if its doubt is larger: nearer to the threshold than to certainty.
DOUBTFUL: Final = 0.5


def is_herniated(herniation: float, threshold: float) -> bool:
    """Answer of a model whose threshold this is to a disc's probability of herniation."""
    return herniation >= threshold


def doubt(herniation: float, threshold: float) -> float:
    """Nearness to the threshold: 1 on it, 0 at certainty.

    On either side the distance counts in parts of the way to certainty, so that a threshold far
    from a half favours neither side.
    """
    if herniation < threshold:
        return herniation / threshold
    return (1 - herniation) / (1 - threshold) if threshold < 1 else 1.0


def is_doubtful(herniation: float, threshold: float) -> bool:
    """Tell if a person should look at the answer: an acceptance of the prediction asks for it."""
    return doubt(herniation, threshold) > DOUBTFUL
