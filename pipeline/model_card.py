"""`MODEL_CARD.md` from a manifest: what the model is for, on what it was made, what it is worth."""

from pathlib import Path
from typing import Any

from discai.manifest import Manifest

CARD_NAME = "MODEL_CARD.md"
LEVEL_COLUMNS = ("volumes", "mid_slices", "plain_pictures", "other_scanner")


def write_model_card(folder: Path, manifest: Manifest) -> None:
    """Write the model card beside the manifest, with its numbers."""
    (folder / CARD_NAME).write_text(model_card(manifest), encoding="utf-8")


def model_card(manifest: Manifest) -> str:
    """The card's text."""
    metrics = manifest.metrics
    dice, levels, refused = metrics["dice"], metrics["levels"], metrics["refused"]
    held_out, unseen = metrics["herniation"], metrics["herniation_out_of_fold"]
    return f"""# DiscAI {manifest.model_version}

**Research use only. Not a medical device.**

Outlines lumbar discs, vertebrae and spinal canal on sagittal MRI, names the discs from the sacrum
up and gives the probability that each is herniated.

## Intended use
Research and teaching on sagittal lumbar MRI (T1, T2, T2-SPACE), read again by a person who can
read such images. Not for diagnosis, triage or treatment, not for children, fractures, tumours,
implants or the time after surgery.

## How it was made
- Segmentation: a U-Net over single slices of {manifest.preprocessing_id}, trained on outlined
  T2-SPACE volumes and T2 slices, then also on T1 and T2 mid-slices with its own outlines where
  boxes or disc counts agree with them.
- Levels: a chain of discs from the one that looks most like L5-S1 upward.
- Herniation: an ensemble of small networks over measures of the outlines ({manifest.crops_id}) and
  the level, calibrated on out-of-fold predictions (Platt). Bulging is not herniation.
- Command: `python -m pipeline.bootstrap --data DATA --version {manifest.model_version}`, commit
  `{manifest.git_commit[:12]}`, data `{manifest.dataset_digest[:19]}…`.

## Data and licence
SPIDER: van der Graaf, J.W., van Hooff, M.L., Buckens, C.F.M. et al., *Lumbar spine segmentation in
MR images: a dataset and a public benchmark*, Sci Data 11, 264 (2024), CC BY 4.0. These weights are
derived from it and licensed CC BY 4.0 too. 162 patients; one radiologist graded the discs.

Split by patient: the official `validation` patients trained, tuned and calibrated nothing. Of the
official `training` patients those whose number ends in 5 chose thresholds; the others trained the
segmentation. All official `training` patients trained the herniation network.

## Measured
In brackets: 95 % bootstrap interval over patients.

### Outlines (Dice, held-out patients)
| structure | T2-SPACE volumes | other scanner (Menezes-Reis et al. 2016) |
|---|---|---|
| disc | {_cell(dice["disc"])} | {_cell(metrics["dice_other_scanner"]["disc"])} |
| vertebra | {_cell(dice["vertebra"])} | |
| canal | {_cell(dice["canal"])} | |

### Levels (share of lumbar discs found and named rightly, held-out patients)
| T2-SPACE volumes | mid-slices | mid-slices without spacing | other scanner |
|---|---|---|---|
| {" | ".join(_cell(levels[kind]) for kind in LEVEL_COLUMNS)} |

A disc of a mid-slice is right if its middle lies in the box of its level, a disc of a volume if at
least 30 % of its voxels carry its name.

### Herniation (per disc, mid-slices)
| | herniated discs | AUROC | average precision | calibration error |
|---|---|---|---|---|
{_herniation_row("T2, held-out patients", held_out["t2"])}
{_herniation_row("T1, held-out patients", held_out["t1"])}
{_herniation_row("T2, training patients out of fold", unseen["t2"])}
{_herniation_row("T1, training patients out of fold", unseen["t1"])}

The held-out patients have few herniated discs: their interval is wide, and the out-of-fold row
says more. (Intervals of the calibration error lie high, because redrawing adds to it.) The outlines
under the out-of-fold crops come from a segmentation network that did train on most of those
patients. Threshold {manifest.thresholds.herniation:.3f} (highest F1, out of fold).

### Refusals
{refused["other_planes_refused"]} of {refused["other_planes"]} axial and coronal pictures are
refused; {refused["sagittal_read"]} of {refused["sagittal"]} sagittal ones are read (many lie far
off the midline).

## What was seen of the held-out patients
Two choices were made after a look at them, so their numbers are a little too good; other patients
should be measured before anybody relies on these.
- That L5-S1 has a vertebra above it was added after one held-out T2 mid-slice had been named one
  level too low: it raised the herniation AUROC on T2 from 0.727 to 0.853.
- The last training stage with the plain Dice loss, and cutting at one half, came after outlines
  were seen to be too narrow there as on the tuning patients: disc Dice rose from 0.853 to 0.858.

## Known limits
- Levels assume five lumbar vertebrae; transitional anatomy shifts them. Odd counts and spacing, and
  a lowest disc that does not look like L5-S1, raise a warning.
- Herniation was learned from {unseen["t2"]["herniated"]} herniated discs on T2 mid-slices that one
  radiologist graded; herniations off the midline are missed more often.
- Pictures without spacing are assumed to have square pixels.
- The sacrum is not outlined.
"""


def _herniation_row(name: str, row: dict[str, Any]) -> str:
    auroc = row["auroc"]
    return (
        f"| {name} | {row['herniated']} of {auroc['count']} ({auroc['patients']} patients) "
        f"| {_cell(auroc, False)} | {_cell(row['average_precision'], False)} "
        f"| {_cell(row['calibration_error'], False)} |"
    )


def _cell(estimate: dict[str, Any], counted: bool = True) -> str:
    text = f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"
    return f"{text}, n = {estimate['count']}" if counted else text
