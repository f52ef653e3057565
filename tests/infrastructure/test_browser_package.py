"""Chromium out of an npm package, where the machine has none."""

import io
import json
import platform
import subprocess
import tarfile
from pathlib import Path

import pytest

from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites import browser, machine
from tests.support.checkout import require_tool
from tests.support.downloads import pin_of

PACKAGE = "sparticuz-chromium-9.9.0.tgz"
PROGRAM = b'#!/bin/sh\necho "$LD_LIBRARY_PATH $FONTCONFIG_FILE $@"\n'
COMPRESS = """
const { readFileSync, writeFileSync } = require("node:fs");
const [from, to] = process.argv.slice(1);
writeFileSync(to, require("node:zlib").brotliCompressSync(readFileSync(from)));
"""


def packed(files: dict[str, bytes]) -> bytes:
    """A tar archive of these files."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as writing:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            writing.addfile(member, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files are all that npm can fetch; the pinned package is in it."""
    node = require_tool("node", "install Node.js 20.19 or newer")
    folder, programs = tmp_path / "registry", tmp_path / "programs"
    folder.mkdir()
    programs.mkdir()
    compressed = {}
    for name, content in {
        "chromium": PROGRAM,
        "al2023.tar": packed({"lib/libnss3.so": b"nss"}),
        "fonts.tar": packed({"fonts/Sans.ttf": b"sans"}),
    }.items():
        (tmp_path / name).write_bytes(content)
        command = [node, "-e", COMPRESS, str(tmp_path / name), str(tmp_path / f"{name}.br")]
        subprocess.run(command, check=True)
        compressed[f"package/bin/{name}.br"] = (tmp_path / f"{name}.br").read_bytes()
    (folder / PACKAGE).write_bytes(packed(compressed))
    npm = programs / "npm"
    npm.write_text(
        "#!/bin/sh\n"
        'test "$1 $3" = "pack @sparticuz/chromium@9.9.0" || exit 1\n'
        f'cp {folder}/* "$5"\n',
        encoding="utf-8",
    )
    npm.chmod(0o755)
    (programs / "node").symlink_to(node)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(browser, "PINS", tmp_path / "pins.json")
    pin = vars(pin_of(PACKAGE, (folder / PACKAGE).read_bytes())) | {"title": "Chromium 9.9.0"}
    (tmp_path / "pins.json").write_text(json.dumps({"chromium": pin}), encoding="utf-8")
    return folder


def test_it_starts_with_the_libraries_and_fonts_that_come_with_it(registry, tmp_path):
    program = tmp_path / "my tools" / "bin" / "chromium"
    browser.install(program)
    printed = subprocess.check_output([program, "--version"], encoding="utf-8").strip()
    folder = tmp_path / "my tools" / "chromium"
    assert printed == f"{folder}/lib {folder}/fonts.conf --version"
    assert (folder / "lib" / "libnss3.so").read_bytes() == b"nss"
    assert (folder / "fonts" / "Sans.ttf").read_bytes() == b"sans"
    browser.install(program)  # over what is there


def test_another_package_than_the_pinned_one_is_refused(registry, tmp_path):
    content = (registry / PACKAGE).read_bytes()
    (registry / PACKAGE).write_bytes(content[:-1] + b"x")
    with pytest.raises(SetupError, match=r"has the SHA-256 .*: install chromium \(Debian: apt"):
        browser.install(tmp_path / "tools" / "bin" / "chromium")
    assert not (tmp_path / "tools" / "bin").exists()


def test_where_npm_has_none_a_sentence_says_what_to_install(
    registry, tmp_path, monkeypatch, capsys
):
    (registry / PACKAGE).unlink()
    monkeypatch.setattr("sys.argv", ["browser", str(tmp_path / "tools" / "bin" / "chromium")])
    assert browser.main() == 1
    *_, sentence = capsys.readouterr().err.splitlines()
    assert sentence == (
        "DiscAI: npm can't fetch @sparticuz/chromium 9.9.0: "
        "install chromium (Debian: apt install chromium)."
    )


def test_what_will_become_of_web_tests_is_said_at_first(registry, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CI", "false")
    (remark,) = machine.browser()
    assert "@sparticuz/chromium (70 MB) brings one" in remark
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    (remark,) = machine.browser()
    assert remark == (
        "There is no chromium, and web tests are skipped without it: "
        "install chromium (Debian: apt install chromium)."
    )
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SetupError, match="no chromium for the web tests: install chromium"):
        list(machine.browser())
    browser.write_script(tmp_path / ".local" / "tools" / "bin" / "chromium", tmp_path)
    assert list(machine.browser()) == []
