"""Grey values that are no MRI's."""

import numpy as np
import pytest

from discai.errors import PermanentError
from discai.phantom import PhantomOptions, draw_phantom
from discai.segmentation.grid import normalise
from discai.spine.intensities import is_negative, refuse_other_than_mri


@pytest.fixture(scope="module")
def voxels():
    return draw_phantom(PhantomOptions(slices=5, seed=1)).scan.voxels


def labels():
    page = np.zeros((5, 90, 80), np.int16)
    for number in range(7):
        page[:, 10 * number + 5 : 10 * number + 12, 30:60] = 201 + number
    return page


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_a_label_map_is_refused(dtype):
    with pytest.raises(PermanentError, match="label map") as refusal:
        refuse_other_than_mri(labels().astype(dtype))
    assert refusal.value.code == "unsupported-format"


def test_computed_tomography_is_refused(voxels):
    hounsfield = voxels.astype(np.int16) % 400
    hounsfield[:, :, :20] = -1000
    with pytest.raises(PermanentError, match="CT"):
        refuse_other_than_mri(hounsfield)


@pytest.mark.parametrize("contrast", ["t1", "t2"])
def test_mri_is_not_refused_and_its_negative_known(contrast):
    scan = draw_phantom(PhantomOptions(slices=5, seed=2, contrast=contrast)).scan.voxels
    eight_bits = (255 * normalise(scan)).astype(np.uint8)
    for image in (scan, eight_bits, 255 - eight_bits):
        refuse_other_than_mri(image)
    assert not is_negative(normalise(eight_bits))
    assert is_negative(normalise(255 - eight_bits))
