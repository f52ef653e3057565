"""What people have said of a series, as its report is held against it."""

from inference_service.said import verdict_on
from tests.support.verdicts import labels_of


def test_gradings_alone_are_a_verdict() -> None:
    labels = labels_of("gradings count as the one who gave them saved them")
    verdict = verdict_on(labels)
    assert verdict is not None
    assert (verdict.label, verdict.herniated) == ("a", {})
    said = {level: each.to_document() for level, each in verdict.gradings.items()}
    assert said == {"L4-L5": {"pfirrmann": 4, "modic": False}, "L5-S1": {"narrowing": True}}


def test_without_an_answer_of_a_person_there_is_none() -> None:
    assert verdict_on({}) is None
    unjudged = labels_of(
        "acceptances that say nothing of it judged no disc: the newest's answer stands"
    )
    assert verdict_on(unjudged) is None
