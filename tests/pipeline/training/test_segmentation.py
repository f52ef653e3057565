"""Training on drawn slices: it learns, it goes on after a break, unknown pixels weigh nothing."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from discai.segmentation.network import SegmentationUNet
from pipeline.data.examples import UNKNOWN, Example
from pipeline.training.segmentation import PartialLabelLoss, Stage, batch, train_stage

STAGE = Stage("test", 24, 1e-2, {"space": 1.0}, batch_size=4, crop=(64, 64), checkpoint_steps=12)


@pytest.fixture(scope="module")
def examples():
    """Bright ellipses on dark ground; disc and L5-S1 outlined, vertebra and canal unknown."""
    random = np.random.default_rng(0)
    drawn = []
    for patient in range(6):
        rows, columns = np.indices((96, 96))
        row, column = random.uniform(35, 60, 2)
        inside = ((rows - row) / 10) ** 2 + ((columns - column) / 20) ** 2 < 1
        target = np.full((96, 96, 4), UNKNOWN, np.uint8)
        target[..., 0] = target[..., 3] = inside
        image = np.where(inside, 0.8, 0.2).astype(np.float32)
        drawn.append(Example(f"{patient}", patient, "space", image, target))
    return drawn


def small_network():
    keras.utils.set_random_seed(3)
    return SegmentationUNet((4, 8, 8))


@pytest.fixture(scope="module")
def whole(examples, tmp_path_factory):
    """The losses of a run from the first step to the last."""
    return train_stage(small_network(), STAGE, examples, tmp_path_factory.mktemp("whole"))


def test_training_lowers_the_loss(whole):
    assert len(whole) == STAGE.steps
    assert np.mean(whole[-4:]) < 0.8 * np.mean(whole[:4])


def test_a_broken_off_run_goes_on_from_its_checkpoint_as_if_it_had_not_been(
    examples, whole, tmp_path
):
    class PowerCutError(Exception):
        pass

    def cut(step, _loss):
        raise PowerCutError

    with pytest.raises(PowerCutError):
        train_stage(small_network(), STAGE, examples, tmp_path / "cut", cut)
    rest = train_stage(small_network(), STAGE, examples, tmp_path / "cut")
    assert len(rest) == STAGE.steps - STAGE.checkpoint_steps
    assert rest == pytest.approx(whole[STAGE.checkpoint_steps :], rel=0.05)
    assert not train_stage(small_network(), STAGE, examples, tmp_path / "cut")


def test_a_batch_depends_on_its_step_alone(examples):
    images, targets = batch(STAGE, examples, 5)
    again, _ = batch(STAGE, examples, 5)
    other, _ = batch(STAGE, examples, 6)
    assert images.shape == (4, 64, 64, 1)
    assert targets.shape == (4, 64, 64, 4)
    assert np.array_equal(images, again)
    assert not np.array_equal(images, other)


def test_a_source_without_examples_leaves_its_share_to_the_others(examples):
    stage = replace(STAGE, shares={"space": 0.1, "level-mask": 0.9})
    assert batch(stage, examples, 0)[0].shape[0] == stage.batch_size


def test_unknown_pixels_weigh_nothing():
    random = np.random.default_rng(0)
    target = (random.random((2, 8, 8, 4)) < 0.3).astype(np.uint8)
    target[:, 4:] = UNKNOWN
    target[..., 1] = UNKNOWN
    probability = random.random((2, 8, 8, 4)).astype(np.float32)
    changed = probability.copy()
    changed[target == UNKNOWN] = random.random((target == UNKNOWN).sum())
    assert float(PartialLabelLoss(0.6)(target, probability)) == pytest.approx(
        float(PartialLabelLoss(0.6)(target, changed)), rel=1e-5
    )


def test_a_perfect_outline_costs_nothing_and_outlining_too_much_costs_more_than_too_little():
    truth = np.zeros((1, 20, 20, 4), np.uint8)
    truth[:, 5:15, 5:15] = 1
    more, less = truth.astype(np.float32), truth.astype(np.float32)
    more[:, 3:5, 5:15] = 1
    less[:, 5:7, 5:15] = 0
    assert float(PartialLabelLoss(0.6)(truth, truth.astype(np.float32))) < 0.01
    assert float(PartialLabelLoss(0.6)(truth, more)) > float(PartialLabelLoss(0.6)(truth, less))
