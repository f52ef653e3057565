"""Search the herniation network's hyperparameters with Keras Tuner, by patient-level folds."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import keras_tuner

from discai.errors import DiscaiError, PermanentError
from pipeline.training.calibration import mean_auroc
from pipeline.training.crops import LabelledCrop, tabulate
from pipeline.training.herniation import RECIPE, SEARCH_SPACE, SEED, out_of_fold
from pipeline.training.progress import Progress, named_by

TRIALS: Final = 8
#: Folds that `train` doesn't use, so that its out-of-fold estimate isn't what was searched for.
SEEDS: Final = (SEED - 1,)
#: Other choices than the recipe's must be better by more than what other folds would change.
MARGIN: Final = 0.01
RESULTS_NAME: Final = "search.json"


Reach = Callable[[Mapping[str, Any]], float]
"""The AUROC that some hyperparameters reach on discs of unseen patients."""
Tried = Callable[[str, Mapping[str, Any], float], None]
"""`tried(name, hyperparameters, auroc)` is called after each trial."""


class FoldTuner(keras_tuner.BayesianOptimization):  # type: ignore[misc]  # it ships no types
    """Keras Tuner where a trial is a round of patient-level folds instead of one training."""

    def run_trial(self, trial: Any, reach: Reach, tried: Tried) -> dict[str, float]:
        """The AUROC that a trial's choices reach."""
        try:
            reached = reach(trial.hyperparameters.values)
        except DiscaiError as error:  # the tuner would take it for bad hyperparameters
            raise keras_tuner.errors.FatalError(error.message) from error
        tried(f"trial-{trial.trial_id}", trial.hyperparameters.values, reached)
        return {"auroc": reached}


def _unfollowed(_name: str, _hyperparameters: Mapping[str, Any], _auroc: float) -> None:
    """A search whose trials are not shown."""


def search(
    crops: Sequence[LabelledCrop],
    folder: Path,
    *,
    weights: Sequence[float] | None = None,
    trials: int = TRIALS,
    progress: Progress | None = None,
    tried: Tried = _unfollowed,
) -> dict[str, Any]:
    """The hyperparameters with the highest AUROC; `RECIPE` unless others are clearly better.

    Writes every trial into `search.json` in the folder. `progress` is that of the same search if it
    was broken off: the tuner, which isn't told, chooses again what it chose, and finished folds are
    found there; without one they lie in the folder. Raises `PermanentError("search-failed")` if no
    trial could be finished.
    """
    table = tabulate(crops, weights)
    progress = progress or Progress(folder / "folds")

    def reach(hyperparameters: Mapping[str, Any]) -> float:
        chosen = {name: hyperparameters[name] for name in SEARCH_SPACE}
        folds = progress.part(named_by(**chosen))
        # The choices are those of the networks over measures, which take a tenth of the time.
        found, _ = out_of_fold(crops, table, chosen, SEEDS, folds.once, pictured=0)
        return mean_auroc(found)

    tuner = FoldTuner(
        objective=keras_tuner.Objective("auroc", "max"),
        max_trials=trials,
        hyperparameters=search_space(),
        tune_new_entries=False,
        seed=SEED,
        overwrite=True,
        directory=folder,
        project_name="trials",
    )
    tuner.search(reach, tried)
    recipe = {"auroc": reach(RECIPE), **RECIPE}
    ranked = [
        {"auroc": trial.score, **trial.hyperparameters.values}
        for trial in tuner.oracle.get_best_trials(trials)
        if trial.score is not None  # one that failed, out of memory for example
    ]
    if not ranked:
        raise PermanentError("search-failed", "No trial of the search came to its end.")
    results = {"recipe": recipe, "trials": ranked}
    (folder / RESULTS_NAME).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    best = ranked[0] if ranked[0]["auroc"] > recipe["auroc"] + MARGIN else recipe
    return {name: best[name] for name in SEARCH_SPACE}


def search_space() -> keras_tuner.HyperParameters:
    """`SEARCH_SPACE` as Keras Tuner has it."""
    space = keras_tuner.HyperParameters()
    for name, values in SEARCH_SPACE.items():
        space.Choice(name, list(values), default=values[0])
    return space
