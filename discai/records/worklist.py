"""Terms by which the worklist sorts and finds scans; kept on the scan for the sake of its row."""

import re
from collections.abc import Iterable
from typing import Final

#: A search term has at least and at most so many characters; the web app cuts what is typed alike.
SHORTEST_TERM: Final = 2
LONGEST_TERM: Final = 15


def search_terms(*texts: str) -> list[str]:
    """Every beginning of every word of the texts, in lower case, sorted.

    Firestore finds whole array elements only. A number counts without its leading zeros as well:
    `case-0142.mha` is found by `142`.
    """
    words = {word for text in texts for word in re.findall(r"[a-z0-9]+", text.lower())}
    words |= {word.lstrip("0") for word in words if word.isdigit()}
    return sorted(
        {
            word[:length]
            for word in words
            for length in range(SHORTEST_TERM, min(len(word), LONGEST_TERM) + 1)
        }
    )


def uncertainty(herniations: Iterable[float], threshold: float) -> float:
    """Nearness of the least sure disc to the model's threshold: 1 on it, 0 if all are sure.

    On either side the distance counts in parts of the way to certainty, so that a threshold far
    from a half favours neither side. Without a disc there is nothing sure: 1.
    """
    return max((_doubt(herniation, threshold) for herniation in herniations), default=1.0)


def _doubt(herniation: float, threshold: float) -> float:
    if herniation < threshold:
        return herniation / threshold
    return (1 - herniation) / (1 - threshold) if threshold < 1 else 1.0
