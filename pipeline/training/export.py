"""Derives from a model's `.keras` files what the CPU backend reads instead of them.

    python -m pipeline.training.export FOLDER

The `.keras` files stay the truth; call `export` before writing the folder's manifest, so
that the manifest names the sha256 of what is derived, too.
"""

import argparse
from pathlib import Path

import openvino

from discai.backends.keras_networks import forward, load_keras
from discai.manifest import SEGMENTATION, keras_file, networks_of


def export(folder: Path) -> list[str]:
    """Write the `.xml` and `.bin` of every network into its model's folder; returns their names.

    The segmentation's weights are halved to float16, as its `.keras` file has them anyway.
    """
    written = []
    for file in trained_files(folder):
        network = Path(file).stem
        graph = openvino.convert_model(forward(load_keras(folder, network)).get_concrete_function())
        halved = network == SEGMENTATION
        openvino.save_model(graph, folder / f"{network}.xml", compress_to_fp16=halved)
        written += [f"{network}.xml", f"{network}.bin"]
    return written


def trained_files(folder: Path) -> list[str]:
    """Names of the `.keras` files of a model's folder."""
    return [keras_file(name) for name in networks_of({file.name for file in folder.iterdir()})]


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description="Derive the files of the CPU backend.")
    parser.add_argument("folder", type=Path, help="a model's folder")
    for name in export(parser.parse_args().folder):
        print(name)


if __name__ == "__main__":
    main()
