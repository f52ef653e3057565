"""Keys of studies and patients: equal for what belongs together, and nothing that names anybody."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from discai.records.scans import StoredObject
from discai.records.study import StudyKeys

_KEY_LETTERS: Final = 26
#: A shorter secret could be guessed, and with it who a key is of.
_SHORTEST_SECRET: Final = 32

#: What anonymisers and phantoms write for a patient's id: it says nothing of who it is.
_NOBODY: Final = frozenset(
    {
        *("0", "1", "anon", "anonymized", "anonymised", "anonymous", "deidentified", "id"),
        *("n/a", "na", "nobody", "none", "null", "patient", "patientid", "phantom", "removed"),
        *("test", "unknown", "xxx", "xxxx"),
    }
)


@dataclass(frozen=True, repr=False)
class Identity:
    """UIDs and ids of a DICOM series as its file has them; in memory only. Empty: not said.

    Attributes:
        study: UID of the study.
        patient: the patient's id, and `issuer` who gave it.
        frame: UID of the frame of reference.
    """

    study: str = ""
    patient: str = ""
    issuer: str = ""
    frame: str = ""


class Keys:
    """Makes keys under a secret of the project: HMAC-SHA256, https://www.rfc-editor.org/rfc/rfc2104.

    Without the secret nobody can tell whose a key is, even by trying all UIDs.
    """

    def __init__(self, secret: str) -> None:
        """Raises `ValueError` for a secret of fewer than 32 characters."""
        if len(secret) < _SHORTEST_SECRET:
            raise ValueError(f"The secret must have at least {_SHORTEST_SECRET} characters.")
        self._secret = secret.encode()

    def of(self, identity: Identity | None, upload: StoredObject) -> StudyKeys:
        """Keys of a series of an upload.

        What says no study itself belongs to the folder that it was uploaded into, and in the root
        of the bucket each upload is a study of its own.
        """
        said = identity or Identity()
        folder = upload.name.rpartition("/")[0]
        if said.study:
            study = self._key("study", said.study)
        elif folder:
            study = self._key("folder", f"{upload.bucket}/{folder}")
        else:
            study = self._key("object", f"{upload.bucket}/{upload.name}/{upload.generation}")
        patient = said.patient.strip()
        is_somebody = patient and patient.lower() not in _NOBODY
        return StudyKeys(
            study_key=study,
            patient_key=self._key("patient", f"{said.issuer.strip()}\0{patient}")
            if is_somebody
            else None,
            frame_key=self._key("frame", said.frame) if said.frame else None,
        )

    def of_slices(self, bucket: str, folder: str, series: str) -> str:
        """The key under which loose slices of a series, by its UID, gather in a folder."""
        return self._key("slices", f"{bucket}/{folder}\0{series}")

    def of_instance(self, uid: str) -> str:
        """The key of one object by its SOP instance UID."""
        return self._key("instance", uid)

    def of_archived(self, *names: str) -> str:
        """The key of a file in an archive, by all names of its address."""
        return self._key("archived", "\0".join(names))

    def _key(self, kind: str, value: str) -> str:
        """The key of a value; a kind of its own for each, so that equal values don't meet."""
        digest = hmac.digest(self._secret, f"{kind}\0{value}".encode(), hashlib.sha256)
        return base64.b32encode(digest).decode()[:_KEY_LETTERS].lower()
