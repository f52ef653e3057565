"""Which backend runs a model."""

import sys

import pytest

from benchmarks.backends import engine
from discai.backends import open_backend
from discai.errors import PermanentError

TRAINED = {"segmentation.keras", "herniation.keras"}
EXPORTED = TRAINED | {
    f"{network}.{suffix}" for network in ("segmentation", "herniation") for suffix in ("xml", "bin")
}


def test_a_cpu_gets_openvino_where_the_model_is_exported() -> None:
    assert open_backend("", EXPORTED).description.startswith("cpu, openvino ")


def test_a_model_without_exported_files_is_run_by_tensorflow(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    assert open_backend("", TRAINED).description.startswith("cpu, tensorflow ")
    assert "segmentation.xml" in caplog.text


def test_a_gpu_gets_tensorflow_in_mixed_precision() -> None:
    backend = open_backend("", EXPORTED, gpus=["/physical_device:GPU:0"])
    assert backend.description.startswith("gpu, tensorflow ")
    assert backend.description.endswith(" f16")


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("openvino-f32", "openvino"),
        ("openvino-bf16", "openvino"),
        ("tensorflow", "tensorflow"),
        ("onnxruntime", "onnxruntime"),
        ("litert", "ai_edge_litert"),
    ],
)
def test_a_backend_that_is_not_installed_is_refused(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not there
    with pytest.raises(PermanentError, match=f"needs .*{package}.* not installed") as refused:
        open_backend(str(engine(name)), EXPORTED)
    assert refused.value.code == "no-backend"


def test_a_named_backend_is_not_replaced_by_another() -> None:
    with pytest.raises(PermanentError, match=r"no segmentation\.xml") as refused:
        open_backend("openvino-f32", TRAINED)
    assert refused.value.code == "no-backend"


def test_an_unknown_backend_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PermanentError, match="openvino-f32") as refused:
        open_backend("cuda", EXPORTED)
    assert refused.value.code == "no-backend"
