import cv2
import numpy as np
import pytest

from discai.anatomy import CANAL, LEVELS, disc_value
from discai.errors import PermanentError
from discai.herniation import network as herniation
from discai.manifest import (
    HERNIATION_FILE,
    SEGMENTATION_FILE,
    sha256_of,
    write_manifest,
)
from discai.predictor import Predictor
from discai.scan import read_scan
from discai.segmentation import network as segmentation
from discai.segmentation import slices
from tests.support.predictors import classify_by_level, manifest
from tests.support.spines import as_scan, draw_spine, see

SPACING_MM = (4.0, 0.65, 0.65)


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    """The ordinary predictor over networks that know the drawn spines' grey values."""
    return Predictor(manifest(), "sha256:0", see, classify_by_level, "cpu")


def test_five_lumbar_discs_from_the_head_down(predictor):
    reading = predictor.read(as_scan(draw_spine(), SPACING_MM))
    assert [disc.level for disc in reading.discs] == list(LEVELS)
    assert [disc.box[1] for disc in reading.discs] == sorted(disc.box[1] for disc in reading.discs)
    assert reading.warnings == ()
    assert reading.model_version == "2026-11-24a"
    assert reading.model_digest == "sha256:0"
    assert set(reading.seconds) == {"segment", "classify"}


def test_a_disc_has_its_box_volume_and_probability(predictor):
    reading = predictor.read(as_scan(draw_spine(), SPACING_MM))
    lowest = reading.discs[-1]
    x0, y0, x1, y1 = (edge * 0.65 for edge in lowest.box)
    assert (x0, y0, x1, y1) == pytest.approx((133, 250, 167, 260), abs=1.0)
    assert set(lowest.boxes) == {0, 1, 2}
    assert lowest.slice == 1 == reading.key_slice
    assert lowest.volume_mm3 == pytest.approx(34 * 10 * 12, rel=0.1)
    assert lowest.herniation == pytest.approx(1 / (1 + np.exp(-4.0)))
    assert lowest.confidence == pytest.approx(0.95, abs=0.01)


def test_higher_discs_are_in_the_segmentation_only(predictor):
    reading = predictor.read(as_scan(draw_spine(), SPACING_MM))
    values = set(np.unique(reading.segmentation).tolist())
    assert values == {0, 1, 2, 3, 4, 5, 6, 7, CANAL, *range(201, 208)}
    assert reading.segmentation.dtype == np.uint8
    assert "T12-L1" not in [disc.level for disc in reading.discs]


def test_uneven_pixels_are_boxed_in_the_scans_own(predictor):
    voxels = draw_spine()
    squeezed = np.stack([cv2.resize(page, None, fx=0.5, fy=1) for page in voxels])
    even = predictor.read(as_scan(voxels, SPACING_MM)).discs[-1].box
    uneven = predictor.read(as_scan(squeezed, (4.0, 0.65, 1.3))).discs[-1].box
    assert np.array(uneven) * [2, 1, 2, 1] == pytest.approx(np.array(even), abs=3.1)


@pytest.mark.parametrize("field_mm", [240.0, 300.0, 420.0])
def test_pictures_without_spacing_are_read_at_any_scale(predictor, field_mm):
    voxels = draw_spine(field_mm=field_mm, pixel_mm=field_mm / 440)
    reading = predictor.read(as_scan(voxels[:1], None))
    assert [disc.level for disc in reading.discs] == list(LEVELS)
    assert reading.discs[0].volume_mm3 is None


def test_many_thin_slices_without_spacing_may_show_a_spine_that_leans(predictor):
    # Each disc lies 6 slices further left than the one below; with 4 mm between slices that would
    # be more than any spine leans.
    count, reach = 60, 14
    shown = [
        [disc for disc in range(7) if abs(12 + 6 * disc - index) <= reach] for index in range(count)
    ]
    voxels = np.concatenate(
        [draw_spine(missing=set(range(7)) - set(discs), slices=1) for discs in shown]
    )
    reading = predictor.read(as_scan(voxels, None))
    assert [disc.level for disc in reading.discs] == list(LEVELS)


def test_a_picture_on_its_head_is_read_turned_round(predictor):
    picture = draw_spine()[:1]
    upright = predictor.read(as_scan(picture, None))
    turned = predictor.read(as_scan(np.rot90(picture, 2, axes=(1, 2)), None))
    height, width = picture.shape[1:]
    assert [disc.level for disc in turned.discs] == list(LEVELS)
    for disc, other in zip(turned.discs, upright.discs, strict=True):
        x0, y0, x1, y1 = other.box
        assert disc.box == pytest.approx((width - x1, height - y1, width - x0, height - y0), abs=1)
    assert upright.warnings == ()
    assert any("on its head" in warning for warning in turned.warnings)


def test_a_scan_that_says_how_it_lies_is_believed(predictor):
    reading = predictor.read(as_scan(draw_spine()[:, ::-1], SPACING_MM))
    assert any("may all be shifted" in warning for warning in reading.warnings)
    assert not any("on its head" in warning for warning in reading.warnings)


def test_the_same_scan_reads_the_same_bit_for_bit(predictor):
    scan = as_scan(draw_spine(), SPACING_MM)
    one, other = predictor.read(scan), predictor.read(scan)
    assert np.array_equal(one.segmentation, other.segmentation)
    assert one.discs == other.discs


def test_progress_goes_forward_to_the_end(predictor):
    calls = []
    predictor.read(as_scan(draw_spine(), SPACING_MM), lambda *call: calls.append(call))
    segmenting = [done for step, done, total in calls if step == "segmenting" and total == 3]
    classifying = [done for step, done, total in calls if step == "classifying" and total == 5]
    assert segmenting == [0, 1, 2, 3]
    assert classifying == [0, 1, 2, 3, 4, 5]
    assert [step for step, *_ in calls] == ["segmenting"] * 4 + ["classifying"] * 6


def test_a_gap_is_counted_across_and_said(predictor):
    reading = predictor.read(as_scan(draw_spine(missing={2}), SPACING_MM))
    assert [disc.level for disc in reading.discs] == ["L1-L2", "L2-L3", "L4-L5", "L5-S1"]
    assert any("L3-L4" in warning for warning in reading.warnings)


def refusal(predictor, voxels, spacing_mm=SPACING_MM) -> str:
    with pytest.raises(PermanentError) as refused:
        predictor.read(as_scan(voxels, spacing_mm))
    return refused.value.code


@pytest.mark.parametrize("spacing_mm", [SPACING_MM, None])
def test_what_shows_no_spine_is_refused(predictor, spacing_mm):
    noise = np.random.default_rng(0).normal(size=(3, 300, 300)).astype(np.float32)
    flat = np.full((1, 200, 200), 7, np.uint8)
    assert refusal(predictor, noise, spacing_mm) == "not-sagittal"
    assert refusal(predictor, flat, spacing_mm) == "not-sagittal"


def test_two_discs_are_no_lumbar_spine(predictor):
    assert refusal(predictor, draw_spine(discs=2)) == "not-sagittal"


@pytest.fixture
def folder(tmp_path):
    """A whole folder of weights, with untrained networks."""
    segmentation.save(segmentation.SegmentationUNet(), tmp_path / SEGMENTATION_FILE)
    herniation.save(herniation.HerniationEnsemble(), tmp_path / HERNIATION_FILE)
    seal(tmp_path)
    return tmp_path


def seal(folder, **changes):
    names = (SEGMENTATION_FILE, HERNIATION_FILE)
    files = {name: sha256_of(folder / name) for name in names}
    write_manifest(folder, manifest(files=files, **changes))


def test_a_folder_of_weights_loads_and_warms(folder):
    predictor = Predictor.load(folder)
    predictor.warm()
    assert predictor.model_version == "2026-11-24a"
    assert predictor.model_digest.startswith("sha256:")


def test_weights_for_other_preprocessing_are_refused(folder):
    seal(folder, preprocessing_id="something older")
    with pytest.raises(PermanentError) as refused:
        Predictor.load(folder)
    assert refused.value.code == "model-mismatch"


def test_swapped_networks_are_refused(folder):
    (folder / SEGMENTATION_FILE).write_bytes((folder / HERNIATION_FILE).read_bytes())
    seal(folder)
    with pytest.raises(PermanentError) as refused:
        Predictor.load(folder)
    assert refused.value.code == "model-corrupt"


def test_a_damaged_network_is_refused(folder):
    (folder / HERNIATION_FILE).write_bytes(b"PK no zip")
    seal(folder)
    with pytest.raises(PermanentError) as refused:
        Predictor.load(folder)
    assert refused.value.code == "model-corrupt"


@pytest.fixture(scope="module")
def bootstrap() -> Predictor:
    return Predictor.bootstrap()


def test_a_real_volume_of_an_unseen_patient(bootstrap, data_dir):
    volumes = data_dir / "spider" / "space_volumes"
    scan = read_scan(volumes / "107.mha")
    truth = read_scan(volumes / "107_labels.mha").voxels == 29
    reading = bootstrap.read(scan)
    assert [disc.level for disc in reading.discs] == list(LEVELS)
    for disc in reading.discs:
        found = reading.segmentation == disc_value(disc.level)
        assert (found & truth).sum() > 0.75 * found.sum()
    again = bootstrap.read(scan)
    assert np.array_equal(reading.segmentation, again.segmentation)
    assert reading.discs == again.discs


def test_slices_segmented_where_the_spine_is_read_as_whole_ones_do(
    bootstrap, data_dir, monkeypatch
):
    scan = read_scan(data_dir / "spider" / "space_volumes" / "107.mha")
    reading = bootstrap.read(scan)
    monkeypatch.setattr(slices, "FEWEST_SLICES", 99)
    whole = bootstrap.read(scan)
    same = (reading.segmentation == whole.segmentation)[whole.segmentation > 0]
    assert 0.97 < same.mean() < 1
    assert [disc.level for disc in reading.discs] == [disc.level for disc in whole.discs]
    for disc, expected in zip(reading.discs, whole.discs, strict=True):
        assert disc.herniation == pytest.approx(expected.herniation, abs=0.03)


def test_axial_and_coronal_pictures_are_refused(bootstrap, data_dir):
    from pipeline.evaluation.figures.gate import OTHER_PLANES

    for name in OTHER_PLANES:
        with pytest.raises(PermanentError, match=r"from the side|no row of discs"):
            bootstrap.read(read_scan(data_dir / "other_planes" / f"{name}.png"))


def test_noise_and_heads_are_refused(bootstrap):
    noise = np.random.default_rng(1).integers(0, 255, (1, 320, 320), np.uint8)
    head = np.zeros((1, 320, 320), np.uint8)
    cv2.ellipse(head[0], (160, 160), (110, 130), 0, 0, 360, 200, -1)
    cv2.ellipse(head[0], (160, 160), (95, 115), 0, 0, 360, 90, -1)
    cv2.ellipse(head[0], (160, 150), (20, 45), 0, 0, 360, 20, -1)
    for picture in (noise, head):
        with pytest.raises(PermanentError):
            bootstrap.read(as_scan(picture, None))
