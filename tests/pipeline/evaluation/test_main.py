import pytest

from pipeline.evaluation.__main__ import main
from pipeline.evaluation.record import EvaluationRecord
from pipeline.evaluation.report.page import write_documentation
from tests.support.pipeline.evaluations import evaluation


def run(monkeypatch, *arguments) -> None:
    monkeypatch.setattr("sys.argv", ["evaluation", *map(str, arguments)])
    main()


def test_a_kept_record_is_shown_again_without_data(monkeypatch, tmp_path):
    evaluation().save(tmp_path)
    run(monkeypatch, "--measured", tmp_path, "--out", tmp_path / "out")
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "0.871 [0.771, 0.921]" in report


def test_parts_that_were_measured_again_take_the_place_of_the_earlier_ones():
    earlier = evaluation().model_copy(update={"weights": {"segmentation.keras": "1"}})
    newer = EvaluationRecord(
        model_version=earlier.model_version,
        weights=earlier.weights,
        git_commit="f" * 40,
        measured_at=earlier.measured_at,
        threshold=earlier.threshold,
        gate=[],
    )
    both = earlier.with_parts_of(newer)
    assert earlier.gate
    assert both == earlier.model_copy(update={"gate": []})
    for others in ({"other": "0"}, {"segmentation.keras": "2"}):
        with pytest.raises(ValueError, match="different weights"):
            earlier.with_parts_of(newer.model_copy(update={"weights": others}))


def test_a_version_with_a_network_more_keeps_what_was_measured_of_the_others():
    earlier = evaluation().model_copy(update={"weights": {"segmentation.keras": "1"}})
    both = earlier.weights | {"gradings.keras": "2"}
    newer = earlier.model_copy(update={"model_version": "2026-12-01", "weights": both})
    joined = earlier.with_parts_of(newer)
    assert (joined.model_version, joined.weights) == ("2026-12-01", both)
    assert joined.gate == earlier.gate


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--data"),
        (["--data", "x", "--only", "levels,speed"], "no part is called speed"),
        (["--data", "x", "--only", "levels", "--publish"], "only a whole evaluation"),
        (["--data", "x", "--limit", "3", "--publish"], "only a whole evaluation"),
    ],
)
def test_what_cannot_be_measured_is_said_at_once(monkeypatch, capsys, arguments, said):
    with pytest.raises(SystemExit):
        run(monkeypatch, *arguments)
    assert said in capsys.readouterr().err


def test_the_same_record_draws_the_same_plots(tmp_path):
    for name in ("once", "again"):
        write_documentation(tmp_path / name, evaluation())
    for path in (tmp_path / "once").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
