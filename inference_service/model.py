"""The model that this worker serves, loaded and warmed while the port is already open."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from discai.errors import DiscaiError, RetryableError

if TYPE_CHECKING:
    from discai.predictor import Predictor

logger = logging.getLogger(__name__)


class ServedModel:
    """A predictor that becomes ready some seconds after the start."""

    def __init__(self, load: "Callable[[], Predictor]") -> None:
        self._load = load
        self._future: Future[Predictor] = Future()

    def start(self, on_failure: Callable[[], None]) -> None:
        """Loads it in a thread, which calls `on_failure` if it can't be loaded."""
        threading.Thread(target=self._load_and_warm, args=[on_failure], daemon=True).start()

    @property
    def is_ready(self) -> bool:
        """Whether it reads at full speed from now on."""
        return self._future.done() and not self.has_failed

    @property
    def has_failed(self) -> bool:
        """Whether it never will."""
        return self._future.done() and self._future.exception() is not None

    def get(self) -> "Predictor":
        """The predictor, as soon as it is ready; raises `RetryableError` if it never will be."""
        try:
            return self._future.result()
        except Exception as error:
            raise RetryableError("no-model", "This worker could not load its model.") from error

    def _load_and_warm(self, on_failure: Callable[[], None]) -> None:
        try:
            predictor = self._load()
            predictor.warm()
        except Exception as error:
            known = isinstance(error, DiscaiError)
            logger.critical("The model can't be loaded: %s", error, exc_info=not known)
            self._future.set_exception(error)
            on_failure()
        else:
            self._future.set_result(predictor)
            logger.info(
                "model ready on %s",
                predictor.device,
                extra={"modelVersion": predictor.model_version},
            )


def load_predictor(model_dir: str, backend: str) -> "Predictor":
    """The model in that folder, or the committed one, run by that backend or by the best.

    Raises `PermanentError` if it is damaged or can't be run so.
    """
    # Here and not above: what runs it may take seconds to import; the port must open before.
    from discai.predictor import Predictor

    if model_dir:
        return Predictor.load(Path(model_dir), backend)
    return Predictor.bootstrap(backend)
