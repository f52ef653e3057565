"""The label that counts: the answer of all reviewers of a scan, decided here and nowhere else.

- Of one reviewer the newest correction counts, and without any the newest acceptance.
- Among reviewers corrections win over acceptances, whichever is newer.
- The boxes are those of the newest label that counts. A disc is herniated if most reviewers who
  judged its level say so, and if they are divided the newest of them decides.
- A box that was left `unseen` carries the model's answer and no reviewer's: it has no vote. Where
  nobody judged a disc, the newest's answer stands, and stays `unseen`.
- A grading of a level is what most reviewers say who gave it one, whether or not the newest's boxes
  name that level; if several answers have as many votes, the newest of theirs decides.

Export, stamp and training ask this module; the web app asks `webapp/src/verdict.ts`. Both are held
to the same cases, `tests/support/vectors/verdicts.json`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from discai.anatomy import LEVELS, Level
from discai.records.gradings import GRADING_NAMES, LabelledGradings
from discai.records.labels import put_together
from discai.records.scans import Label, LabelKind, LabelledBox

Slices = dict[str, list[LabelledBox]]
"""Boxes by slice number, in pixels of the slice as shown."""

_Answer = TypeVar("_Answer", bool, int)


@dataclass(frozen=True)
class Verdict:
    """The boxes and gradings that count for a scan, and the labels they come from.

    Attributes:
        labels: of each reviewer who counts, whole saves of one kind, the oldest first.
        slices: the newest's boxes with the answers of most; an empty list says that no disc is to
            be seen there.
        gradings: by level, from L1-L2 down, each that a reviewer gave.
    """

    labels: Sequence[Label]
    slices: Slices
    gradings: dict[Level, LabelledGradings]

    @property
    def newest(self) -> Label:
        """The label whose boxes count."""
        return self.labels[-1]

    @property
    def kind(self) -> LabelKind:
        """The kind of every label that counts."""
        return self.newest.kind


def verdict(labels: Mapping[str, Label]) -> Verdict | None:
    """Decides what the labels of one scan, by their ids, amount to; None without labels."""
    each = by_reviewer(put_together(labels).values())
    corrections = [label for label in each if label.kind == "correction"]
    counted = corrections or each
    return Verdict(counted, _judged(counted), _graded(counted)) if counted else None


def verdict_of(kind: LabelKind, labels: Mapping[str, Label]) -> Verdict | None:
    """Decides among the labels of one kind, whether or not the other kind wins over them."""
    return verdict({key: label for key, label in labels.items() if label.kind == kind})


def by_reviewer(saves: Iterable[Label]) -> list[Label]:
    """Picks the one label of each reviewer, oldest first; `saves` come in that order, too."""
    one: dict[str, Label] = {}
    for label in saves:
        known = one.get(label.author)
        if known and known.kind == "correction" and label.kind == "acceptance":
            continue
        one.pop(label.author, None)  # so that the newest comes last
        one[label.author] = label
    return list(one.values())


def is_judged(box: LabelledBox, kind: LabelKind) -> bool:
    """Tell if the box's answer is a person's, in a label of that kind.

    Labels of earlier versions don't say. Who corrected a scan counts as having judged each of its
    boxes, who accepted it by one key as having judged none.
    """
    return kind == "correction" if box.judged is None else box.judged != "unseen"


def standing(slices: Mapping[str, Sequence[LabelledBox]]) -> dict[Level, bool]:
    """Answer that stands for each disc, whoever gave it: herniated if it is so on any slice."""
    said: dict[Level, bool] = {}
    for box in (box for boxes in slices.values() for box in boxes):
        said[box.level] = said.get(box.level, False) or box.herniation
    return said


def judgements(label: Label) -> dict[Level, bool]:
    """Answer of a label's author on each disc that they judged, on whichever slice."""
    return standing(
        {
            number: [box for box in boxes if is_judged(box, label.kind)]
            for number, boxes in label.slices.items()
        }
    )


def answers_of(counted: Verdict) -> dict[Level, bool]:
    """Answers of people among the boxes that count, by level."""
    return standing(
        {
            number: [box for box in boxes if is_judged(box, counted.kind)]
            for number, boxes in counted.slices.items()
        }
    )


def _judged(labels: Sequence[Label]) -> Slices:
    """The newest's boxes; a disc that most judge otherwise is changed on each of its slices."""
    newest = labels[-1]
    said = [judgements(label) for label in labels]
    own = standing(newest.slices) | said[-1]
    most = {level: _most([each.get(level) for each in said]) for level in own}
    return {
        number: [_as_most(box, own[box.level], most[box.level], newest.kind) for box in boxes]
        for number, boxes in newest.slices.items()
    }


def _as_most(box: LabelledBox, own: bool, most: bool | None, kind: LabelKind) -> LabelledBox:
    """The newest's box with the answer of most; `own` is the newest's on the disc."""
    if most is None:
        return box
    if not is_judged(box, kind):
        judged = "confirmed" if most == box.herniation else "changed"
        return box.model_copy(update={"herniation": most, "judged": judged})
    return box if most == own else box.model_copy(update={"herniation": most})


def _graded(labels: Sequence[Label]) -> dict[Level, LabelledGradings]:
    """Answers of most, by each level that anybody graded."""
    said = {level: _gradings_of(level, labels) for level in LEVELS}
    return {level: gradings for level, gradings in said.items() if gradings.to_document()}


def _gradings_of(level: Level, labels: Sequence[Label]) -> LabelledGradings:
    given = [label.gradings.get(level, LabelledGradings()) for label in labels]
    return LabelledGradings(
        **{name: _most([getattr(each, name) for each in given]) for name in GRADING_NAMES}
    )


def _most(said: Sequence[_Answer | None]) -> _Answer | None:
    """The answer of most who gave one, None if nobody did; of several as frequent the last."""
    votes = [answer for answer in said if answer is not None]
    return max(reversed(votes), key=votes.count, default=None)
