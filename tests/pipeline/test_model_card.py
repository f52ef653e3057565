from dataclasses import asdict

from pipeline.estimates import Estimate
from pipeline.model_card import LEVEL_COLUMNS, model_card
from tests.discai.test_predictor import manifest


def leaf(value: float) -> dict:
    return asdict(Estimate(value, value - 0.1, value + 0.05, 45, 9))


def row(auroc: float) -> dict:
    return {
        "herniated": 5,
        "auroc": leaf(auroc),
        "average_precision": leaf(0.4),
        "calibration_error": leaf(0.2),
    }


def test_the_card_says_what_was_measured_and_what_it_is_not():
    metrics = {
        "dice": {"disc": leaf(0.871), "vertebra": leaf(0.9), "canal": leaf(0.91)},
        "dice_other_scanner": {"disc": leaf(0.86)},
        "levels": {kind: leaf(0.98) for kind in LEVEL_COLUMNS},
        "herniation": {"t2": row(0.812), "t1": row(0.7)},
        "herniation_out_of_fold": {"t2": row(0.84), "t1": row(0.75)},
        "refused": {
            "other_planes": 11,
            "other_planes_refused": 10,
            "sagittal": 14,
            "sagittal_read": 9,
        },
    }
    card = model_card(manifest(metrics=metrics))
    assert "Research use only. Not a medical device." in card
    assert "0.871 [0.771, 0.921], n = 45" in card
    assert "| T2, held-out patients | 5 of 45 (9 patients) | 0.812 [0.712, 0.862]" in card
    assert "10 of 11 axial and coronal" in card
    assert "Sci Data 11" in card
