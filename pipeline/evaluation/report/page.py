"""The report page: one HTML file that needs nothing else, and the same as Markdown."""

from html import escape
from pathlib import Path
from typing import Final

from pipeline.evaluation.record import EvaluationRecord
from pipeline.evaluation.report.grading_tables import finding_table, pfirrmann_table
from pipeline.evaluation.report.outline_tables import convention_table, outline_table, surface_table
from pipeline.evaluation.report.plots import PLOTS
from pipeline.evaluation.report.quantity_table import quantity_table
from pipeline.evaluation.report.tables import (
    Table,
    complete_table,
    cut_table,
    disc_table,
    gate_table,
    herniation_table,
    robustness_table,
    study_table,
    target_table,
)

REPORT_NAME: Final = "report.html"
DISCLAIMER: Final = "Research use only. Not a medical device."

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#24292f;--soft:#57606a;--paper:#fff;--line:#d0d7de;
--good:#1a7f37;--best:#0b6bcb;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#d0d7de;--soft:#9aa4af;--paper:#0d1117;
--line:#30363d;--good:#56b870;--best:#6cb2ff;--bad:#ff8a80}}
body{margin:2rem auto;max-width:80rem;padding:0 1rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}
h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
p{color:var(--soft);max-width:50rem}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .7rem;text-align:left;border-bottom:1px solid var(--line)}
td{white-space:nowrap}summary{cursor:pointer}th{color:var(--soft);font-weight:600}
tr.stretch td:last-child{color:var(--best)}tr.reached td:last-child{color:var(--good)}
tr.missed td:last-child{color:var(--bad)}
figure{display:inline-block;margin:1rem 1rem 0 0;max-width:100%;vertical-align:top}
figcaption{color:var(--soft);max-width:26rem}img{max-width:26rem}svg{max-width:100%;height:auto;color:var(--ink)}
a{color:var(--best)}
"""

#: The chapter whose long tables are folded away.
_FOLDED: Final = "By level, manufacturer and grade"
#: Which plots and tables stand under which heading.
_CHAPTERS: Final = (
    ("Asked for and reached", (), (target_table,)),
    ("Outlines", ("outlines",), (outline_table, surface_table, convention_table)),
    ("Quantities", ("quantities",), (quantity_table,)),
    ("Discs and levels", (), (disc_table, complete_table, cut_table)),
    ("Herniation", ("roc", "reliability"), (herniation_table,)),
    ("Gradings", (), (pfirrmann_table, finding_table)),
    ("One answer a disc of a study", (), (study_table,)),
    ("Robustness", ("robustness",), (robustness_table,)),
    ("Refused and accepted", (), (gate_table,)),
    (
        _FOLDED,
        ("groups",),
        (
            lambda e: disc_table(e, groups=True),
            lambda e: herniation_table(e, groups=True),
            lambda e: pfirrmann_table(e, groups=True),
            lambda e: finding_table(e, groups=True),
        ),
    ),
)


def write_report(folder: Path, evaluation: EvaluationRecord, gallery: str = "") -> Path:
    """Write the HTML page; `gallery` is HTML with pictures of patients and stays out of git."""
    path = folder / REPORT_NAME
    path.write_text(html_report(evaluation, gallery), encoding="utf-8")
    return path


def html_report(evaluation: EvaluationRecord, gallery: str = "") -> str:
    """The page's text."""
    parts = []
    for title, plots, tables in _chapters(evaluation):
        parts.append(f"<h2>{escape(title)}</h2>")
        shown = "".join(table.html() for table in tables)
        parts.append(_folded(shown) if title == _FOLDED else shown)
        for name in plots:
            words, draw = PLOTS[name]
            caption = f"<figcaption>{escape(words)}</figcaption>"
            parts.append(f"<figure>{draw(evaluation)}{caption}</figure>")
    if evaluation.failures:
        failures = "".join(
            f"<li><code>{escape(failure.case)}</code>: {escape(failure.words)}</li>"
            for failure in evaluation.failures
        )
        parts.append(f"<h2>What went wrong</h2><ol>{failures}</ol>")
    title = f"DiscAI {evaluation.model_version}: what it is worth"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(title)}</h1><p>{escape(_measured(evaluation))}</p>"
        f"{''.join(parts)}{gallery}</body></html>\n"
    )


def write_documentation(folder: Path, evaluation: EvaluationRecord) -> None:
    """Write `README.md` and its plots; numbers only, so that it can lie in the repository."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"# What the model is worth (version {evaluation.model_version})",
        _measured(evaluation),
        "Made by `python -m pipeline.evaluation --data DATA --publish`; the same tables are in the "
        f"[model card](../../discai/weights/{evaluation.model_version}/MODEL_CARD.md), which says "
        "what the model is for and how it was made. Brackets: 95 % interval.",
    ]
    for title, plots, tables in _chapters(evaluation):
        lines.append(f"## {title}")
        shown = "\n\n".join(table.markdown() for table in tables)
        lines.append(_folded(f"\n\n{shown}\n\n") if title == _FOLDED else shown)
        for name in plots:
            words, draw = PLOTS[name]
            (folder / f"{name}.svg").write_text(draw(evaluation), encoding="utf-8")
            lines.append(f"![{words}]({name}.svg)")
    if evaluation.failures:
        lines.append("## What went wrong")
        lines.append("\n".join(f"- `{f.case}`: {f.words}" for f in evaluation.failures))
    (folder / "README.md").write_text("\n\n".join(lines) + "\n", encoding="utf-8")


def _folded(tables: str) -> str:
    return f"<details><summary>Tables</summary>{tables}</details>"


def _chapters(evaluation: EvaluationRecord) -> list[tuple[str, tuple[str, ...], list[Table]]]:
    """The chapters that have anything to show."""
    chapters: list[tuple[str, tuple[str, ...], list[Table]]] = []
    for title, plots, tables in _CHAPTERS:
        filled = [table for make in tables if (table := make(evaluation)).rows]
        if filled:
            drawn = plots if evaluation.curves or title != "Herniation" else ()
            chapters.append((title, drawn, filled))
    return chapters


def _measured(evaluation: EvaluationRecord) -> str:
    return (
        f"{DISCLAIMER} Measured on {evaluation.measured_at:%Y-%m-%d} with commit "
        f"{evaluation.git_commit[:12]} on patients that trained nothing, and out of fold on those "
        "that did."
    )
