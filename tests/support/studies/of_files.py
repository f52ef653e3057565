"""Archives in every form: containers, damaged files, volumes and pictures."""

import gzip
import io
import zipfile
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from discai.scan.orientation import direction_of
from tests.support.scan_files import (
    mha_bytes,
    nifti_bytes,
    zip_bytes,
)
from tests.support.studies.case import T1, T2, Case
from tests.support.studies.drawing import (
    SLICES,
    Files,
    acquisition,
    drawn,
    localizer,
    masks,
    named,
    pictures,
    without,
    without_image,
)


def containers() -> Iterator[tuple[str, Case]]:
    t1, t2 = named(acquisition("T1", series="1.2.3.2")), named(acquisition(series="1.2.3.3"))
    both = named([*acquisition("T1", series="1.2.3.2"), *acquisition(series="1.2.3.3")])
    again = {f"again/{number}": content for number, content in enumerate(t2.values())}
    yield "every-file-twice", Case(t2 | again, [T2])
    bare = {f"{number}": content[132:] for number, content in enumerate(t2.values())}
    yield "no-preamble-no-ending", Case(bare, [T2])
    leftovers = {f"__MACOSX/._{name}": b"\0\5\x16\7" + bytes(60) for name in both}
    yield "macos-leftovers", Case(both | leftovers | {".DS_Store": b"\0\0\0\1Bud1"}, [T1, T2])
    yield "zip-in-a-zip", Case({"study/export.zip": zip_bytes(both)}, [T1, T2])
    yield "two-zips-in-a-zip", Case({"t1.zip": zip_bytes(t1), "t2.zip": zip_bytes(t2)}, [T1, T2])
    yield (
        "zip-in-a-zip-in-a-zip",
        Case(
            {"a.zip": zip_bytes({"b.zip": zip_bytes({"c.zip": zip_bytes(t2)})})},
            refused="unsupported-format",
        ),
    )
    yield "zip64", Case(both, [T1, T2], archive=_zip64(both))
    old = {f"R\u00fccken/{name}": content for name, content in both.items()}
    yield "names-in-an-old-encoding", Case(old, [T1, T2], archive=_old_names(old))
    yield "text-alone", Case({"notes.txt": b"hello"}, refused="unsupported-format")


def faults() -> Iterator[tuple[str, Case]]:
    t1, t2 = acquisition("T1", series="1.2.3.2"), acquisition(series="1.2.3.3")
    gap = [*t2[:3], *t2[4:]]
    missing = "Slices of the series are missing"
    yield (
        "missing-slice-beside-a-series",
        Case(named([*t1, *gap]), [T1], {("sagittal T2, 6 slices", missing, 1)}),
    )
    yield "missing-slice", Case(named(gap), refused="bad-geometry")
    junk = {"DICOM/IM9999.dcm": bytes(128) + b"DICM" + bytes(range(256)) * 4}
    yield (
        "damaged-file-beside-two-series",
        Case(
            named([*t1, *t2]) | junk, [T1, T2], {("a damaged DICOM file", "The file's header", 1)}
        ),
    )
    yield "damaged-file-beside-one-series", Case(named(t2) | junk, refused="damaged")
    jpeg_xl = {name: _as_jpeg_xl(content) for name, content in named(t2, "XL").items()}
    compressed = "The pixels are compressed in a way that isn't read (JPEG XL)"
    yield (
        "jpeg-xl-beside-a-series",
        Case(named(t1) | jpeg_xl, [T1], {("sagittal T2, 7 slices", compressed, 1)}),
    )
    yield "jpeg-xl", Case(jpeg_xl, refused="unsupported-format")
    same = [*acquisition(), *acquisition()]
    yield "nothing-tells-slices-apart", Case(named(same), refused="mixed-series")
    yield "axial-alone", Case(named(acquisition(plane="axial")), refused="not-sagittal")
    planes = [*localizer(), *acquisition(plane="axial")]
    yield "localizer-and-axial", Case(named(planes), refused="not-sagittal")
    yield (
        "report-alone",
        Case(named([without_image("1.2.840.10008.5.1.4.1.1.88.33")]), refused="unsupported-format"),
    )
    unplaced = without(acquisition(), "ImagePositionPatient")
    yield "slices-that-do-not-say-where-they-lie", Case(named(unplaced), refused="bad-geometry")
    odd = acquisition()
    content = named(odd)
    text = "DICOM/IM0000"
    content[text] = content[text].replace(b"DS\x04\x003500", b"DS\x04\x00long")
    yield "a-time-that-is-no-number", Case(content, [T2])


def volumes() -> Iterator[tuple[str, Case]]:
    t2, t1 = mha_bytes(drawn("t2"), (4.0, 1.5, 1.5)), mha_bytes(drawn("t1"), (4.0, 1.5, 1.5))
    volume = (None, SLICES)
    yield "two-volumes", Case({"anna.mha": t1, "bert.mha": t2}, [volume, volume])
    yield "the-same-volume-twice", Case({"anna.mha": t2, "bert.mha": t2}, [volume, volume])
    axial = mha_bytes(drawn("t2"), (4.0, 1.5, 1.5), "LPS")
    yield (
        "axial-volume-beside-a-sagittal",
        Case(
            {"axial.mha": axial, "t2.mha": t2},
            [volume],
            {("a MetaImage volume", "not sagittal", 1)},
        ),
    )
    header, _, pixels = mha_bytes(drawn("t2"), (4.0, 1.5, 1.5)).partition(b"LOCAL\n")
    pair = {"case/t2.mhd": header + b"t2.zraw\n", "case/t2.zraw": pixels}
    yield "header-and-pixels-beside-a-volume", Case(pair | {"case/t3.mha": t1}, [volume, volume])
    yield (
        "header-without-pixels-beside-a-volume",
        Case(
            {"a.mhd": header + b"a.zraw\n", "b.mha": t1},
            [volume],
            {("a MetaImage volume", "The file with the pixels", 1)},
        ),
    )
    nifti = nifti_bytes(drawn("t2").T)
    packed = gzip.compress(nifti_bytes(drawn("t1").T))
    yield "nifti-volumes", Case({"a.nii": nifti, "b.nii.gz": packed}, [volume, volume])
    axial_nifti = nifti_bytes(drawn("t2").T, np.diag([-1.0, -1.0, 4.0, 1.0]))
    yield (
        "axial-nifti-beside-a-sagittal",
        Case(
            {"a.nii": axial_nifti, "b.nii": nifti},
            [volume],
            {("a NIfTI volume", "not sagittal", 1)},
        ),
    )
    yield (
        "cut-nifti-header-beside-a-volume",
        Case(
            {"a.nii": nifti[:100], "t2.mha": t2},
            [volume],
            {("a NIfTI volume", "The file has no", 1)},
        ),
    )
    nrrd = _nrrd(drawn("t2"), (4.0, 1.5, 1.5), "PIR")
    axial_nrrd = _nrrd(drawn("t2"), (4.0, 1.5, 1.5), "LPS")
    yield (
        "nrrd-volumes",
        Case(
            {"t2.nrrd": nrrd, "axial.nrrd": axial_nrrd},
            [volume],
            {("a NRRD volume", "not sagittal", 1)},
        ),
    )
    yield "series-and-volume", Case(named(acquisition()) | {"t1.mha": t1}, [T2, volume])
    yield "volume-and-pictures", Case({"t2.mha": t2} | pictures("{}.png"), refused="mixed-series")


def picture_cases() -> Iterator[tuple[str, Case]]:
    series = (None, SLICES)
    yield "pictures", Case(pictures("slice{}.png"), [series])
    yield "a-folder-for-each-picture", Case(pictures("{0}/slice{0}.png"), [series])
    several = {
        "pictures-of-two-folders": pictures("T1/{}.png", "t1") | pictures("T2/{}.png", "t2"),
        "pictures-of-two-patients": pictures("p1/slice{}.png") | pictures("p2/slice{}.png"),
        "pictures-of-two-patterns": pictures("t1_{}.png", "t1") | pictures("t2_{}.png", "t2"),
        "pictures-and-masks": pictures("{}_image.png") | masks("{}_mask.png"),
        "numbers-of-patients-and-of-slices": pictures("p1_s{}.png") | pictures("p2_s{}.png"),
        "names-that-say-nothing": pictures("left.png", count=1) | pictures("right.png", count=1),
    }
    yield from ((name, Case(files, refused="mixed-series")) for name, files in several.items())
    yield (
        "pictures-longer-than-the-series-beside-them",
        Case(named(acquisition(count=3)) | pictures("web/slice{}.png"), refused="mixed-series"),
    )


def _nrrd(
    array: NDArray[np.uint16], spacing_mm: tuple[float, float, float], orientation: str
) -> bytes:
    """A NRRD of an array `(z, y, x)` whose axes run as `orientation` says (x, y, z)."""
    matrix = np.array(direction_of(orientation)).reshape(3, 3)
    vectors = [
        "(" + ",".join(f"{part * mm:g}" for part in axis) + ")"
        for axis, mm in zip(matrix.T, reversed(spacing_mm), strict=True)
    ]
    header = (
        "NRRD0004\ntype: uint16\ndimension: 3\nspace: left-posterior-superior\n"
        f"sizes: {' '.join(map(str, reversed(array.shape)))}\n"
        f"space directions: {' '.join(vectors)}\nspace origin: (0,0,0)\n"
        "kinds: domain domain domain\nendian: little\nencoding: raw\n\n"
    )
    return header.encode() + array.astype("<u2").tobytes()


def _as_jpeg_xl(content: bytes) -> bytes:
    """The file with the transfer syntax of JPEG XL in its header."""
    element = b"\x02\0\x10\0UI"
    old, new = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.4.110\0"
    return content.replace(
        element + len(old).to_bytes(2, "little") + old,
        element + len(new).to_bytes(2, "little") + new,
    )


def _zip64(files: Files) -> bytes:
    """An archive as streaming writers make it: each entry in the 64-bit form."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(content)
    return buffer.getvalue()


def _old_names(files: Files) -> bytes:
    """An archive whose names are in Latin-1, which says nothing of that."""
    content = zip_bytes({name.replace("\u00fc", "~"): data for name, data in files.items()})
    return content.replace(b"R~cken", b"R\xfccken")
