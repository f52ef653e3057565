"""`MODEL_CARD.md`: what a model is for, on what it was made, and what it is worth.

Its tables are those of the report, from the same record.
"""

from pathlib import Path
from typing import Final

from discai.manifest import Manifest
from pipeline.evaluation.record import EvaluationRecord
from pipeline.evaluation.report.grading_tables import finding_table, pfirrmann_table
from pipeline.evaluation.report.outline_tables import convention_table, outline_table, surface_table
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

CARD_NAME: Final = "MODEL_CARD.md"
#: Prose about the making of the model, one list each.
TRIED: Final = Path(__file__).with_name("tried.md")
SEEN_BEFORE: Final = Path(__file__).with_name("seen_before.md")


def write_model_card(weights: Path, manifest: Manifest, evaluation: EvaluationRecord) -> None:
    """Write the model card beside the manifest."""
    (weights / CARD_NAME).write_text(model_card(manifest, evaluation), encoding="utf-8")


def model_card(manifest: Manifest, evaluation: EvaluationRecord) -> str:
    """The card's text."""
    tables = (
        target_table(evaluation),
        outline_table(evaluation),
        surface_table(evaluation),
        convention_table(evaluation),
        quantity_table(evaluation),
        disc_table(evaluation),
        complete_table(evaluation),
        cut_table(evaluation),
        herniation_table(evaluation),
        pfirrmann_table(evaluation),
        finding_table(evaluation),
        study_table(evaluation),
        robustness_table(evaluation),
        gate_table(evaluation),
    )
    return f"""# DiscAI {manifest.model_version}

**Research use only. Not a medical device.**

Outlines lumbar discs, vertebrae and spinal canal on sagittal MRI, names the discs from the sacrum
up and gives the probability that each is herniated, its Pfirrmann grade, and the probabilities of
narrowing, bulging, a slip of the body above, and Modic changes beside it.

## Intended use
Research and teaching on sagittal lumbar MRI (T1, T2, T2-SPACE), read again by a person who can
read such images.

It must not be used for diagnosis, triage or treatment; not for children, fractures, tumours,
infections, implants or the time after surgery; not for the cervical or thoracic spine; and not
without somebody who looks at the warnings.

## How it was made
- Segmentation: a U-Net over single slices of `{manifest.preprocessing_id}`, trained on outlined
  T2-SPACE volumes and T2 slices, then also on T1 and T2 mid-slices with its own outlines where
  boxes or disc counts agree with them. Slices closer than 4 mm speak for each other. The network is
  that of version 2026-11-25b, which the same command made.
- Levels: a chain of discs from the one that looks most like L5-S1 upward.
- Herniation: one half of the answer is the mean of small networks over three views of a disc
  (`{manifest.crops_id}`), namely measures of its outlines, the outlines and the signals around it,
  and its level. They learned what a forest of randomised trees says, which learned from both
  hospitals' labels. The other half is the mean of two convolutional networks over signal and
  outlines around the disc in pixels of 1 mm, and its level, which learned from the labels. The
  answer is averaged over the slices near the midline and calibrated on out-of-fold predictions of
  both hospitals together (Platt). Bulging is not herniation. A disc counts as herniated from a
  probability of {evaluation.threshold:.3f}, for both hospitals and all sequences.
- Gradings: a network over the same views, with a head for each grading: half of each answer is the
  mean of small networks over the measures, half is a convolutional network's, which sees the
  measures, too. It learned all gradings of SPIDER's radiologist, and Pfirrmann grades of the other
  hospital's three lowest discs, from the labels themselves; of a disc that lacks a grading that one
  taught nothing. Calibrated as herniation is; a finding counts as present from the probability
  with the highest F1 out of fold. Its figures were measured with a later commit than the others,
  whose networks are those of version 2026-11-30b, bit for bit.
- Command: `python -m pipeline.bootstrap --data DATA --version {manifest.model_version}`, commit
  `{manifest.git_commit[:12]}`, data `{manifest.dataset_digest[:19]}…`.

## Data and licence
SPIDER: van der Graaf, J.W., van Hooff, M.L., Buckens, C.F.M. et al., *Lumbar spine segmentation in
MR images: a dataset and a public benchmark*, Sci Data 11, 264 (2024), CC BY 4.0. These weights are
derived from it and licensed {manifest.licence} too. 162 patients; one radiologist graded the discs.

The other hospital: T1 and T2 mid-slices and radiologists' reports by Sudirman et al. (Mendeley Data
k57fr854j2 and s6bgczr8s2, CC BY 4.0), disc boxes and vertebral bodies by Masood et al. (Mendeley
Data 9j9hmy8kbn and k3b363f3vz, CC BY 4.0 as their authors' repositories say). A disc is herniated
where the report tells of a protrusion, extrusion or sequestration at its level; left out are levels
of which the report isn't sure, herniations in or beyond the foramen alone, patients after an
operation, and those whose boxes and vertebrae contradict each other. Spacing is not stored there;
0.7 mm is taken for it, which may be 4 % off. The two hospitals' readers don't mean quite the same
by "herniated", and herniated discs are as frequent as the tables say, so each is judged alone.

Measured on, but not trained on: two volumes of another scanner (Menezes-Reis et al. 2016, USP), one
public volume without levels, and pictures in all planes, which are from the other hospital too and
of which some show patients that trained the herniation network.

Split by patient: the 30 official `validation` patients trained, tuned and calibrated nothing; they
are the held-out patients below. Of the official `training` patients those whose number ends in 5
tuned the segmentation (its recipe was chosen by them) and joined in its last training stage, before
thresholds were looked at: one half stayed. The others trained it from the start. Of the other
hospital the patients whose number ends in 7 are held out, and none trained the segmentation. All
other patients of both trained the herniation network; out of fold means that each was read by
networks that had not seen them. (The outlines under SPIDER's come from a segmentation network that
did train on most of those patients.)

Of the second hospital's patients (pictures and reports of Sudirman et al., boxes of Masood et al.,
CC BY 4.0) those whose number ends in 7 trained, tuned and calibrated nothing either: they are
“another hospital” below. Herniation is not judged in those who were operated on or whose levels the
labels are not sure of.

## Measured
In brackets: 95 % bootstrap interval, patients redrawn (shares of scans: Wilson's interval).
Measured on {evaluation.measured_at:%Y-%m-%d} with commit `{evaluation.git_commit[:12]}` by
`python -m pipeline.evaluation --data DATA --weights discai/weights/{manifest.model_version}
--publish`, which writes this card again. All numbers are in `evaluation.json`, and with plots in
`docs/model/README.md`.

{_sections(tables)}

{_folded(herniation_table(evaluation, groups=True))}

## What was seen of the held-out patients
{SEEN_BEFORE.read_text(encoding="utf-8").strip()}

## What was tried, and what did not help
{TRIED.read_text(encoding="utf-8").strip()}

## Known limits
- Levels assume five lumbar vertebrae; transitional anatomy shifts them. Odd counts and spacing, a
  lowest disc that does not clearly look like L5-S1, a whole disc below it, another disc that looks
  like it, something like a vertebra below it, and what is too thick for one disc raise a warning.
- Herniation was learned from about 150 herniated discs of two hospitals; herniations off the
  midline are missed more often, and a single mid-slice can't show them.
- Gradings are those of one radiologist. Another hospital's reports call far fewer discs bulging,
  and the model's bulges are not theirs. Slips were learned from few discs. Modic changes are told
  from one sequence at a time, without their type; fat-suppressed series (STIR) taught nothing.
- Discs and vertebrae are outlined with a gap between them, the endplate, as in the volumes that
  the model learned from. Who draws discs until they touch the bone gets thicker ones.
- Pictures without spacing are assumed to have square pixels.
- A plain picture that is mirrored front to back or on its head is turned before it is read, with a
  warning; some mirrored ones are not recognised (3 of 19 of tuning patients). Their levels are
  right all the same, their probabilities of herniation are not.
- Pictures beside the spine, on which no disc is to be seen, are refused as if they were no spine.
- The sacrum is not outlined.

## Where it failed
{failure_list(evaluation)}
"""


def failure_list(evaluation: EvaluationRecord, most: int = 12) -> str:
    """The worst failures in words, as a list."""
    failures = evaluation.failures
    lines = [f"- `{failure.case}`: {failure.words}" for failure in failures[:most]]
    if len(failures) > most:
        lines.append(f"- … and {len(failures) - most} lesser ones (`evaluation.json`).")
    return "\n".join(lines) or "- Nowhere among the scans that were measured."


def _folded(table: Table) -> str:
    """A long table that is shown when somebody asks for it."""
    if not table.rows:
        return ""
    return f"<details><summary>{table.title}</summary>\n\n{table.markdown()}\n\n</details>"


def _sections(tables: tuple[Table, ...]) -> str:
    return "\n\n".join(f"### {table.title}\n{table.markdown()}" for table in tables if table.rows)
