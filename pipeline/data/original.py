"""The original dataset and the frozen evaluation set, where the pipeline finds them.

    python -m pipeline.data.original --data ../shared/data --out FOLDER [--upload gs://BUCKET]

splits the data folder into the patients who may train and those who never do, writes each part in
the data folder's own layout under its digest, and prints the addresses for the run's settings.
"""

import argparse
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from google.cloud import storage

from discai.cloud.folders import download_folder, upload_folder
from discai.cloud.paths import split_address
from pipeline.data.examples import Subset
from pipeline.data.folder import DataFolder, folder_digest
from pipeline.data.spider import LEVEL_MASK_PATIENTS, Spider
from pipeline.data.sudirman import FIRST_PATIENT, Sudirman

#: Subsets of the data folder by the part that they become.
PARTS: Final[dict[str, tuple[Subset, ...]]] = {
    "original": ("train", "tune"),
    "evaluation": ("test",),
}


def pack(data: Path, part: str, out: Path) -> Path:
    """Copies one of `PARTS` to `out/PART/DIGEST`; the same data has the same digest."""
    source = DataFolder(data)
    scratch = out / part / "new"
    shutil.rmtree(scratch, ignore_errors=True)
    _pack_spider(source.spider, PARTS[part], scratch)
    if source.sudirman:
        _pack_sudirman(source.sudirman, PARTS[part], scratch)
    named = out / part / folder_digest(scratch)[:32]
    shutil.rmtree(named, ignore_errors=True)
    return Path(shutil.move(scratch, named))


def _pack_spider(spider: Spider, subsets: Sequence[Subset], out: Path) -> None:
    patients = {patient for subset in subsets for patient in spider.patients(subset)}
    target = out / spider.folder.name
    names = _copy_table(
        spider.folder, target, "midslices.json", lambda _, e: e["patient"] in patients
    )
    _copy(spider.folder, target, [f"midslices/{name}.png" for name in names])
    names = _copy_table(
        spider.folder, target, "space_volumes.json", lambda n, _: int(n) in patients
    )
    _copy(
        spider.folder,
        target,
        [f"space_volumes/{name}{end}.mha" for name in names for end in ("", "_labels")],
    )
    for path in (spider.folder / "t2_level_masks" / "images").glob("*.png"):
        if LEVEL_MASK_PATIENTS.get(int(path.stem.split("_")[0])) in patients:
            _copy(
                spider.folder,
                target,
                [f"t2_level_masks/{kind}/{path.name}" for kind in ("images", "masks")],
            )


def _pack_sudirman(sudirman: Sudirman, subsets: Sequence[Subset], out: Path) -> None:
    patients = {
        patient - FIRST_PATIENT for subset in subsets for patient in sudirman.patients(subset)
    }
    target = out / sudirman.folder.name
    _copy_table(sudirman.folder, target, "patients.json", lambda n, _: int(n) in patients)
    names = _copy_table(
        sudirman.folder, target, "slices.json", lambda _, e: e["patient"] in patients
    )
    _copy(sudirman.folder, target, [f"images/{name}.png" for name in names])


def upload(bucket: Any, part: str, folder: Path) -> str:
    """Uploads a part; returns its `gs://` address."""
    prefix = f"{part}/{folder.name}/"
    upload_folder(bucket, prefix, folder)
    return f"gs://{bucket.name}/{prefix}"


def fetch(buckets: Any, address: str, folder: Path) -> DataFolder:
    """Downloads what `upload` has uploaded and opens it; `buckets` is a storage client.

    Raises `FileNotFoundError` if there is nothing at the address.
    """
    bucket, prefix = split_address(address)
    download_folder(buckets.bucket(bucket), prefix, folder)
    if not (folder / "spider" / "midslices.json").exists():
        raise FileNotFoundError(f"There is no data at {address}.")
    return DataFolder(folder)


def _copy_table(
    source: Path, target: Path, name: str, wanted: Callable[[str, Any], bool]
) -> list[str]:
    """Copies the wanted entries of a JSON table; returns their names."""
    table = json.loads((source / name).read_text(encoding="utf-8"))
    kept = {key: entry for key, entry in sorted(table.items()) if wanted(key, entry)}
    target.mkdir(parents=True, exist_ok=True)
    (target / name).write_text(json.dumps(kept), encoding="utf-8")
    return list(kept)


def _copy(source: Path, target: Path, names: list[str]) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)


def main() -> None:
    """Split the data folder from the command line."""
    parser = argparse.ArgumentParser("python -m pipeline.data.original", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--upload", metavar="gs://BUCKET", help="the pipeline's bucket")
    options = parser.parse_args()
    for part in PARTS:
        folder = pack(options.data, part, options.out)
        address = str(folder)
        if options.upload:
            bucket = storage.Client().bucket(split_address(options.upload)[0])
            address = upload(bucket, part, folder)
        print(f"{part}: {address}")


if __name__ == "__main__":
    main()
