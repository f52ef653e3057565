"""The record as pictures: SVG that follows light and dark pages and shows numbers only."""

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.evaluation.figures.agreement import HEIGHTS, LORDOSIS, Agreement
from pipeline.evaluation.figures.robustness import CLEAN, HELD_OUT
from pipeline.evaluation.figures.segmentation import ALL
from pipeline.evaluation.record import SEQUENCES, EvaluationRecord, out_of_fold
from pipeline.evaluation.report.quantity_table import words_of
from pipeline.metrics.estimates import Estimate

#: Readable on white and on near-black.
COLOURS: Final = ("#3b82c4", "#d9822b", "#4c9f70", "#a56cc1")
#: Quantities that are drawn; the others are some of these in other units.
DRAWN: Final = (
    *HEIGHTS,
    "length_mm",
    "bulge_mm",
    "slip_mm",
    "canal_depth_mm",
    "narrowest_canal_mm",
    LORDOSIS,
)
_ABREAST: Final = 3
#: Drawn in this colour, then replaced by that of the page's text.
_INK: Final = "#010203"
_STYLE: Final = (
    "<style>svg{color:#24292f}@media(prefers-color-scheme:dark){svg{color:#d0d7de}}</style>"
)

Plot = Callable[[EvaluationRecord], str]


def roc_plot(evaluation: EvaluationRecord) -> str:
    """Sensitivity over false alarms of the mid-slices."""
    with _figure(5.2, 5.0) as ((axes,), finished):
        axes.plot([0, 1], [0, 1], color=_INK, alpha=0.3, linewidth=0.8)
        for colour, data in zip(COLOURS, _mid_slice_sets(), strict=False):
            curve = next((c for c in evaluation.curves if c.data == data), None)
            result = evaluation.herniation_of(data)
            if curve and result:
                label = f"{data} (AUROC {result.auroc.value:.3f})" if result.auroc else data
                axes.step(
                    curve.false_alarms, curve.sensitivity, where="post", color=colour, label=label
                )
        axes.set(xlabel="1 - specificity", ylabel="sensitivity", aspect="equal")
        axes.legend(loc="lower right", frameon=False, fontsize=8)
    return finished()


def reliability_plot(evaluation: EvaluationRecord) -> str:
    """Share of herniated discs by the probability that was said."""
    with _figure(5.2, 5.0) as ((axes,), finished):
        axes.axline((0, 0), slope=1, color=_INK, alpha=0.3, linewidth=0.8)
        highest = 0.1
        for colour, data in zip(COLOURS, _mid_slice_sets()[:2], strict=False):
            for curve in evaluation.curves:
                if curve.data == data:
                    said = [part.probability for part in curve.reliability]
                    found = [part.frequency for part in curve.reliability]
                    _interval_points(axes, said, found, colour, data)
                    highest = max(highest, *said, *(estimate.high for estimate in found))
        axes.set(xlabel="probability said (tenths of the discs)", ylabel="share herniated")
        axes.set(xlim=(-0.02, min(1, 1.1 * highest)), ylim=(-0.02, min(1.02, 1.1 * highest)))
        axes.legend(loc="upper left", frameon=False, fontsize=8)
    return finished()


def outline_plot(evaluation: EvaluationRecord) -> str:
    """Dice of each volume, and the mean with its interval."""
    results = [result for result in evaluation.outlines if result.group == ALL]
    with _figure(6.4, 0.7 + 0.55 * len(results)) as ((axes,), finished):
        for row, result in enumerate(reversed(results)):
            colour = COLOURS[row % len(COLOURS)]
            values = list(result.by_case.values())
            axes.plot(values, [row - 0.18] * len(values), "o", color=colour, alpha=0.5, ms=4)
            _bar(axes, result.dice, row + 0.12, colour)
        names = [f"{result.structure}, {result.data}" for result in reversed(results)]
        axes.set_yticks(range(len(results)), names)
        axes.set(xlabel="Dice (dots: single volumes)", ylim=(-0.5, len(results) - 0.5))
    return finished()


def quantity_plot(evaluation: EvaluationRecord) -> str:
    """Differences of reading and reference over the mean of both (Bland and Altman)."""
    results = [r for name in DRAWN if (r := evaluation.agreement_on(name))]
    groups = sorted({pair.group for result in results for pair in result.pairs})
    rows = -(-len(results) // _ABREAST)
    with _figure(3.1 * _ABREAST, 2.6 * rows + 0.4, rows, _ABREAST) as (panels, finished):
        for axes, result in zip(panels, results, strict=False):
            _bland_altman(axes, result, groups)
        for axes in panels[len(results) :]:
            axes.set_axis_off()
        if results and any(groups):
            panels[0].figure.legend(
                *panels[0].get_legend_handles_labels(),
                loc="outside lower center",
                ncols=2,
                frameon=False,
                fontsize=8,
            )
    return finished()


def group_plot(evaluation: EvaluationRecord) -> str:
    """AUROC by level, manufacturer, finding and grade, where there are enough herniated discs."""
    telling = [r for r in evaluation.herniation if r.auroc is not None and r.is_telling]
    names = [f"{result.data}: {result.group}" for result in telling]
    return _forest(names, {"AUROC": [result.auroc for result in telling]})


def robustness_plot(evaluation: EvaluationRecord) -> str:
    """AUROC and level accuracy lost by each change."""
    changes = [result for result in evaluation.robustness if result.change != CLEAN]
    return _forest(
        [r.change if r.data == HELD_OUT else f"{r.data}: {r.change}" for r in changes],
        {
            "share of levels lost": [result.named_lost for result in changes],
            "AUROC lost": [result.auroc_lost for result in changes],
        },
    )


def _mid_slice_sets() -> list[str]:
    t2, t1 = SEQUENCES["t2"], SEQUENCES["t1"]
    return [out_of_fold(t2), t2, out_of_fold(t1), t1]


def _bland_altman(axes: Axes, result: Agreement, groups: Sequence[str]) -> None:
    """A dot for each disc; bias and limits of agreement as lines, with their intervals."""
    for colour, group in zip(COLOURS, groups, strict=False):
        pairs = [pair for pair in result.pairs if pair.group == group]
        means = [(pair.read + pair.reference) / 2 for pair in pairs]
        beyond = [pair.read - pair.reference for pair in pairs]
        axes.plot(means, beyond, "o", color=colour, alpha=0.6, ms=3.5, label=group)
    for estimate, style in ((result.low, "--"), (result.bias, "-"), (result.high, "--")):
        axes.axhline(estimate.value, color=_INK, linewidth=0.9, linestyle=style)
        axes.axhspan(estimate.low, estimate.high, color=_INK, alpha=0.08, linewidth=0)
    axes.set_title(f"{words_of(result.quantity)} (n = {len(result.pairs)})", fontsize=9)
    axes.set_xlabel("mean of both", fontsize=8)
    axes.set_ylabel("read - reference", fontsize=8)
    axes.tick_params(labelsize=7)


def _forest(names: Sequence[str], series: Mapping[str, Sequence[Estimate | None]]) -> str:
    """A row for each name, in it a value with its interval for each series."""
    with _figure(7.4, 0.9 + 0.32 * len(names)) as ((axes,), finished):
        if len(series) > 1:  # losses: where nothing is lost
            axes.axvline(0, color=_INK, alpha=0.3, linewidth=0.8)
        for index, (label, estimates) in enumerate(series.items()):
            colour, shift = COLOURS[index], 0.26 * (len(series) - 1) / 2 - 0.26 * index
            axes.plot([], [], "o-", color=colour, label=label)
            for height, estimate in enumerate(reversed(estimates)):
                if estimate is not None:
                    _bar(axes, estimate, height + shift, colour)
        axes.set_yticks(range(len(names)), list(reversed(names)), fontsize=8)
        axes.set(ylim=(-0.7, len(names) - 0.3))
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2, frameon=False)
    return finished()


def _bar(axes: Axes, estimate: Estimate, height: float, colour: str) -> None:
    axes.plot([estimate.low, estimate.high], [height, height], color=colour, linewidth=1.6)
    axes.plot([estimate.value], [height], "o", color=colour, ms=5)


def _interval_points(
    axes: Axes, said: Sequence[float], found: Sequence[Estimate], colour: str, label: str
) -> None:
    for x, estimate in zip(said, found, strict=True):
        axes.plot([x, x], [estimate.low, estimate.high], color=colour, alpha=0.6, linewidth=1)
    values = [estimate.value for estimate in found]
    axes.plot(said, values, "o-", color=colour, label=label, ms=4, linewidth=1)


def interval_plot(points: Sequence[tuple[float, float, float, float]], across: str, up: str) -> str:
    """A curve through `(x, value, low, high)` with its intervals."""
    with _figure(5.2, 3.4) as ((axes,), finished):
        x, value, low, high = np.array(points).T
        axes.fill_between(x, low, high, color=COLOURS[0], alpha=0.2, linewidth=0)
        axes.plot(x, value, color=COLOURS[0], marker="o", markersize=4)
        axes.set(xlabel=across, ylabel=up)
    return finished()


@contextmanager
def _figure(
    wide: float, high: float, rows: int = 1, columns: int = 1
) -> Iterator[tuple[Sequence[Axes], Callable[[], str]]]:
    """Axes to draw on, row by row, and what gives the SVG once they are left."""
    settings: Any = {"axes.spines.top": False, "axes.spines.right": False}
    inks = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    with mpl.rc_context(settings | dict.fromkeys(inks, _INK)):
        figure = Figure(figsize=(wide, high), layout="constrained")
        panels = [figure.add_subplot(rows, columns, 1 + at) for at in range(rows * columns)]

        def finished() -> str:
            return _svg(figure)

        yield panels, finished


def _svg(figure: Figure) -> str:
    file = io.StringIO()
    # Text stays text, and the same numbers give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "discai"}):
        figure.savefig(
            file, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    # Ids of several plots on one page would clash; nothing but clip paths uses them.
    return re.sub(r"(<svg[^>]*>)", rf"\1{_STYLE}", svg, count=1)


PLOTS: Final[dict[str, tuple[str, Plot]]] = {
    "outlines": ("Dice of each volume", outline_plot),
    "quantities": ("Quantities read, beside those of the reference outlines", quantity_plot),
    "roc": ("Herniation on mid-slices: ROC curves", roc_plot),
    "reliability": ("Herniation on T2 mid-slices: what was said and what was so", reliability_plot),
    "groups": ("Herniation by level, manufacturer, finding and grade", group_plot),
    "robustness": ("What changes of the scans cost", robustness_plot),
}
