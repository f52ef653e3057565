"""UIDs that follow from what an object says."""

import uuid

from discai.export.uids import uid_of


def test_the_same_words_have_the_same_uid_everywhere() -> None:
    assert uid_of("1.2.3", "SEG") == "2.25.338896692504732285108068532086874128484"


def test_other_words_or_the_same_ones_cut_otherwise_have_another() -> None:
    uids = {uid_of(*words) for words in (("1", "2"), ("12",), ("1", "2", ""), ("2", "1"))}
    assert len(uids) == 4


def test_it_is_a_uuid_of_ones_own_making_in_64_characters() -> None:
    for number in range(50):
        uid = uid_of(str(number))
        assert len(uid) <= 64
        made = uuid.UUID(int=int(uid.removeprefix("2.25.")))
        assert made.variant == uuid.RFC_4122
        assert made.version == 8
