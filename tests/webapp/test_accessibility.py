"""Axe finds nothing serious on any page, in either theme."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.webapp.accessibility import violations
from tests.support.webapp.driver import App


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_page_shuts_anybody_out(
    theme: str,
    new_app: Callable[..., App],
    read_scan: str,
    truncated_mha: Path,
    tmp_path: Path,
) -> None:
    app = new_app(color_scheme=theme).open()
    app.says("Sign in")
    assert violations(app) == []

    app.continue_as_demo_user()
    broken = truncated_mha.rename(truncated_mha.with_name(f"broken-{theme}.mha"))
    app.drop(broken)
    app.wait_for_row(broken.name, "failed")
    app.wait_for_row("read-before.mha", "done")
    assert violations(app) == []

    app.open_scan("read-before.mha")
    app.wait_for_discs()
    assert violations(app) == []

    app.press("?")
    assert violations(app) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_uploads_and_models_shut_nobody_out(
    theme: str,
    new_app: Callable[..., App],
    functions_stand_still: None,
    seeded_models: str,
    slices_folder: Path,
) -> None:
    app = new_app(color_scheme=theme).open().continue_as_demo_user().open("/models")
    app.says("AUROC by scanner and sequence")
    assert violations(app) == []

    app.open("/upload").says("What each file becomes")
    for name, picture in zip("ab", sorted(slices_folder.glob("*.png")), strict=False):
        picture.rename(slices_folder / f"{name}-view.png")
    app.choose_files(*slices_folder.glob("*-view.png"))
    app.asks("One scan of 2 slices")
    assert violations(app) == []
    app.answer("Cancel")
    assert violations(app) == []
