"""The gradings network: saved and loaded, and keeping parts of the one before."""

import numpy as np
import pytest

from discai.gradings.grading import COLUMNS, OUTPUTS
from discai.gradings.network import GradingsEnsemble, load
from discai.records.gradings import GRADING_NAMES, GradingName


def small() -> GradingsEnsemble:
    return GradingsEnsemble(members=2, units=8, components=3, filters=2)


def inputs(network: GradingsEnsemble, count: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.random((count, *tensor.shape[1:]), np.float32) for tensor in network.inputs]


def logits(network: GradingsEnsemble) -> np.ndarray:
    return np.asarray(network(inputs(network), training=False))


def test_it_gives_a_logit_for_each_output_and_is_calibrated_by_output():
    network = small()
    before = logits(network)
    assert before.shape == (3, OUTPUTS)
    slopes, shifts = np.arange(1, 9, dtype=np.float32), np.full(OUTPUTS, 0.5, np.float32)
    network.calibrate(slopes, shifts)
    assert logits(network) == pytest.approx(before * slopes + shifts, abs=1e-5)


def test_a_saved_network_says_the_same(tmp_path):
    network = small().keeping(["modic"], small())
    network.save(tmp_path / "gradings.keras")
    again = load(tmp_path / "gradings.keras")
    assert np.array_equal(logits(again), logits(network))
    assert again.get_config() == network.get_config()


def test_gradings_that_are_kept_are_answered_as_before_bit_for_bit():
    first, second, third = (small() for _ in range(3))
    once = second.keeping(["modic", "bulging"], first)
    twice = third.keeping(["modic", "narrowing"], once)
    said = {name: logits(each) for name, each in (("1", first), ("2", second), ("3", third))}
    expected: dict[GradingName, str] = {
        "modic": "1",
        "narrowing": "2",
        "bulging": "3",
        "pfirrmann": "3",
    }
    for name, source in expected.items():
        column = COLUMNS[name]
        assert np.array_equal(logits(twice)[:, column], said[source][:, column])
    assert sorted(name for part in twice.parts for name in part.gradings) == sorted(GRADING_NAMES)


def test_parts_must_answer_for_each_grading_once():
    with pytest.raises(ValueError, match="once"):
        GradingsEnsemble(parts=[["modic"], ["modic", "bulging"]])


def test_a_network_over_other_measures_is_refused():
    with pytest.raises(ValueError, match="measures"):
        GradingsEnsemble(measures=["height_mm"])
