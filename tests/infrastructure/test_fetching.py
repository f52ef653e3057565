"""Downloads of pinned files, from servers on good days and on bad ones."""

import datetime
import ipaddress
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites.fetching import WAITS_SECONDS, Fetching
from infrastructure.local.prerequisites.progress import Progress
from tests.support.downloads import Downloads, Fault, pin_of, served_downloads
from tests.support.ports import free_port

CONTENT = bytes(range(256)) * 1000
PIN = pin_of("emulator.jar", CONTENT)
OTHER = CONTENT[::-1]


@pytest.fixture
def downloads() -> Iterator[Downloads]:
    with served_downloads() as served:
        served.files["/emulator.jar"] = CONTENT
        yield served


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "emulator.jar"


@pytest.fixture
def waited() -> list[float]:
    """Seconds that were waited between tries, which no test waits."""
    return []


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def fetch(target: Path, said: list[str], waited: list[float]) -> Callable[[str], None]:
    def run(url: str) -> None:
        Fetching(PIN, url, target, said.append, waited.append).run()

    return run


def part_of(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def test_a_missing_file_is_fetched_whole_and_nothing_else_is_left(downloads, target, fetch):
    fetch(f"{downloads.url}/emulator.jar")
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_a_connection_that_ends_early_is_taken_up_where_it_broke_off(
    downloads, target, fetch, waited
):
    downloads.faults = [Fault(cut_after=1000), Fault(cut_after=500)]
    fetch(f"{downloads.url}/emulator.jar")
    assert target.read_bytes() == CONTENT
    assert downloads.ranges == [None, "bytes=1000-", "bytes=1500-"]
    assert waited == [WAITS_SECONDS[0]] * 2


def test_a_later_run_goes_on_with_what_an_earlier_one_left(downloads, target, fetch):
    target.parent.mkdir()
    part_of(target).write_bytes(CONTENT[:7000])
    fetch(f"{downloads.url}/emulator.jar")
    assert target.read_bytes() == CONTENT
    assert downloads.ranges == ["bytes=7000-"]


def test_a_server_that_hands_out_no_parts_is_asked_for_the_whole(downloads, target, fetch):
    downloads.resumes = False
    downloads.faults = [Fault(cut_after=1000)]
    fetch(f"{downloads.url}/emulator.jar")
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("left", [OTHER[:7000], OTHER, CONTENT + b"more"])
def test_what_an_earlier_run_left_damaged_is_fetched_anew(downloads, target, fetch, said, left):
    target.parent.mkdir()
    part_of(target).write_bytes(left)
    fetch(f"{downloads.url}/emulator.jar")
    assert target.read_bytes() == CONTENT
    assert [line for line in said if line.endswith("it is fetched again.")]


def test_another_file_of_the_same_size_is_refused_after_a_second_try(downloads, target, fetch):
    downloads.files["/emulator.jar"] = OTHER
    with pytest.raises(SetupError, match=r"has the SHA-256 .* is not the pinned Emulator") as error:
        fetch(f"{downloads.url}/emulator.jar")
    assert "\n" not in str(error.value)
    assert len(downloads.asked) == 2
    assert not target.exists()
    assert part_of(target).stat().st_size == 0


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"more"])
def test_a_file_of_another_size_is_refused_before_it_is_fetched(downloads, target, fetch, content):
    downloads.files["/emulator.jar"] = content
    with pytest.raises(SetupError, match=f"{len(content)} bytes and not {len(CONTENT)}"):
        fetch(f"{downloads.url}/emulator.jar")
    assert part_of(target).stat().st_size == 0
    assert not target.exists()


def test_a_shorter_file_than_has_come_already_is_refused(downloads, target, fetch):
    target.parent.mkdir()
    part_of(target).write_bytes(CONTENT[:7000])
    downloads.files["/emulator.jar"] = CONTENT[:5000]
    with pytest.raises(SetupError, match=f"5000 bytes and not {len(CONTENT)}"):
        fetch(f"{downloads.url}/emulator.jar")
    assert not target.exists()


def test_a_server_error_is_waited_for_longer_and_longer(downloads, target, fetch, waited, said):
    downloads.faults = [Fault(status=503), Fault(status=429), Fault(status=500)]
    fetch(f"{downloads.url}/emulator.jar")
    assert target.read_bytes() == CONTENT
    assert waited == list(WAITS_SECONDS[:3])
    assert "answers 503; again in 1 s." in said[0]


def test_a_server_that_keeps_failing_is_given_up_and_what_came_is_kept(
    downloads, target, fetch, waited
):
    failing = [Fault(status=502)] * (len(WAITS_SECONDS) + 1)
    downloads.faults = [Fault(cut_after=1000), *failing]
    with pytest.raises(SetupError, match=r"answers 502 .* goes on from there\.$"):
        fetch(f"{downloads.url}/emulator.jar")
    assert waited == [WAITS_SECONDS[0], *WAITS_SECONDS]
    assert part_of(target).read_bytes() == CONTENT[:1000]


def test_a_file_that_is_not_there_is_not_asked_for_again(downloads, fetch, waited):
    with pytest.raises(SetupError, match=r"nowhere\.jar answers 404 \(Not Found\)"):
        fetch(f"{downloads.url}/nowhere.jar")
    assert len(downloads.asked) == 1
    assert not waited


def test_without_a_network_one_sentence_says_so_at_once(fetch, waited):
    with pytest.raises(SetupError, match=r"can't be reached \(Connection refused\): .*HTTPS_PROXY"):
        fetch(f"http://127.0.0.1:{free_port()}/emulator.jar")
    assert not waited


def test_only_addresses_of_the_web_are_opened(fetch):
    with pytest.raises(SetupError, match="no address of HTTP"):
        fetch("file:///etc/passwd")


def test_a_proxy_is_asked_where_one_is_named(downloads, target, fetch, monkeypatch):
    monkeypatch.setenv("http_proxy", downloads.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    downloads.files["http://files.example/emulator.jar"] = CONTENT
    fetch("http://files.example/emulator.jar")
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_own_certificates_count_once_they_are_named(tmp_path, target, fetch, monkeypatch, variable):
    for each in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(each, raising=False)
    certificate, with_key = own_certificate(tmp_path)
    with served_downloads(with_key) as downloads:
        downloads.files["/emulator.jar"] = CONTENT
        with pytest.raises(SetupError, match=r"can't be checked .* in SSL_CERT_FILE\.$"):
            fetch(f"{downloads.url}/emulator.jar")
        monkeypatch.setenv(variable, str(certificate))
        fetch(f"{downloads.url}/emulator.jar")
    assert target.read_bytes() == CONTENT


def test_a_bundle_of_certificates_that_is_not_there_is_named(downloads, fetch, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with pytest.raises(SetupError, match=r"REQUESTS_CA_BUNDLE names /nowhere\.pem, which can't"):
        fetch(f"{downloads.url}/emulator.jar")


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signed by itself, and a file that has its key, too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "certificate.pem").write_bytes(certificate)
    (folder / "with-key.pem").write_bytes(certificate + private)
    return folder / "certificate.pem", folder / "with-key.pem"


def test_who_asks_at_the_same_time_waits_and_fetches_nothing(downloads, target, fetch):
    downloads.faults = [Fault(status=503)]
    second = threading.Thread(target=fetch, args=[f"{downloads.url}/emulator.jar"])

    def meanwhile(_: float) -> None:
        second.start()

    Fetching(PIN, f"{downloads.url}/emulator.jar", target, lambda _: None, meanwhile).run()
    second.join()
    assert target.read_bytes() == CONTENT
    assert len(downloads.asked) == 2  # the first one's, its failure included
    assert list(target.parent.iterdir()) == [target]


def test_progress_says_the_part_the_speed_and_the_time_that_is_left(said):
    seconds = iter([0.0, 1.0, 4.0])
    progress = Progress("Firestore emulator", 100_000_000, said.append, lambda: next(seconds))
    progress.at(20_000_000)
    progress.at(40_000_000)
    assert said == ["Firestore emulator: 40 of 100 MB (40%), 5.0 MB/s, 12 s left"]
