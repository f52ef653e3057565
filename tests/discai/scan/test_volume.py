"""What slices may show: a small file can claim a field whose reading would take all memory."""

import pytest

from discai.errors import PermanentError
from discai.scan.volume import check_field

STUDIES = {
    "17 slices": ((17, 512, 512), (4.0, 0.6, 0.6)),
    "a large 3-D study": ((300, 750, 750), (0.4, 0.4, 0.4)),
    "a whole spine": ((15, 2000, 1000), (4.0, 0.55, 0.55)),
    "pictures of a 3-D study": ((200, 2048, 2048), None),
}


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_what_scanners_write_is_accepted(study) -> None:
    check_field(*study)


IMPOSSIBLE = {
    "wide": ((3, 64, 64), (4.0, 4.0, 24.0), "bad-geometry"),
    "high": ((3, 64, 64), (4.0, 24.0, 4.0), "bad-geometry"),
    "deep": ((400, 64, 64), (4.0, 4.0, 4.0), "bad-geometry"),
    "slices upon slices": ((2000, 64, 64), (0.1, 8.0, 8.0), "too-large"),
    "pictures upon pictures": ((3000, 8, 8), None, "too-large"),
}


@pytest.mark.parametrize(("shape", "spacing_mm", "code"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_field_that_no_scanner_has_is_refused(shape, spacing_mm, code: str) -> None:
    with pytest.raises(PermanentError) as refusal:
        check_field(shape, spacing_mm)
    assert refusal.value.code == code
