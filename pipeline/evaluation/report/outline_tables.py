"""Tables of outlines: Dice, surfaces, and the convention by which the truth was drawn."""

from pipeline.data.conventions import FARTHEST_MM, TOUCHING_SHARE
from pipeline.evaluation.figures.segmentation import ALL
from pipeline.evaluation.record import EvaluationRecord
from pipeline.evaluation.report.tables import Table, cell
from pipeline.metrics.surfaces import TOLERANCE_MM


def outline_table(evaluation: EvaluationRecord) -> Table:
    """Dice by structure and set, and how much of it the thickness of the outlines explains."""
    return Table(
        "Outlines",
        ("set", "structure", "Dice of whole volumes", "if moved", "moved outward, mm"),
        [
            (
                result.data,
                result.structure,
                cell(result.dice, counted=True),
                cell(result.moved),
                ", ".join(f"{distance:.1f}" for distance in sorted(result.moves_mm.values())),
            )
            for result in evaluation.outlines
            if result.group == ALL
        ],
        "“If moved”: the Dice that outlines would have if, in each volume, all were moved outward "
        "(or inward) by the one distance that suits that volume best. Nobody can know it before; "
        "it tells how thick a reader draws, endplates included or not, from where structures lie.",
    )


def surface_table(evaluation: EvaluationRecord) -> Table:
    """Surfaces by structure and set, and by the convention of the true outlines."""
    return Table(
        "Surfaces of the outlines",
        (
            "set",
            "outlined with",
            "structure",
            "Dice of whole volumes",
            f"surface Dice at {TOLERANCE_MM:g} mm",
            "surface distance, mm",
        ),
        [
            (
                result.data,
                result.group,
                result.structure,
                cell(result.dice, counted=True),
                cell(result.surface_dice),
                cell(result.surface_distance_mm),
            )
            for result in evaluation.outlines
            if result.surface_dice is not None
        ],
        "Slice by slice, in plane. Surface Dice: the share of both outlines that runs within "
        f"{TOLERANCE_MM:g} mm of the other one (normalised surface Dice, Nikolov et al. 2021). "
        "Surface distance: the mean distance of the points of both outlines from the other one "
        "(average symmetric surface distance, Heimann et al. 2009), over slices that have both: "
        "a disc that only one of the two has in a slice counts as far away as the next disc is. "
        "Means over volumes.",
    )


def convention_table(evaluation: EvaluationRecord) -> Table:
    """Ways in which endplates are outlined in the truth, from the labels alone."""
    rows = []
    groups = sorted({(result.data, result.convention) for result in evaluation.conventions})
    for data, convention in groups:
        of = [r for r in evaluation.conventions if (r.data, r.convention) == (data, convention)]
        touching, gaps_mm = sorted(r.touching for r in of), sorted(r.gap_mm for r in of)
        rows.append(
            (
                data,
                convention,
                f"{len(of)}: {', '.join(r.case.split()[-1] for r in of)}",
                f"{touching[0]:.1%} to {touching[-1]:.1%}",
                f"{gaps_mm[0]:.2f} to {gaps_mm[-1]:.2f}",
            )
        )
    return Table(
        "Discs and bone in the truth",
        ("set", "outlined with", "volumes", "columns where they touch", "median gap, mm"),
        rows,
        "Readers outline endplates in two ways: some leave a gap between disc and bone, others "
        "let the two touch. The model draws as the volumes did that it was trained on. Where the "
        "truth follows the other way, its discs are too thin or too thick by that convention and "
        "score lower, however well they are found; no outline suits both, so each group is scored "
        "alone, too. A volume is one of touching discs where the first pixel above or below a disc "
        f"is bone in more than {TOUCHING_SHARE:.0%} of the columns that have bone within "
        f"{FARTHEST_MM:g} mm. The rule looks at the true labels alone, never at what was read.",
    )
