"""Real Chromium on the whole local cloud."""

import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from discai.cloud import paths
from discai.phantom import draw_phantom, write_phantom
from discai.records.scans import ScanRecord
from discai.records.worklist import search_terms
from discai.scan import read_scan as read_file
from infrastructure.local.plan import COLLEAGUE_EMAIL
from tests.support.checkout import ROOT, require_tool
from tests.support.local_cloud import LocalCloud
from tests.support.scan_files import dicom_bytes, dicom_slice, mha_bytes, write
from tests.support.webapp.driver import App
from tests.support.webapp.reviewing import OpenScan
from tests.support.webapp.seeds import delete_scans, model_documents, write_scans

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
]
WINDOW: ViewportSize = {"width": 1360, "height": 820}
# A lost network, and Firestore's way of asking whether it is lost, which the page's policy blocks.
EXPECTED_WHILE_OFFLINE = ("net::ERR_", "google.com/images/cleardot.gif")
# Firestore's library says so after ten seconds; that the page waited is for a test to judge.
EXPECTED_ON_A_SLOW_MACHINE = ("Could not reach Cloud Firestore backend",)
EXPECTED = EXPECTED_WHILE_OFFLINE + EXPECTED_ON_A_SLOW_MACHINE


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, closed before other modules' tests begin: Playwright's loop runs in this thread."""
    path = require_tool("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def built_webapp() -> Path:
    """`webapp/dist`, built anew if a source is younger."""
    webapp = ROOT / "webapp"
    index = webapp / "dist" / "index.html"
    newest = max(file.stat().st_mtime for file in (webapp / "src").rglob("*"))
    if not index.exists() or index.stat().st_mtime < newest:
        npm = require_tool("npm", "install Node.js 20.19 or newer")
        subprocess.run([npm, "run", "--silent", "build"], cwd=webapp, check=True)
    return index.parent


@pytest.fixture
def apps() -> list[App]:
    """The browsers of a test."""
    return []


def close(apps: list[App]) -> None:
    """Close them: a page that is still open asks for what is about to be taken away."""
    for app in apps:
        app.page.context.close()


@pytest.fixture
def new_app(
    chromium: Browser, local_cloud: LocalCloud, built_webapp: Path, apps: list[App]
) -> Iterator[Callable[..., App]]:
    """Opens browsers of their own; in the end none of them may have complained."""

    def open_browser(**options: Any) -> App:
        # Requests that a service worker answers are seen by no test.
        defaults = {"viewport": WINDOW, "service_workers": "block"}
        context = chromium.new_context(**defaults | options)
        apps.append(App(context.new_page(), local_cloud))
        return apps[-1]

    yield open_browser
    close(apps)
    complaints = [
        problem
        for app in apps
        for problem in app.problems
        if not any(part in problem for part in app.expected)
    ]
    assert [each for each in complaints if not any(e in each for e in EXPECTED)] == []


@pytest.fixture
def app(new_app: Callable[..., App]) -> App:
    """A browser with the worklist open, signed in as the seeded reviewer."""
    return new_app().open().continue_as_demo_user()


@pytest.fixture(scope="module")
def local_cloud(local_cloud: LocalCloud) -> LocalCloud:
    """The test run's cloud without what other modules put there: their rows would be in the way."""
    local_cloud.begin_again()
    return local_cloud


@pytest.fixture(scope="session")
def phantom_mha(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scans") / "phantom.mha"
    write_phantom(draw_phantom(), path)
    return path


@pytest.fixture
def named(tmp_path: Path, phantom_mha: Path) -> Callable[[str], Path]:
    """The phantom under a name that no other test uses."""

    def copy(name: str) -> Path:
        path = tmp_path / name
        path.write_bytes(phantom_mha.read_bytes())
        return path

    return copy


@pytest.fixture
def slices_folder(tmp_path: Path) -> Path:
    """A folder with one PNG a slice, numbered without leading zeros, and a system's litter."""
    archive = tmp_path / "slices.png.zip"
    write_phantom(draw_phantom(), archive)
    folder = tmp_path / "png-series"
    zipfile.ZipFile(archive).extractall(folder)
    (folder / ".DS_Store").write_bytes(b"litter")
    return folder


@pytest.fixture
def truncated_mha(tmp_path: Path, phantom_mha: Path) -> Path:
    """Looks like a scan to the browser; its pixels end in the middle."""
    path = tmp_path / "truncated.mha"
    content = phantom_mha.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


@pytest.fixture
def large_mha(tmp_path: Path) -> Path:
    """Three chunks of noise: for uploads that take a while."""
    noise = np.random.default_rng(0).integers(0, 2**15, (20, 720, 720), np.int16)
    path = tmp_path / "large.mha"
    path.write_bytes(mha_bytes(noise))
    return path


@pytest.fixture(scope="module")
def read_scan(local_cloud: LocalCloud, phantom_mha: Path) -> str:
    """The id of a scan that was read before the test began."""
    scan_id = local_cloud.put(phantom_mha, "seeded/read-before.mha")
    assert local_cloud.wait_for(scan_id)["status"] == "done"
    return scan_id


@pytest.fixture
def another_scan(
    local_cloud: LocalCloud, read_scan: str, apps: list[App]
) -> Iterator[Callable[..., str]]:
    """Adds a scan that was read before, with the pictures of `read_scan`; gives its id."""
    added = []

    def add(name: str, **changes: Any) -> str:
        scan_id = paths.scan_id("copies", f"{uuid4()}/{name}", 1)
        scan = local_cloud.scan(read_scan) | {"labelledBy": [], "labelKind": None, "labelCount": 0}
        scan |= {"object": scan["object"] | {"name": f"x/{name}"}, "lastLabelAt": None}
        scan |= {"createdAt": datetime.now(UTC), "searchTerms": search_terms(scan_id, name)}
        [prediction] = local_cloud.predictions(read_scan)
        document = local_cloud.firestore.document(paths.scan(scan_id))
        read = paths.prediction(scan_id, prediction["modelVersion"])
        local_cloud.firestore.document(read).set(prediction)
        document.set(scan | changes)
        added.append(document)
        return scan_id

    yield add
    close(apps)
    for document in added:
        local_cloud.firestore.recursive_delete(document)


@pytest.fixture
def seed_scans(local_cloud: LocalCloud, apps: list[App]) -> Iterator[Callable[..., list[str]]]:
    """Puts documents of scans into Firestore, and takes them out after the test."""
    keys: list[str] = []

    def seed(*scans: tuple[str, ScanRecord]) -> list[str]:
        written = write_scans(local_cloud.firestore, scans)
        keys.extend(written)
        return written

    yield seed
    close(apps)
    delete_scans(local_cloud.firestore, keys)


@pytest.fixture
def dicom_folder(tmp_path: Path, phantom_mha: Path) -> Path:
    """An export of two series of one study in one folder, with a report between them."""
    volume = np.clip(read_file(phantom_mha).voxels, 0, None).astype(np.uint16)
    folder = tmp_path / "export"
    folder.mkdir()
    for series in ("1.2.1", "1.2.2"):
        for index, pixels in enumerate(volume):
            dataset = dicom_slice(pixels, (-4.0 * index, 5.0, 7.0), series=series)
            write(folder, f"IM{series[-1]}{index:03d}", dicom_bytes(dataset))
    report = dicom_slice(volume[0])
    report.Modality = "SR"
    write(folder, "SR000", dicom_bytes(report))
    return folder


@pytest.fixture
def functions_stand_still(local_cloud: LocalCloud, read_scan: str) -> Iterator[None]:
    """No function runs meanwhile: the sweep would count and mend what a test has put there."""
    functions = local_cloud.process("functions")
    functions.suspend()
    yield
    functions.resume()


@pytest.fixture
def no_models(local_cloud: LocalCloud) -> Iterator[None]:
    """Nothing is known of models; afterwards all is as it was."""
    before = {
        document.reference: document.to_dict()
        for collection in ("models", "runs", "control")
        for document in local_cloud.firestore.collection(collection).stream()
    }
    for reference in before:
        reference.delete()
    yield
    for collection in ("models", "runs", "control"):
        for document in local_cloud.firestore.collection(collection).stream():
            document.reference.delete()
    for reference, content in before.items():
        reference.set(content)


@pytest.fixture
def seeded_models(local_cloud: LocalCloud, no_models: None, read_scan: str) -> str:
    """Two models and three runs; gives the older model, which read `read_scan`."""
    first = str(local_cloud.scan(read_scan)["modelVersion"])
    for path, document in model_documents(first).items():
        local_cloud.firestore.document(path).set(document)
    return first


@pytest.fixture
def open_scan(app: App, another_scan: Callable[..., str]) -> OpenScan:
    """Opens the page of a scan of that name that was read before and never labelled."""

    def open_it(name: str) -> str:
        scan_id = another_scan(name)
        app.open(f"/scans/{scan_id}")
        app.wait_for_discs()
        app.wait_until_labels_may_be_saved()
        return scan_id

    return open_it


@pytest.fixture
def colleague(new_app: Callable[..., App], local_cloud: LocalCloud) -> Iterator[App]:
    """A second reviewer in a browser of their own."""
    role = local_cloud.firestore.document(paths.reviewer(COLLEAGUE_EMAIL))
    role.set({"role": "reviewer"})
    app = new_app().open()
    app.sign_in(COLLEAGUE_EMAIL, local_cloud.password)
    app.says("Drop scans or folders here")
    yield app
    app.page.context.close()  # it would ask for what it may not read any more
    role.delete()
