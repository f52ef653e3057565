"""A DICOMweb archive: what lies in a series, its files as they are, and storing new ones.

Addresses there are UIDs, which are identity: no error and no log line of this module has one.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any, Final, Self, TypeVar

import google.auth
import pydicom
import requests
from dicomweb_client.web import DICOMwebClient
from google.api_core.retry import Retry, if_exception_type
from google.auth.transport.requests import AuthorizedSession

from discai.cloud.archive_settings import ArchiveSettings
from discai.cloud.retrying import retryable
from discai.errors import PermanentError, RetryableError
from discai.records.archive import Address

for _talkative in ("dicomweb_client", "retrying"):  # they log addresses
    logging.getLogger(_talkative).setLevel(logging.CRITICAL)

#: Answers after which the same request may succeed.
_PASSING: Final = (408, 425, 429, 500, 502, 503, 504)
#: Answers that an engineer can change: who may do what in the archive.
_LOCKED: Final = (401, 403, 407)
_GONE: Final = (404, 410)
#: Reasons for a refusal that say that the very instance is there already (PS3.7 C.5.7; Azure's).
_THERE_ALREADY: Final = (0x0111, 45070)

_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 60.0
_CHUNK_BYTES: Final = 16 * 2**20
_SCOPE: Final = "https://www.googleapis.com/auth/cloud-healthcare"
_STORED_AS_IT_IS: Final = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_PARTS: Final = 'multipart/related; type="application/dicom"; boundary="discai-5f1c0a4e9b"'
_JSON: Final = "application/dicom+json"

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Instance:
    """Address of one file in an archive: the UIDs of its study, its series and its own."""

    study: str
    series: str
    uid: str


@dataclass(frozen=True)
class SeriesInArchive:
    """A series of a study: its UID, its modality (empty: not said), and how many files it has.

    The number is None where the archive doesn't say it.
    """

    uid: str
    modality: str
    count: int | None


@dataclass(frozen=True)
class Refusal:
    """A file that the archive doesn't take.

    Attributes:
        uid: the file's own (SOP Instance) UID.
        code: the archive's reason as DICOM numbers it (PS3.18 I.2.2); None if it gave none.
    """

    uid: str
    code: int | None


@dataclass(frozen=True)
class StoreAnswer:
    """UIDs of the files that the archive has now, and what it refused."""

    accepted: tuple[str, ...]
    refused: tuple[Refusal, ...]


class Archive:
    """The studies of one DICOMweb archive.

    Each call is repeated for a while where the failure may pass. Then it raises `RetryableError`
    (`unavailable`; `archive-locked` where the archive doesn't know DiscAI or lets it do less), and
    for what can't pass `PermanentError`: `not-in-archive`, `too-large` or `archive-refused`.
    """

    def __init__(
        self,
        url: str,
        session: requests.Session,
        *,
        patience_seconds: float = 15.0,
        first_pause_seconds: float = 0.25,
    ) -> None:
        self._client: Any = _Client(url.rstrip("/"), session)
        self._again = Retry(
            if_exception_type(RetryableError),
            initial=first_pause_seconds,
            maximum=4.0,
            timeout=patience_seconds,
        )

    @classmethod
    def connect(cls, settings: ArchiveSettings) -> Self:
        """The archive of the settings, which nothing is asked yet."""
        if settings.dicomweb_auth == "google":
            credentials, _ = google.auth.default(scopes=[_SCOPE])
            return cls(settings.dicomweb_url, AuthorizedSession(credentials))
        session = requests.Session()
        if settings.dicomweb_auth == "basic":
            password = settings.dicomweb_password.get_secret_value()
            session.auth = (settings.dicomweb_user, password)
        return cls(settings.dicomweb_url, session)

    def instances(self, study: str, series: str) -> list[Instance]:
        """Addresses of all files of a series, in no order; none if there is no such series."""
        found = self._patiently(lambda: self._client.instances_of(study, series))
        return [Instance(study, series, uid) for uid in found]

    def count(self, study: str, series: str) -> int | None:
        """The number of files of a series; None if the archive doesn't say."""
        number: int | None = self._patiently(lambda: self._client.count_of(study, series))
        return number

    def studies_since(self, day: date) -> list[str]:
        """UIDs of the studies that were made on that day or later."""
        found: list[str] = self._patiently(lambda: self._client.studies_since(day))
        return found

    def series_of(self, study: str) -> list[SeriesInArchive]:
        """All series of a study."""
        found: list[SeriesInArchive] = self._patiently(lambda: self._client.series_of(study))
        return found

    def check(self) -> None:
        """Raises an error as other calls do where the archive doesn't answer a small question."""
        self._patiently(lambda: self._client.search_for_studies(limit=1))

    def fetch(self, instance: Address, max_bytes: int) -> bytes:
        """The file as it was stored, in its own transfer syntax."""
        data: bytes = self._patiently(lambda: self._client.file_of(instance, max_bytes))
        return data

    def store(self, files: Iterable[bytes]) -> StoreAnswer:
        """Stores DICOM files; the same file may be stored again, and is then accepted as before.

        An archive that has a file of that UID already keeps its own, and says that it has it.
        """
        data = list(files)
        sent = [_uid_of(each) for each in data]
        answer = self._patiently(lambda: self._client.post(data))
        return _store_answer(sent, *answer)

    def _patiently(self, call: Callable[[], _Made]) -> _Made:
        def once() -> _Made:
            with _told():
                return call()

        try:
            # Its own error, after the last try, has that of the try as its cause.
            with retryable("The archive"):
                made: _Made = self._again(once)()
                return made
        except RetryableError as error:
            last = error.__cause__.__cause__ if error.__cause__ else None
            said = last if isinstance(last, RetryableError) else error
            raise RetryableError(said.code, said.message) from None


class _Client(DICOMwebClient):
    """The library's client, which hands out and takes files as bytes.

    Its own methods parse what they get: a file of a stranger is parsed in the sandbox alone.
    """

    def __init__(self, url: str, session: requests.Session) -> None:
        super().__init__(
            url,
            session,
            chunk_size=_CHUNK_BYTES,
            permissive_uid=True,  # scanners make some that the standard doesn't allow
            timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
        )
        self.set_http_retry_params(retry=False)

    def instances_of(self, study: str, series: str) -> list[str]:
        """UIDs of a series' files."""
        found = self.search_for_instances(study, series, get_remaining=True)
        return list(dict.fromkeys(each["00080018"]["Value"][0] for each in found))

    def count_of(self, study: str, series: str) -> int | None:
        """The number that the archive gives of a series."""
        found = self.search_for_series(study, search_filters={"SeriesInstanceUID": series})
        values = found[0].get("00201209", {}).get("Value") if found else None
        return int(values[0]) if values else None

    def studies_since(self, day: date) -> list[str]:
        """UIDs of the studies of that day and later ones."""
        query = {"StudyDate": f"{day:%Y%m%d}-"}
        found = self.search_for_studies(search_filters=query, get_remaining=True)
        return list(dict.fromkeys(each["0020000D"]["Value"][0] for each in found))

    def series_of(self, study: str) -> list[SeriesInArchive]:
        """Facts about the series of a study."""
        found = self.search_for_series(study, get_remaining=True)
        return [
            SeriesInArchive(
                uid=each["0020000E"]["Value"][0],
                modality=next(iter(each.get("00080060", {}).get("Value", [])), ""),
                count=next(map(int, each.get("00201209", {}).get("Value", [])), None),
            )
            for each in found
        ]

    def file_of(self, instance: Address, max_bytes: int) -> bytes:
        """One file, without looking into it."""
        where = f"studies/{instance.study}/series/{instance.series}/instances/{instance.uid}"
        response: Any = self._http_get(
            f"{self.base_url}/{where}", headers={"Accept": _STORED_AS_IT_IS}, stream=True
        )
        bounded = _Bounded(response, max_bytes)
        if not response.headers.get("Content-Type", "").lower().startswith("multipart/"):
            return b"".join(bounded.iter_content(_CHUNK_BYTES))
        parts = list(self._decode_multipart_message(bounded, stream=True))
        if len(parts) != 1:
            raise PermanentError("archive-refused", "The archive didn't send one file.")
        return bytes(parts[0])

    def post(self, files: list[bytes]) -> tuple[int, pydicom.Dataset]:
        """Status and body of the answer to a request to store files."""
        response = self._session.post(
            f"{self.base_url}/studies",
            data=self._encode_multipart_message(files, _PARTS),
            headers={"Content-Type": _PARTS, "Accept": _JSON},
            timeout=self._timeout,
        )
        if response.status_code != requests.codes.conflict:  # whose body says what is refused
            response.raise_for_status()
        try:
            body = response.json()
        except ValueError:
            return response.status_code, pydicom.Dataset()
        said = body[0] if isinstance(body, list) and body else body
        return response.status_code, pydicom.Dataset.from_json(said or {})


class _Bounded:
    """A response that ends in an error where it is longer than a file may be."""

    def __init__(self, response: requests.Response, max_bytes: int) -> None:
        self._response = response
        self._most = max_bytes + 4096  # what a part has around it
        self.headers = response.headers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._response.close()

    def iter_content(self, chunk_size: int) -> Iterator[bytes]:
        """The body, piece by piece."""
        seen = 0
        for chunk in self._response.iter_content(chunk_size):
            seen += len(chunk)
            if seen > self._most:
                self._response.close()
                raise PermanentError("too-large", "A file in the archive is larger than we read.")
            yield chunk

    @property
    def content(self) -> bytes:
        """The body."""
        return b"".join(self.iter_content(_CHUNK_BYTES))


@contextmanager
def _told() -> Iterator[None]:
    """Turns what goes wrong within into an error of DiscAI that names no patient."""
    try:
        with retryable("The archive"):
            yield
    except RetryableError as error:
        raise RetryableError(error.code, error.message) from None
    except requests.HTTPError as error:
        raise _error_of(error.response.status_code) from None
    except (requests.RequestException, KeyError, IndexError, TypeError, ValueError):
        raise PermanentError(
            "archive-refused", "The archive answers otherwise than DICOMweb says."
        ) from None


def _error_of(status: int) -> PermanentError | RetryableError:
    if status in _PASSING:
        return RetryableError(
            "unavailable", "The archive does not answer at the moment; please try again."
        )
    if status in _LOCKED:
        return RetryableError("archive-locked", f"The archive does not let DiscAI in ({status}).")
    if status in _GONE:
        return PermanentError("not-in-archive", "The archive does not have it (any more).")
    return PermanentError("archive-refused", f"The archive refuses the request ({status}).")


def _uid_of(file: bytes) -> str:
    try:
        header = pydicom.dcmread(
            BytesIO(file), specific_tags=["SOPInstanceUID"], stop_before_pixels=True
        )
        return str(header.SOPInstanceUID)
    except (pydicom.errors.InvalidDicomError, AttributeError):
        raise PermanentError("unsupported-format", "Only DICOM files can be stored.") from None


def _store_answer(sent: list[str], status: int, said: pydicom.Dataset) -> StoreAnswer:
    failed = {
        str(item.ReferencedSOPInstanceUID): _reason(item)
        for item in said.get("FailedSOPSequence") or ()
    }
    named = {str(item.ReferencedSOPInstanceUID) for item in said.get("ReferencedSOPSequence") or ()}
    # Where nothing is said of a file, all were taken or none.
    taken = status != requests.codes.conflict
    accepted = [
        uid
        for uid in sent
        if uid in named or failed.get(uid) in _THERE_ALREADY or (uid not in failed and taken)
    ]
    refused = [Refusal(uid, failed.get(uid)) for uid in sent if uid not in accepted]
    return StoreAnswer(tuple(accepted), tuple(refused))


def _reason(item: pydicom.Dataset) -> int | None:
    code = item.get("FailureReason")
    return None if code is None else int(code)
