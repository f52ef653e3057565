"""`discai upload`: sends scans to a DiscAI cloud in chunks, over bad networks too."""

import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import pydantic
import requests
from pydantic import Field
from tqdm import tqdm

from discai.cloud.environment import EnvironmentSettings
from discai.commands.bundles import Bundle, bundles_of
from discai.errors import DiscaiError, PermanentError, RetryableError
from discai.records.api import ErrorBody, UploadOrder, UploadSession
from discai.study.series import in_words

CHUNK_BYTES: Final = 8 * 1024**2  # Cloud Storage wants a multiple of 256 KiB

_TIMEOUT_SECONDS: Final = 60.0
_TRIES: Final = 8  # a minute in all
#: Below 500, what Cloud Storage asks to repeat.
_PASSING: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)

Result = TypeVar("Result")


class UploadSettings(EnvironmentSettings):
    """The api that takes scans, and the reviewer who uploads; `.local/env` names the local ones."""

    api_url: str = Field(min_length=1, description="URL of the web app's api.")
    reviewer_email: str = Field(min_length=1, description="E-mail address of the reviewer.")
    reviewer_password: str = Field(
        min_length=1, repr=False, description="Password of the reviewer's account."
    )
    firebase_api_key: str = Field(
        default="emulator",
        description="Web API key of the Firebase project; an emulator takes any.",
    )
    firebase_auth_emulator_host: str = Field(
        default="",
        description="Host and port of a stand-in for Firebase Authentication; empty for none.",
    )


def upload_files(
    paths: Sequence[Path], settings: UploadSettings, complain: Callable[[str], None]
) -> int:
    """Uploads each scan and prints its `gs://` name; returns how many could not be uploaded.

    Of a folder each readable series is one, and what isn't sent of it is printed as well.
    `complain` gets a line for each failure. Raises `PermanentError` if the paths or the sign-in are
    wrong, before anything is sent.
    """
    bundles = bundles_of(paths)
    empty = [bundle for bundle in bundles if bundle.is_empty]
    for bundle in empty:
        complain(f"{bundle.name}: The file is empty.")
    failures = len(empty)
    if failures == len(bundles):
        return failures
    uploader = Uploader(settings)
    uploader.sign_in()
    for bundle in bundles:
        if bundle in empty:
            continue
        failures += _upload_scans(bundle, uploader, complain)
    return failures


def _upload_scans(bundle: Bundle, uploader: "Uploader", complain: Callable[[str], None]) -> int:
    """Uploads what is in a bundle; returns how many of its scans could not be uploaded."""
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            contents = bundle.contents(Path(folder))
        except PermanentError as error:
            complain(f"{bundle.name}: {error.message}")
            return 1
        for thing in contents.left_out:
            print(f"{bundle.name}: left out: {in_words(thing)}", flush=True)
        for scan in contents.scans:
            try:
                print(uploader.upload(scan), flush=True)
            except DiscaiError as error:
                complain(f"{scan.name}: {error.message}")
                failures += 1
    return failures


class Uploader:
    """One reviewer's uploads.

    Attributes:
        token: the reviewer's ID token, once signed in.

    `first_pause_seconds` is how long it waits before the second try of a call; each further pause
    is about twice as long.
    """

    def __init__(self, settings: UploadSettings, first_pause_seconds: float = 0.5) -> None:
        self._settings = settings
        self._http = requests.Session()
        self._first_pause_seconds = first_pause_seconds
        self._token_until = 0.0

    def sign_in(self) -> None:
        """Gets an ID token; raises `PermanentError("sign-in")` if e-mail or password are wrong."""
        host = self._settings.firebase_auth_emulator_host
        answer = self._call(
            "POST",
            f"{f'http://{host}' if host else 'https:/'}/identitytoolkit.googleapis.com/v1/"
            f"accounts:signInWithPassword?key={self._settings.firebase_api_key}",
            {
                "email": self._settings.reviewer_email,
                "password": self._settings.reviewer_password,
                "returnSecureToken": True,
            },
        )
        if answer.status_code != HTTPStatus.OK:
            raise PermanentError("sign-in", "E-mail address or password are wrong.")
        token = answer.json()
        self.token: str = token["idToken"]
        self._http.headers["Authorization"] = f"Bearer {self.token}"
        self._token_until = time.monotonic() + float(token["expiresIn"]) - _TIMEOUT_SECONDS

    def upload(self, bundle: Bundle) -> str:
        """Uploads one scan with a progress bar; returns its `gs://` name."""
        with tempfile.TemporaryDirectory() as folder:
            path = bundle.pack(Path(folder))
            size = path.stat().st_size
            session = self._session(bundle.name, size)
            with path.open("rb") as file, _bar(bundle.name, size) as bar:
                transfer = _Transfer(session.upload_url, file, size)
                while transfer.offset != size:
                    self._patiently(transfer.step)
                    bar.update((transfer.offset or 0) - bar.n)
        return f"gs://{session.bucket}/{session.object_name}"

    def _session(self, name: str, size: int) -> UploadSession:
        if time.monotonic() > self._token_until:
            self.sign_in()
        order = _order(name, size)
        answer = self._call(
            "POST", f"{self._settings.api_url}/uploads", order.model_dump(by_alias=True)
        )
        if answer.status_code != HTTPStatus.CREATED:
            raise _refusal(answer)
        return UploadSession.model_validate_json(answer.content)

    def _call(self, method: str, url: str, body: dict[str, Any]) -> requests.Response:
        return self._patiently(
            lambda: _answer_of(
                lambda: self._http.request(method, url, json=body, timeout=_TIMEOUT_SECONDS)
            )
        )

    def _patiently(self, call: Callable[[], Result]) -> Result:
        for attempt in range(_TRIES - 1):
            try:
                return call()
            except RetryableError:
                pause = self._first_pause_seconds * 2**attempt
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)
        return call()


class _Transfer:
    """A resumable session; `offset` is how much of the file has arrived, None if unknown."""

    def __init__(self, url: str, file: BinaryIO, size: int) -> None:
        self._url = url
        self._file = file
        self._size = size
        self.offset: int | None = 0

    def step(self) -> None:
        """Sends the next chunk, or after a failure asks how much has arrived."""
        chunk, content_range = b"", f"bytes */{self._size}"
        if self.offset is not None:
            self._file.seek(self.offset)
            wanted = min(CHUNK_BYTES, self._size - self.offset)
            chunk = self._file.read(wanted)
            if len(chunk) < wanted:
                raise PermanentError("file-changed", "The file was changed while it was sent.")
            last = self.offset + len(chunk) - 1
            content_range = f"bytes {self.offset}-{last}/{self._size}"
        self.offset = None  # until an answer says otherwise
        answer = _answer_of(
            lambda: requests.put(
                self._url,
                data=chunk,
                headers={"Content-Range": content_range},
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        )
        if answer.status_code in (HTTPStatus.OK, HTTPStatus.CREATED):
            self.offset = self._size
        elif answer.status_code == HTTPStatus.PERMANENT_REDIRECT:  # "resume incomplete"
            received = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
            self.offset = int(received[1]) + 1 if received else 0
        else:
            raise PermanentError(
                "upload-lost", "The cloud gave this upload up; please start again."
            )


def _answer_of(send: Callable[[], requests.Response]) -> requests.Response:
    """The answer to a request; raises `RetryableError` if there is none, or none that counts."""
    try:
        answer = send()
    except requests.RequestException as error:
        raise RetryableError("unavailable", "The cloud can't be reached.") from error
    if answer.status_code in _PASSING or answer.status_code >= 500:
        raise RetryableError("unavailable", "The cloud does not answer at the moment.")
    return answer


def _order(name: str, size: int) -> UploadOrder:
    try:
        return UploadOrder(file_name=name, size=size, content_type="application/octet-stream")
    except pydantic.ValidationError as error:
        raise PermanentError("bad-request", UploadOrder.malformed) from error


def _refusal(answer: requests.Response) -> PermanentError:
    try:
        error = ErrorBody.model_validate_json(answer.content).error
    except pydantic.ValidationError:
        return PermanentError("refused", f"The cloud refused this ({answer.status_code}).")
    return PermanentError(error.code, error.message)


def _bar(name: str, size: int) -> "tqdm[Any]":
    return tqdm(total=size, desc=name, unit="B", unit_scale=True, disable=None, leave=False)
