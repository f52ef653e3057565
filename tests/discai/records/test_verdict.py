"""Which label counts, by the cases that `webapp/src/verdict.test.ts` reads, too."""

from typing import Any

import pytest

from discai.records.scans import Label
from discai.records.verdict import verdict, verdict_of
from tests.support.verdicts import COUNTS, labels_of


def said(labels: dict[str, Label]) -> dict[str, Any] | None:
    """What counts of the labels, in the words of the cases."""
    counted = verdict(labels)
    if counted is None:
        return None
    gradings = {level: each.to_document() for level, each in counted.gradings.items()}
    return {
        "kind": counted.kind,
        "reviewers": [label.author for label in counted.labels],
        "labelledAt": f"{counted.newest.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "slices": {
            number: [box.to_document() for box in boxes] for number, boxes in counted.slices.items()
        },
        **({"gradings": gradings} if gradings else {}),
    }


@pytest.mark.parametrize("case", COUNTS)
def test_what_counts_is_what_the_case_says_in_whichever_order_labels_come(case):
    labels = labels_of(case)
    assert said(labels) == COUNTS[case]
    assert said(dict(reversed(labels.items()))) == COUNTS[case]


def test_a_kind_that_lost_is_still_weighed_for_its_own_file():
    labels = labels_of("one correction wins over any number of acceptances, which have no vote")
    accepted = verdict_of("acceptance", labels)
    assert [label.author for label in accepted.labels] == ["ann", "cem"]
    assert verdict_of("correction", labels) == verdict(labels)
