"""What is sent to the browser."""

import gzip
from pathlib import Path

BUDGET_BYTES = 350_000


def test_the_bundle_keeps_its_budget(built_webapp: Path) -> None:
    files = [file for file in built_webapp.rglob("*") if file.is_file()]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < BUDGET_BYTES


def test_the_page_has_no_inline_script_or_style_and_names_no_third_party(
    built_webapp: Path,
) -> None:
    page = (built_webapp / "index.html").read_text(encoding="utf-8")
    assert "<style" not in page
    assert "style=" not in page
    assert "http" not in page
    assert page.count("<script") == page.count('<script type="module" crossorigin src="/assets/')
