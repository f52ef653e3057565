"""The model that this worker serves: the one in production, followed without a restart."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final, Protocol

from discai.errors import DiscaiError, RetryableError
from discai.reading import Reading
from discai.records.scans import Step
from discai.scan import Scan

logger = logging.getLogger(__name__)

BUILT_IN: Final = ""
"""The version of the model that came with the code."""

#: A version that could not be loaded is tried again after this time.
_RETRY_SECONDS: Final = 60.0
_GLANCE_SECONDS: Final = 0.1


class LoadedModel(Protocol):
    """One version, ready to read: a `discai.predictor.Predictor`, as far as the worker uses it."""

    @property
    def model_version(self) -> str:
        """Such as `2026-11-30`."""

    @property
    def herniation_threshold(self) -> float:
        """A disc is herniated from this probability on."""

    @property
    def device(self) -> str:
        """Description of what runs the networks."""

    def warm(self) -> None:
        """Makes the first reading as fast as the others."""

    def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
        """The reading; calls `progress(step, done, total)`; raises `PermanentError`."""


LoadModel = Callable[[str], LoadedModel]
"""Loads a version, or `BUILT_IN`; raises `DiscaiError` if it can't."""
WantedVersion = Callable[[], str]
"""The version that is in production, or `BUILT_IN`; raises `RetryableError` if it is unknown."""


def always_built_in() -> str:
    """Nothing is followed."""
    return BUILT_IN


class ServedModel:
    """A predictor that becomes ready some seconds after the start, and is replaced by newer ones.

    A new version is loaded and warmed beside the old one, which serves meanwhile; scans at work
    end with the model that they began with. What can't be loaded replaces nothing.
    """

    def __init__(
        self,
        load: LoadModel,
        wanted: WantedVersion = always_built_in,
        poll_seconds: float = 5.0,
    ) -> None:
        self._load = load
        self._wanted = wanted
        self._poll_seconds = poll_seconds
        self._first: Future[LoadedModel] = Future()
        self._predictor: LoadedModel | None = None
        self._stopped = threading.Event()
        self.problem: str | None = None
        """Why the wanted version is not the one that serves, a sentence."""

    def start(self, on_failure: Callable[[], None]) -> None:
        """Loads it in a thread, which calls `on_failure` if nothing can be loaded at all."""
        threading.Thread(target=self._serve, args=[on_failure], daemon=True).start()

    def stop(self) -> None:
        """Follows no more."""
        self._stopped.set()

    @property
    def is_ready(self) -> bool:
        """Tell if it reads at full speed from now on."""
        return self._predictor is not None

    @property
    def has_failed(self) -> bool:
        """Tell if it never will."""
        return self._first.done() and self._first.exception() is not None

    @property
    def version(self) -> str | None:
        """The version that serves, None while the first one is loading."""
        return self._predictor.model_version if self._predictor else None

    def get(self) -> LoadedModel:
        """The predictor, as soon as one is ready; raises `RetryableError` if none ever will be."""
        if self._predictor is not None:
            return self._predictor
        try:
            return self._first.result()
        except Exception as error:
            raise RetryableError("no-model", "This worker could not load its model.") from error

    def wait_for(self, version: str, seconds: float) -> None:
        """Returns when that version serves, or one can't be served, or the time is over."""
        deadline = time.monotonic() + seconds
        while self.version != version and self.problem is None and time.monotonic() < deadline:
            time.sleep(_GLANCE_SECONDS)

    def _serve(self, on_failure: Callable[[], None]) -> None:
        wanted = self._ask()
        try:
            first = self._loaded(wanted) or self._load_warm(BUILT_IN)
        except Exception as error:
            known = isinstance(error, DiscaiError)
            logger.critical("The model can't be loaded: %s", error, exc_info=not known)
            self._first.set_exception(error)
            on_failure()
            return
        self._predictor = first
        self._first.set_result(first)
        self._follow()

    def _follow(self) -> None:
        broken, again_at = BUILT_IN, 0.0
        while not self._stopped.wait(self._poll_seconds):
            wanted = self._ask()
            if wanted in (BUILT_IN, self.version):
                self.problem, broken = None, BUILT_IN
            elif wanted == broken and time.monotonic() < again_at:
                continue
            elif newer := self._loaded(wanted):
                self._predictor = newer
            else:
                broken, again_at = wanted, time.monotonic() + _RETRY_SECONDS

    def _ask(self) -> str:
        try:
            return self._wanted()
        except RetryableError as error:
            logger.warning("The production model is unknown: %s", error.message)
        except Exception:  # this thread must survive: no other one follows the pointer
            logger.exception("The production model is unknown")
        return self.version or BUILT_IN

    def _loaded(self, version: str) -> LoadedModel | None:
        """Load that version; None, with the reason kept and logged, if it can't be served."""
        if version == BUILT_IN:
            return None
        try:
            predictor = self._load_warm(version)
        except Exception as error:
            known = isinstance(error, DiscaiError)
            reason = str(error) if known else "it broke while loading"
            self.problem = f"The model {version} can't be served: {reason}"
            logger.error(self.problem, exc_info=not known, extra={"modelVersion": version})
            return None
        self.problem = None
        return predictor

    def _load_warm(self, version: str) -> LoadedModel:
        predictor = self._load(version)
        predictor.warm()
        logger.info(
            "model ready on %s",
            predictor.device,
            extra={"modelVersion": predictor.model_version},
        )
        return predictor


def load_built_in(model_dir: str, backend: str) -> LoadedModel:
    """The model in that folder, or the committed one, run by that backend or by the best.

    Raises `PermanentError` if it is damaged or can't be run so.
    """
    # Here and not above: what runs it may take seconds to import; the port must open before.
    from discai.predictor import Predictor

    if model_dir:
        return Predictor.load(Path(model_dir), backend)
    return Predictor.bootstrap(backend)
