"""The predictor: scan -> slices -> segmentation -> discs -> levels -> herniation -> Reading."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import LEVELS, disc_value
from discai.backends import Backend, Run, open_backend, visible_gpus
from discai.errors import PermanentError
from discai.gradings.grading import gradings_of
from discai.herniation.crops import CROP_SHAPE, CROPS_ID, Crop, DiscCrops, crop_discs
from discai.herniation.inputs import ClassifyCrops, inputs_of
from discai.herniation.reasons import with_reasons
from discai.manifest import (
    GRADINGS,
    HERNIATION,
    HERNIATION_FILE,
    MANIFEST_NAME,
    SEGMENTATION,
    SEGMENTATION_FILE,
    Manifest,
    load_manifest,
    networks_of,
)
from discai.quantities.measure import measure_spine
from discai.quantities.usual import measured_of, usual_ranges
from discai.reading import DiscQuantities, DiscReading, Reading
from discai.records.scans import Step
from discai.scan import Scan
from discai.segmentation.grid import MULTIPLE, PREPROCESSING_ID
from discai.segmentation.signature import SegmentSlice
from discai.spine.outline import Outline, outline_spine
from discai.spine.painting import boxes_of, paint

JudgeCrops = Callable[
    [Sequence[Crop], Sequence[str]], tuple[NDArray[np.float32], NDArray[np.float32] | None]
]
"""Crops of discs and their levels to logits of herniation `(crop,)` and of gradings
`(crop, output)`; None where the model gives no gradings."""

ReportProgress = Callable[[Step, int, int], None]
"""`progress(step, done, total)`, called as the work goes on."""

WEIGHTS = Path(__file__).parent / "weights"


def built_in_model() -> Path:
    """The folder of the newest weights that came with the code.

    Raises `PermanentError("model-corrupt")` if there are none.
    """
    versions = sorted(path.parent for path in WEIGHTS.glob(f"*/{MANIFEST_NAME}"))
    if not versions:
        raise PermanentError("model-corrupt", "This installation came without weights.")
    return versions[-1]


def _ignore(_step: Step, _done: int, _total: int) -> None:
    """Progress that is not shown."""


class Predictor:
    """Reads scans with one model version.

    Attributes:
        model_version: such as `2026-11-30`.
        model_digest: `sha256:…` of the manifest, which names the sha256 of each weight file.
        herniation_threshold: a disc is herniated from this probability on.
        segment: the segmentation network.
        device: what runs the networks, such as `cpu, openvino 2026.4.1 f32`.
    """

    def __init__(
        self,
        manifest: Manifest,
        digest: str,
        segment: SegmentSlice,
        classify: ClassifyCrops,
        device: str,
        judge: JudgeCrops | None = None,
    ) -> None:
        self.model_version = manifest.model_version
        self.model_digest = digest
        self.herniation_threshold = manifest.thresholds.herniation
        self._thresholds = manifest.thresholds
        self.segment = segment
        self._classify = classify
        self._judge = judge or (lambda crops, levels: (classify(crops, levels), None))
        self._usual = usual_ranges()
        self.device = device

    @classmethod
    def load(cls, directory: Path, backend: str | Backend = "") -> Self:
        """The predictor of a folder with `manifest.json` and the weights that it names.

        `backend` is one of `discai.backends.BACKEND_NAMES`, "" leaves the choice to them; or it is
        an engine itself, which then finds its files in the folder.

        Raises `PermanentError`: `model-corrupt`, `model-mismatch` or `no-backend`.
        """
        manifest, digest = load_manifest(
            directory,
            preprocessing_id=PREPROCESSING_ID,
            crops_id=CROPS_ID,
            needed=(SEGMENTATION_FILE, HERNIATION_FILE),
        )
        engine = backend
        if isinstance(engine, str):
            engine = open_backend(engine, manifest.files, visible_gpus())
        herniation = engine.load(directory, HERNIATION)
        has_gradings = GRADINGS in networks_of(manifest.files)
        return cls(
            manifest,
            digest,
            _segment_with(engine.load(directory, SEGMENTATION)),
            _classify_with(herniation),
            engine.description,
            _judge_with(herniation, engine.load(directory, GRADINGS)) if has_gradings else None,
        )

    @classmethod
    def bootstrap(cls, backend: str = "") -> Self:
        """The predictor of the newest weights that came with the code; `backend` as for `load`."""
        return cls.load(built_in_model(), backend)

    def warm(self) -> None:
        """Run all networks once, so that the first scan doesn't pay for their start."""
        self.segment(np.zeros((MULTIPLE, MULTIPLE), np.float32))
        self._judge([np.zeros(CROP_SHAPE, np.uint8)], [LEVELS[0]])

    def read(self, scan: Scan, progress: ReportProgress = _ignore) -> Reading:
        """Read one scan; the same scan gives the same reading, bit for bit.

        Raises `PermanentError`: `unsupported-format` if this is no MRI but a mask or CT,
        `not-sagittal` if it is no lumbar spine seen from the side, `no-discs` if it is one, but its
        discs can't be made out.
        """
        started = time.monotonic()
        outline = outline_spine(
            scan, self.segment, self._thresholds, lambda *count: progress("segmenting", *count)
        )
        upright = paint(outline.spine, outline.probabilities, outline.grid, self._thresholds)
        painted = np.ascontiguousarray(np.flip(upright, outline.flips))
        segmented = time.monotonic()
        measured = measure_spine(
            outline.spine, in_mm=scan.spacing_mm is not None, knows_sides=scan.grid.is_placed
        )
        discs = with_reasons(
            self._read_discs(outline, painted, scan.spacing_mm, measured.discs, progress),
            outline,
            upright,
            measured.back_walls,
            {
                level: measured_of(each, level, self._usual)
                for level, each in measured.discs.items()
            },
            self._classify,
        )
        return Reading(
            model_version=self.model_version,
            model_digest=self.model_digest,
            segmentation=painted,
            discs=discs,
            warnings=(*scan.notes, *outline.warnings),
            seconds={"segment": segmented - started, "classify": time.monotonic() - segmented},
            key_slice=int(np.median([disc.slice for disc in discs])),
            device=self.device,
            lordosis_deg=measured.lordosis_deg,
            lateral_curve=measured.lateral_curve,
        )

    def _read_discs(
        self,
        outline: Outline,
        painted: NDArray[np.uint8],
        spacing_mm: tuple[float, float, float] | None,
        quantities: dict[str, DiscQuantities],
        progress: ReportProgress,
    ) -> tuple[DiscReading, ...]:
        """The lumbar discs, from the head down; higher ones stay in the segmentation only."""
        lumbar = [
            disc
            for disc in reversed(crop_discs(outline.images, outline.probabilities, outline.spine))
            if disc.level in LEVELS and (painted == disc_value(disc.level)).any()
        ]
        readings: list[DiscReading] = []
        for disc in lumbar:
            progress("classifying", len(readings), len(lumbar))
            of_disc = quantities[disc.level]
            readings.append(self._read_disc(disc, outline, painted, spacing_mm, of_disc))
        progress("classifying", len(lumbar), len(lumbar))
        return tuple(readings)

    def _read_disc(
        self,
        disc: DiscCrops,
        outline: Outline,
        painted: NDArray[np.uint8],
        spacing_mm: tuple[float, float, float] | None,
        quantities: DiscQuantities,
    ) -> DiscReading:
        value = disc_value(disc.level)
        boxes = boxes_of(painted, value)
        logits, of_gradings = self._judge(list(disc.crops.values()), [disc.level] * len(disc.crops))
        voxel_mm3 = float(np.prod(spacing_mm)) if spacing_mm else None
        volume_mm3 = voxel_mm3 and voxel_mm3 * np.count_nonzero(painted == value)
        if quantities.volume_mm3 is not None:  # the scan's own pixels are finer
            quantities = quantities.model_copy(update={"volume_mm3": volume_mm3})
        return DiscReading(
            level=disc.level,
            herniation=float(1 / (1 + np.exp(-logits.mean()))),
            slice=min(boxes, key=lambda index: abs(index - disc.midline)),
            boxes=boxes,
            confidence=outline.spine.chain.discs[disc.number - 1].confidence,
            volume_mm3=volume_mm3,
            crops=disc.crops,
            quantities=quantities,
            gradings=None
            if of_gradings is None
            else gradings_of(of_gradings, self._thresholds.gradings),
        )


def _segment_with(run: Run) -> SegmentSlice:
    return lambda pixels: np.asarray(run(pixels[None, :, :, None])[0])


def _classify_with(run: Run) -> ClassifyCrops:
    return lambda crops, levels: np.asarray(run(*inputs_of(crops, levels))[:, 0])


def _judge_with(herniation: Run, gradings: Run) -> JudgeCrops:
    def judge(
        crops: Sequence[Crop], levels: Sequence[str]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        inputs = inputs_of(crops, levels)  # measured once for both
        return np.asarray(herniation(*inputs)[:, 0]), np.asarray(gradings(*inputs))

    return judge
