"""Terms by which the worklist sorts and finds scans; kept on the scan for the sake of its row."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from discai.records.findings import doubt

#: A search term has at least and at most so many characters; the web app cuts what is typed alike.
SHORTEST_TERM: Final = 2
LONGEST_TERM: Final = 15
#: Ranges of Chinese and Japanese, written without spaces: each character may begin a word, and be
#: one.
IDEOGRAPHS: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_IDEOGRAPH: Final = re.compile(f"[{IDEOGRAPHS}]")


def search_terms(*texts: str) -> list[str]:
    """Every beginning of every word of the texts, in any script, in lower case, sorted.

    Firestore finds whole array elements only. A number counts without its leading zeros as well:
    `case-0142.mha` is found by `142`.
    """
    words = {word for text in texts for word in _words(folded(text))}
    words |= {word.lstrip("0") for word in words if word.isdigit()}
    words |= {word[match.start() :] for word in words for match in _IDEOGRAPH.finditer(word)}
    return sorted(
        {
            word[:length]
            for word in words
            for length in range(_shortest(word), min(len(word), LONGEST_TERM) + 1)
        }
    )


def folded(text: str) -> str:
    """The text as searches compare it: composed (NFC), in lower case, with one Greek sigma."""
    lower = unicodedata.normalize("NFC", text).lower()
    return unicodedata.normalize("NFC", lower).replace("ς", "σ")  # noqa: RUF001 (Greek)


def is_of_word(character: str) -> bool:
    """Tell if it is a letter, a digit or an accent of its own, of whatever script."""
    return unicodedata.category(character)[0] in "LMN"


def _words(text: str) -> Iterator[str]:
    for is_word, characters in groupby(text, is_of_word):
        if is_word:
            yield "".join(characters)


def _shortest(word: str) -> int:
    return 1 if _IDEOGRAPH.match(word) else SHORTEST_TERM


def uncertainty(herniations: Iterable[float], threshold: float) -> float:
    """Doubt about the least sure disc: 1 on the model's threshold, 0 if all are sure.

    Without a disc there is nothing sure: 1.
    """
    return max((doubt(herniation, threshold) for herniation in herniations), default=1.0)
