"""A spine is looked for on three slices; the others are read where it is, and nothing is lost."""

import threading

import numpy as np
import pytest

from discai.segmentation.grid import MULTIPLE, PIXEL_MM, NetworkGrid
from discai.segmentation.slices import MARGIN_MM, segment_slices

SHAPE = (320, 448)
GRID = NetworkGrid((SHAPE[0], 440), (PIXEL_MM, PIXEL_MM))


class Network:
    """Calls bright what is bright, and remembers how wide the slices were."""

    def __init__(self) -> None:
        self.widths: list[int] = []
        self._lock = threading.Lock()

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        with self._lock:
            self.widths.append(pixels.shape[1])
        return np.repeat(pixels[..., None], 4, axis=-1)


def scan_of(count: int, first: int, end: int) -> np.ndarray:
    """Slices with a spine between two columns."""
    images = np.zeros((count, *SHAPE), np.float32)
    images[:, 20:300, first:end] = 0.9
    return images


def test_most_slices_are_read_only_where_the_spine_is():
    images, network = scan_of(17, 180, 300), Network()
    maps = segment_slices(images, GRID, network)
    assert np.array_equal(maps, np.repeat(images[..., None], 4, axis=-1))
    width = 120 + 2 * round(MARGIN_MM / PIXEL_MM)
    assert sorted(network.widths) == [-(-width // MULTIPLE) * MULTIPLE] * 14 + [448] * 3


@pytest.mark.parametrize(("first", "end"), [(0, 90), (390, 440)])
def test_a_spine_at_the_edge_of_the_image_is_read_whole(first, end):
    images, network = scan_of(9, first, end), Network()
    maps = segment_slices(images, GRID, network)
    assert np.array_equal(maps, np.repeat(images[..., None], 4, axis=-1))
    assert len(network.widths) == 9


def test_what_lies_further_out_on_another_slice_is_not_cut_off():
    images, network = scan_of(12, 180, 300), Network()
    images[1, 100:140, 300:400] = 0.9
    maps = segment_slices(images, GRID, network)
    assert np.array_equal(maps, np.repeat(images[..., None], 4, axis=-1))
    assert network.widths.count(448) == 12


@pytest.mark.parametrize("images", [scan_of(5, 180, 300), scan_of(9, 0, 0)], ids=["few", "nothing"])
def test_few_slices_and_those_without_a_spine_are_read_whole(images):
    network = Network()
    segment_slices(images, GRID, network)
    assert network.widths == [448] * len(images)


def test_what_the_network_sees_in_the_padding_is_forgotten():
    images = scan_of(9, 180, 300)
    images[:, :, 436:] = 0.9
    maps = segment_slices(images, GRID, Network())
    assert not maps[:, :, 440:].any()
    assert maps[:, 20:300, 436:440].all()


def test_a_slice_keeps_what_the_network_sees_of_it_and_no_more():
    grid = NetworkGrid((100, 90), (PIXEL_MM, PIXEL_MM))
    image = np.zeros((1, *grid.padded_shape), np.float32)
    (cleared,) = segment_slices(image, grid, lambda pixels: np.ones((*pixels.shape, 4), np.float32))
    assert cleared[:100, :90].min() == 1
    assert cleared.sum() == 100 * 90 * 4


def test_progress_counts_every_slice_once():
    told: list[tuple[int, int]] = []
    images = scan_of(12, 180, 300)
    images[1, 100:140, 300:400] = 0.9  # so that the others are read twice
    segment_slices(images, GRID, Network(), lambda *count: told.append(count))
    assert told[0] == (0, 12)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (12, 12)
