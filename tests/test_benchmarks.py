"""Benchmarks take minutes: asked for help, they say so and do nothing."""

import runpy
import sys

import pytest

from tests.support.checkout import ROOT

BENCHMARKS = sorted(
    path.stem
    for path in (ROOT / "benchmarks").glob("*.py")
    if "__main__" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_explains_itself(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")
    assert end.value.code == 0
    assert f"usage: python -m benchmarks.{name}" in capsys.readouterr().out


def test_costs_know_writes_logs_waiting_instances_and_images():
    from benchmarks import cost  # not above, where it would be there before it is run

    rest = cost.Rest()
    assert rest.class_a * cost.CLASS_A.dollars == pytest.approx(0.000025)
    assert 0.0001 < rest.logs() < 0.0002
    assert cost.waiting_api() == pytest.approx(9.85, abs=0.01)
    assert rest.monthly(0) == pytest.approx(0.1 * cost.image_gib(gpu=False))
    assert cost.image_gib(gpu=True) > 3 * cost.image_gib(gpu=False)
    # Of what is kept for good there are results only.
    year = rest.yearly_growth(1000) / (1000 * cost.WORKING_DAYS * 12)
    assert year == pytest.approx(0.0034 * 0.02)
