"""Names of things in the cloud: documents in Firestore, objects in buckets, and scan ids.

No path of a document is put together anywhere else. `infrastructure/firestore.rules` has the same
paths for the browser.
"""

import base64
import hashlib
import re
import secrets
import unicodedata
from pathlib import PurePosixPath
from typing import Final

from discai.records.record import SCAN_ID_PATTERN
from discai.records.scans import Artifacts
from discai.records.worklist import is_of_word

#: Collections of documents.
SCANS: Final = "scans"
STUDIES: Final = "studies"
FILING: Final = "filing"
MODELS: Final = "models"
RUNS: Final = "runs"

#: Series whose loose slices come in, and the slices themselves.
GATHERS: Final = "gathers"
SLICES: Final = "slices"

#: The pointer to the model that workers serve.
PRODUCTION: Final = "control/production"
#: How far it is to the next retraining run.
RETRAINING: Final = "control/retraining"
#: How far labels and uploads have been held against what became of them.
RECONCILED: Final = "control/reconciled"
#: The last part of the path of every scan's labels.
LABELS: Final = "labels"

_DOCUMENT_ID: Final = re.compile(r"(?!\.\.?\Z)(?!__.*__\Z)[^/\x00-\x1f\x7f]+")
_LONGEST_DOCUMENT_ID: Final = 1500

#: Where `gcloud storage` and `gsutil` lay the parts of a large upload until they are composed.
_PART: Final = re.compile(r"(?:^|/)(?:gcloud|gsutil)/tmp/parallel_composite_uploads/")

#: Files that media and operating systems keep of the files in a folder.
_DIRECTORY: Final = "dicomdir"
_LISTS: Final = frozenset({_DIRECTORY, ".ds_store", "desktop.ini", "thumbs.db"})

#: Where the series of an archive lie.
_SERIES: Final = "/.series/"

#: Where lists of loose slices lie: of a series' key, numbered from 1.
_SLICE_LIST: Final = re.compile(r"((?:[^/]+/)?\.series/([a-z2-7]{26})/)([0-9]{4,})\.json")

#: The folder of what came in by way of an archive: addresses of slices, and lists of these.
ARCHIVE: Final = ".archive"

#: Of a file's name, so many characters from its end are kept in an object's, and so many bytes.
LONGEST_FILE_NAME: Final = 100
_LONGEST_FILE_NAME_BYTES: Final = 200


def scan(scan_id: str) -> str:
    """The document of a scan."""
    return f"{SCANS}/{scan_id}"


def study(study_key: str) -> str:
    """The document of a study."""
    return f"{STUDIES}/{study_key}"


def filing(study_key: str) -> str:
    """The document of the order to file a study's results, and of what was filed."""
    return f"{FILING}/{study_key}"


def predictions(scan_id: str) -> str:
    """The collection of what models read in a scan."""
    return f"{scan(scan_id)}/predictions"


def prediction(scan_id: str, model_version: str) -> str:
    """The document of what one model read in a scan."""
    return f"{predictions(scan_id)}/{model_version}"


def labels(scan_id: str) -> str:
    """The collection of what reviewers said of a scan."""
    return f"{scan(scan_id)}/{LABELS}"


def label(scan_id: str, label_id: str) -> str:
    """The document of one label."""
    return f"{labels(scan_id)}/{label_id}"


def annotation(scan_id: str, annotation_id: str) -> str:
    """The document of what somebody noted on a scan's pictures."""
    return f"{scan(scan_id)}/annotations/{annotation_id}"


def handled_labels(scan_id: str) -> str:
    """The document that says up to which label a scan's were exported and stamped."""
    return f"{scan(scan_id)}/handled/labels"


def events(scan_id: str) -> str:
    """The collection of the lines of a scan's timeline."""
    return f"{scan(scan_id)}/events"


def event(scan_id: str, event_id: str) -> str:
    """The document of one line of a scan's timeline."""
    return f"{events(scan_id)}/{event_id}"


def forgotten(scan_id: str) -> str:
    """The document that notes that a scan was forgotten; it says nothing but when."""
    return f"forgotten/{scan_id}"


def gather(key: str) -> str:
    """The document of a series whose loose slices come in."""
    return f"{GATHERS}/{key}"


def loose_slice(slice_id: str) -> str:
    """The document of one loose slice, by the id that its object would have as a scan."""
    return f"{SLICES}/{slice_id}"


def run(epoch: int) -> str:
    """The document of a retraining run."""
    return f"{RUNS}/{epoch}"


def model(model_version: str) -> str:
    """The document of a registered model."""
    return f"{MODELS}/{model_version}"


def rereads(model_version: str) -> str:
    """The collection of scans that a model reads after an earlier one."""
    return f"{model(model_version)}/rereads"


def reread(model_version: str, scan_id: str) -> str:
    """The document of one scan that a model reads after an earlier one."""
    return f"{rereads(model_version)}/{scan_id}"


def reviewer(email: str) -> str:
    """The document of a person's role."""
    return f"reviewers/{email}"


def scan_id(bucket: str, name: str, generation: int) -> str:
    """The id of the scan that one object is at one generation: 26 letters and digits."""
    digest = hashlib.sha256(f"{bucket}/{name}/{generation}".encode()).digest()
    return base64.b32encode(digest).decode()[:26].lower()


def is_scan_id(text: str) -> bool:
    """Tell if it is an id that `scan_id` makes: others may be no document's, or several's."""
    return re.fullmatch(SCAN_ID_PATTERN, text) is not None


def is_document_id(text: str) -> bool:
    """Tell if Firestore takes it for the id of a document."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return False
    return _DOCUMENT_ID.fullmatch(text) is not None and size <= _LONGEST_DOCUMENT_ID


def is_scan(name: str) -> bool:
    """Tell if an object of the uploads bucket is a scan.

    Consoles make empty objects to show a folder, and a large upload comes in parts first, which
    are composed into the scan and then removed. A folder that is copied as a whole brings lists of
    its files along. Addresses of slices in an archive are scans once they are listed.
    """
    if is_archived_slice(name):
        return False
    is_list = name.rpartition("/")[2].lower() in _LISTS
    return not name.endswith("/") and not is_list and _PART.search(name) is None


def is_directory_of_medium(name: str) -> bool:
    """Tell if an object is the list of a DICOM medium, which names the patients on it."""
    return name.rpartition("/")[2].lower() == _DIRECTORY


def series_object(upload: str, number: int, digest: str) -> str:
    """Name of the object that a series of an uploaded archive becomes, beside the upload."""
    return f"{series_folder(upload)}{number}-{digest}.zip"


def series_folder(upload: str) -> str:
    """The folder of all series of an uploaded archive."""
    return upload + _SERIES


def is_series(name: str) -> bool:
    """Tell if an object is one that `series_object` names."""
    return _SERIES in name


def slice_folder(name: str) -> str:
    """The folder within which the loose slices of a series belong together: the topmost one.

    A copied study may spread a series over folders below it. Empty for the root of the bucket.
    """
    return name.partition("/")[0] if "/" in name else ""


def slice_lists(folder: str, key: str) -> str:
    """The folder of the lists of a series' loose slices that came into a folder."""
    return f"{folder}/.series/{key}/" if folder else f".series/{key}/"


def slice_list(folder: str, key: str, number: int) -> str:
    """Name of the object that lists a series' loose slices, for the first, second, … time."""
    return f"{slice_lists(folder, key)}{number:04d}.json"


def slice_list_number(name: str) -> int:
    """Number of an object that `slice_list` names; 0 for any other."""
    found = _SLICE_LIST.fullmatch(name)
    return int(found[3]) if found else 0


def is_slice_list(name: str) -> bool:
    """Tell if an object is one that `slice_list` names."""
    return _SLICE_LIST.fullmatch(name) is not None


def archived_slice(key: str, slice_key: str) -> str:
    """Name of the object that says where in an archive a slice of a series lies."""
    return f"{ARCHIVE}/{key}/{slice_key}.json"


def is_archived_slice(name: str) -> bool:
    """Tell if an object is one that `archived_slice` names."""
    return is_archived(name) and not is_slice_list(name)


def is_archived(name: str) -> bool:
    """Tell if an object came in by way of an archive."""
    return name.startswith(f"{ARCHIVE}/")


def gather_of(slice_list: str) -> str:
    """Key of the series of an object that `slice_list` names."""
    return slice_list.split("/")[-2]


def folder_of_slices(slice_list: str) -> str:
    """The folder that the slices of an object that `slice_list` names came into."""
    return "/".join(slice_list.split("/")[:-3])


def artifact_names(scan_id: str, model_version: str) -> Artifacts:
    """Prefix of one model's artifacts of one scan in the results bucket."""
    folder = f"{results_folder(scan_id)}{model_version}"
    return Artifacts(
        pictures=f"{folder}/pictures.zip",
        segmentation=f"{folder}/segmentation.mha",
        prediction=f"{folder}/prediction.json",
        thumbnail=f"{folder}/thumbnail.jpg",
    )


def results_folder(scan_id: str) -> str:
    """The folder of every model's artifacts of one scan in the results bucket."""
    return f"scans/{scan_id}/"


def kept_scan(scan_id: str) -> str:
    """The voxels of a scan whose file lies in an archive, in the results bucket."""
    return f"{results_folder(scan_id)}scan.mha"


def model_file(model_version: str, name: str) -> str:
    """Name of a model's file in the models bucket."""
    return f"models/{model_version}/{name}"


def scan_of(path: str) -> str:
    """The id of the scan to which a document below it belongs."""
    return path.split("/")[1]


def split_address(address: str) -> tuple[str, str]:
    """Bucket and object name of a `gs://` address; the name is empty for a bucket's own."""
    bucket, _, name = address.removeprefix("gs://").partition("/")
    return bucket, name


def upload_name(file_name: str) -> str:
    """A new object name for a file: unguessable, and safe in URLs, shells and file systems."""
    return f"{secrets.token_hex(16)}/{safe_file_name(file_name)}"


def file_name_of(path: str) -> str:
    """The last part of a path as people see and compare it: with its accents composed (NFC)."""
    return unicodedata.normalize("NFC", PurePosixPath(path.replace("\\", "/")).name)


def safe_file_name(name: str) -> str:
    """The last part of a path with only letters, digits, `.`, `_`, `-`; the suffix survives.

    Letters of every script stay, composed as by `file_name_of`: without them all names of one
    alphabet would be the same.
    """
    kept = (each if each in "._-" or is_of_word(each) else " " for each in file_name_of(name))
    safe = re.sub(" +", "_", "".join(kept)).lstrip(".")[-LONGEST_FILE_NAME:]
    return safe.encode()[-_LONGEST_FILE_NAME_BYTES:].decode(errors="ignore") or "scan"
