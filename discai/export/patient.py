"""Patient and study of a result: copied from a source's header, in memory, and nowhere else.

Results are made of headers that name nobody; `adopt` puts the identity in as the last step, so that
no library's log or error can have seen it.
"""

from copy import deepcopy
from typing import Final

from pydicom.dataset import Dataset

#: Modules Patient, General Study and Patient Study, PS3.3 C.7.1.1, C.7.2.1 and C.7.2.2, as far as
#: people and archives tell patients and studies apart by them.
_MAY_BE_MISSING: Final = (
    "IssuerOfPatientID",
    "IssuerOfPatientIDQualifiersSequence",
    "TypeOfPatientID",
    "PatientBirthTime",
    "OtherPatientIDsSequence",
    "OtherPatientNames",
    "PatientSpeciesDescription",
    "PatientSpeciesCodeSequence",
    "PatientBreedDescription",
    "PatientBreedCodeSequence",
    "ResponsiblePerson",
    "ResponsiblePersonRole",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "IssuerOfAccessionNumberSequence",
    "StudyDescription",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
)
#: These may be empty and must be there (type 2).
_MUST_BE_THERE: Final = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)
#: UTF-8, which has every letter that a source's character set may have.
CHARACTER_SET: Final = "ISO_IR 192"


def blank(dataset: Dataset) -> None:
    """Gives a header a patient and a study without names, as libraries ask for them."""
    for keyword in _MUST_BE_THERE:
        setattr(dataset, keyword, None)


def adopt(result: Dataset, header: Dataset) -> None:
    """Copies patient and study from a source's header into a result, text as UTF-8."""
    result.SpecificCharacterSet = CHARACTER_SET
    identity = Dataset()
    if "SpecificCharacterSet" in header:
        identity.add(deepcopy(header["SpecificCharacterSet"]))
    for keyword in (*_MUST_BE_THERE, *_MAY_BE_MISSING):
        if keyword in header:
            identity.add(deepcopy(header[keyword]))
    identity.decode()
    for keyword in (*_MUST_BE_THERE, *_MAY_BE_MISSING):
        if keyword in identity:
            result.add(identity[keyword])
    for keyword in _MUST_BE_THERE:
        if keyword not in result:
            setattr(result, keyword, None)
