"""Discs of the series of one study, matched by where they lie in the patient.

Each series counts its discs from the lowest that it sees, so two of one patient may name a disc
differently: one is cut off above the sacrum, or takes another disc for the lowest. No series can
tell by itself. Where two know patient coordinates of one frame of reference, their discs' centres
can: discs of one name then should lie in one place.

Where they don't, the names of one series are taken for all: of the one that most others agree with;
if none has more, of the one that sees a disc which the other lacks below or between its own, since
levels are shifted where L5-S1 is cut off (`docs/model/README.md`, levels that were cut off); then
of the one that is surer of its discs.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from discai.anatomy import LEVELS, LEVELS_FROM_SACRUM
from discai.records.study import Point
from discai.records.study import Sequence as SequenceName

#: Discs lie 35 mm apart with a spread of 2 mm over patients; of one disc the centres in T1 and T2
#: are apart by what the patient moved and by what the outlines differ. A third tells them apart.
SAME_PLACE_MM: Final = 12.0


class SeenDisc(Protocol):
    """A disc of one series, as `discai.records.scans.Disc` has it."""

    @property
    def level(self) -> str:
        """Its name by that series."""

    @property
    def herniation(self) -> float:
        """Probability by that series."""

    @property
    def confidence(self) -> float:
        """Sureness that this is a disc, 0 to 1."""

    @property
    def centre_mm(self) -> Point | None:
        """Its centre in patient coordinates (LPS)."""


@dataclass(frozen=True, eq=False)
class ReadSeries:
    """All that one series of a study says.

    Attributes:
        name: unique in the study: a scan's id, or the folder of its prediction.
        number: as `SeriesFacts` has it.
        threshold: of the model that read it; a disc is herniated from this probability on.
        sequence: None where nothing says it.
        frame: the same for series whose patient coordinates are of one frame of reference; None
            where nothing says it.
    """

    name: str
    number: int
    discs: Sequence[SeenDisc]
    threshold: float
    sequence: SequenceName | None = None
    frame: str | None = None

    @property
    def label(self) -> str:
        """A name for people, such as `series 2 (T1)`, or `a series (T1)` without a number."""
        known = self.sequence not in (None, "other")
        numbered = f"series {self.number}" if self.number else "a series"
        return f"{numbered} ({self.sequence})" if known else numbered

    def by_level(self) -> dict[str, SeenDisc]:
        """Its discs by the names that it gives them."""
        return {disc.level: disc for disc in self.discs}


@dataclass(frozen=True)
class Matched:
    """The discs of a study under names that hold for all of its series.

    Attributes:
        discs: of each series, by its name, what it says of each level.
        warnings: sentences for a person.
    """

    discs: Mapping[str, Mapping[str, SeenDisc]]
    warnings: Sequence[str]


class _Pair(NamedTuple):
    """Two series' discs in one place."""

    ours: SeenDisc
    theirs: SeenDisc


def match(series: Sequence[ReadSeries]) -> Matched:
    """Names the discs of all series alike, as far as their places can tell."""
    discs: dict[str, Mapping[str, SeenDisc]] = {each.name: each.by_level() for each in series}
    warnings: list[str] = []
    frames: dict[str, list[ReadSeries]] = defaultdict(list)
    for each in series:
        if each.frame is not None and any(disc.centre_mm is not None for disc in each.discs):
            frames[each.frame].append(each)
    for comparable in frames.values():
        leader = _leader(comparable)
        for each in comparable:
            if each is leader:
                continue
            pairs = _in_one_place(leader, each)
            if not pairs:
                warnings += _apart(leader, each)
            elif not _agree(pairs):
                discs[each.name] = _renamed(each, pairs)
                warnings.append(_named_otherwise(leader, each, pairs, discs[each.name]))
    return Matched(discs, warnings)


def in_a_row(words: Sequence[str]) -> str:
    """Words as a sentence lists them, such as `L3-L4, L4-L5 and L5-S1`."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def _leader(series: Sequence[ReadSeries]) -> ReadSeries:
    """The series whose names are taken for all."""

    def rank(one: ReadSeries) -> tuple[int, int, float]:
        others = [other for other in series if other is not one]
        agreeing = sum(
            bool(pairs) and _agree(pairs) for pairs in (_in_one_place(one, o) for o in others)
        )
        sees_more = sum(_lacks_a_disc(other, one) for other in others)
        sureness = math.fsum(disc.confidence for disc in one.discs) / len(one.discs)
        return agreeing, sees_more, sureness

    return max(series, key=rank)  # the first of equals


def _lacks_a_disc(series: ReadSeries, other: ReadSeries) -> bool:
    """Tell if the other shows a disc, below the highest of this series, where this has none."""
    highest_mm = max(disc.centre_mm[2] for disc in series.discs if disc.centre_mm is not None)
    return any(
        disc.centre_mm is not None
        and disc.centre_mm[2] < highest_mm
        and all(_distance_mm(disc, own) > SAME_PLACE_MM for own in series.discs)
        for disc in other.discs
    )


def _in_one_place(ours: ReadSeries, theirs: ReadSeries) -> list[_Pair]:
    """Discs of both series that lie in one place, from the lowest up."""
    index = LEVELS_FROM_SACRUM.index
    near = sorted(
        (distance, index(one.level), index(other.level))
        for one in ours.discs
        for other in theirs.discs
        if (distance := _distance_mm(one, other)) <= SAME_PLACE_MM
    )
    pairs: dict[int, int] = {}
    for _, one_index, other_index in near:
        if one_index not in pairs and other_index not in pairs.values():
            pairs[one_index] = other_index
    our_discs, their_discs = ours.by_level(), theirs.by_level()
    return [
        _Pair(our_discs[LEVELS_FROM_SACRUM[one]], their_discs[LEVELS_FROM_SACRUM[other]])
        for one, other in sorted(pairs.items())
    ]


def _distance_mm(one: SeenDisc, other: SeenDisc) -> float:
    """Distance as seen from the side: how far to the left a series reaches tells no level."""
    if one.centre_mm is None or other.centre_mm is None:
        return math.inf
    return math.dist(one.centre_mm[1:], other.centre_mm[1:])


def _agree(pairs: Sequence[_Pair]) -> bool:
    return all(pair.ours.level == pair.theirs.level for pair in pairs)


def _renamed(series: ReadSeries, pairs: Sequence[_Pair]) -> dict[str, SeenDisc]:
    """The series' discs by the leader's names; without those that have no name among `LEVELS`.

    A disc that the leader doesn't show is counted on from the nearest that both show.
    """
    index = LEVELS_FROM_SACRUM.index
    names = {pair.theirs.level: pair.ours.level for pair in pairs}
    found = {names[disc.level]: disc for disc in series.discs if disc.level in names}
    for disc in sorted(series.discs, key=lambda disc: index(disc.level)):
        if disc.level in names:
            continue
        nearest = min(
            names, key=lambda level: (abs(index(level) - index(disc.level)), index(level))
        )
        place = index(disc.level) + index(names[nearest]) - index(nearest)
        if 0 <= place < len(LEVELS):
            found.setdefault(LEVELS_FROM_SACRUM[place], disc)
    return found


def _named_otherwise(
    leader: ReadSeries,
    series: ReadSeries,
    pairs: Sequence[_Pair],
    renamed: Mapping[str, SeenDisc],
) -> str:
    other = [pair for pair in pairs if pair.ours.level != pair.theirs.level]
    called = in_a_row([f"its {pair.theirs.level} is {pair.ours.level} there" for pair in other])
    sentence = (
        f"By their place in the patient, {series.label} names discs otherwise than {leader.label}: "
        f"{called}. The names of {leader.label} are taken; check the levels."
    )
    kept = {disc.level for disc in renamed.values()}
    lost = [level for level in reversed(LEVELS_FROM_SACRUM) if level in series.by_level()]
    lost = [level for level in lost if level not in kept]
    if lost:
        sentence += f" What {series.label} calls {in_a_row(lost)} is left out."
    return sentence


def _apart(leader: ReadSeries, series: ReadSeries) -> list[str]:
    """A warning that discs of one name lie apart, though none lies where another is."""
    theirs = series.by_level()
    apart = sorted(
        _distance_mm(disc, theirs[disc.level]) for disc in leader.discs if disc.level in theirs
    )
    apart = [distance for distance in apart if math.isfinite(distance)]
    if not apart:
        return []
    return [
        f"Discs of one name lie {apart[len(apart) // 2]:.0f} mm apart in {leader.label} and "
        f"{series.label}, so their places can't tell if both name the levels alike; the names are "
        "taken as they are."
    ]
