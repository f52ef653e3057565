"""Causes are what lowers a probability when it is taken away, whatever the network is made of."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from discai.herniation.causes import Asked, find_causes
from discai.herniation.crops import CROP_SHAPE, Crop
from discai.herniation.shape import measure_shape
from tests.support.drawn_crops import BORDER, crop

WALL = np.full(CROP_SHAPE[0], BORDER - 0.5)


class Network:
    """Judges by the tissue behind the back walls alone; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, crops: Sequence[Crop], levels: Sequence[str]) -> NDArray[np.float32]:
        assert len(crops) == len(levels)
        self.asked.append(len(crops))
        behind = [measure_shape(each).behind_wall_mm2 for each in crops]
        return np.array([mm2 / 5 - 3 for mm2 in behind], np.float32)


def asked(network: Network, level: str, *bulges: int) -> Asked:
    crops = {index: crop(bulge) for index, bulge in enumerate(bulges)}
    logits = network(list(crops.values()), [level] * len(crops))
    network.asked.clear()
    probability = float(1 / (1 + np.exp(-logits.mean())))
    return Asked(level, probability, crops, dict.fromkeys(crops, WALL))


def test_without_what_it_judges_by_the_network_gives_what_it_gives_a_flat_disc():
    network = Network()
    disc, flat = asked(network, "L4-L5", 10, 8), asked(network, "L4-L5", 0)
    causes = {each.name: each.without for each in find_causes([disc], network)["L4-L5"]}
    assert disc.herniation > 0.5
    assert causes["protrusion"] == pytest.approx(flat.herniation, abs=0.02)
    assert causes["dent"] > causes["protrusion"]  # what lies in the straight canal is disc, too


def test_all_discs_are_asked_about_at_once():
    network = Network()
    discs = [asked(network, "L3-L4", 8, 8), asked(network, "L4-L5", 10, 10, 10)]
    assert list(find_causes(discs, network)) == ["L3-L4", "L4-L5"]
    assert network.asked == [2 * (2 + 3)]


def test_a_flat_disc_has_no_causes_and_the_network_is_not_asked():
    network = Network()
    assert find_causes([asked(network, "L4-L5", 0, 0)], network) == {"L4-L5": []}
    assert network.asked == []


def test_what_changes_nothing_is_no_cause():
    def stubborn(crops: Sequence[Crop], levels: Sequence[str]) -> NDArray[np.float32]:
        return np.full(len(crops), 2.0, np.float32)

    disc = Asked("L4-L5", float(1 / (1 + np.exp(-2.0))), {0: crop(10)}, {0: WALL})
    assert find_causes([disc], stubborn) == {"L4-L5": []}


def test_without_a_line_nothing_lies_behind_it():
    network = Network()
    disc = asked(network, "L4-L5", 10)
    unseen = Asked(disc.level, disc.herniation, disc.crops, {})
    assert "protrusion" not in {each.name for each in find_causes([unseen], network)["L4-L5"]}
