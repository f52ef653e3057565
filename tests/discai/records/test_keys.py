"""Keys of studies and patients: what belongs together is found, and nobody is named."""

import pytest

from discai.records.scans import StoredObject
from discai.study import Identity, Keys

SECRET = "of a test, with enough letters in it"
KEYS = Keys(SECRET)


def stored(name: str = "scan.zip", generation: int = 1) -> StoredObject:
    return StoredObject(bucket="uploads", name=name, generation=generation, size=1)


def test_what_belongs_together_has_one_key_wherever_it_was_uploaded():
    one = KEYS.of(Identity("1.2", "17", "here", "1.9"), stored("a/1.zip"))
    assert KEYS.of(Identity("1.2", "17 ", "here", "1.9"), stored("b/2.zip", 2)) == one
    assert KEYS.of(Identity("1.3", "17", "here"), stored()).patient_key == one.patient_key
    assert KEYS.of(Identity("1.2", "17", "elsewhere"), stored()).patient_key != one.patient_key
    assert KEYS.of(Identity("1.2"), stored()).patient_key is None


def test_a_key_says_nothing_without_the_secret():
    identity = Identity("1.2", "1.2", "", "1.2")
    mine, other = (Keys(secret).of(identity, stored()) for secret in (SECRET, SECRET + "!"))
    keys = [*mine.model_dump().values(), *other.model_dump().values()]
    assert len(set(keys)) == 6  # equal values of other kinds have other keys, too
    assert "1.2" not in repr(identity)
    with pytest.raises(ValueError, match="32 characters"):
        Keys("hunter2")


@pytest.mark.parametrize("nobody", ["", " ", "ANONYMOUS", "0", "Unknown", "N/A"])
def test_what_anonymisers_write_makes_no_patient_of_everybody(nobody):
    assert KEYS.of(Identity("1.2", nobody, "here"), stored()).patient_key is None


def test_the_folder_is_the_study_of_what_names_none():
    keys = [KEYS.of(None, stored(f"study-17/{name}.mha")).study_key for name in ("t1", "t2")]
    assert len(set(keys)) == 1
    alone = [KEYS.of(None, stored(*of)).study_key for of in (("t1.mha", 1), ("t1.mha", 2))]
    assert len({*keys, *alone}) == 3
