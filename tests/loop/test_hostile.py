"""Forty and more hostile files: each one fails with words, and the worker shrugs."""

import threading

import psutil

from tests.support.hostile_files import make_hostile_files

GROWTH_MB = 500

#: Archives of several series: each becomes a scan of its own, and fails by itself.
SEVERAL = {"mixed.zip", "volumes.zip", "two-series.zip"}
#: Files that are one scan to a worker, since it finds the same series in them twice.
TWICE = {"zips.zip": {"not-sagittal"}}
#: Codes of series that hold no spine.
NO_SPINE = {"not-sagittal", "not-3d", "no-discs", "bad-geometry", "unsupported-format"}


class PeakMemory:
    """The most memory that a process and its children had while the context lasted."""

    def __init__(self, process) -> None:
        self.process = process
        self.peak_mb = self.now_mb()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def now_mb(self) -> float:
        family = [self.process, *self.process.children(recursive=True)]
        return sum(each.memory_full_info().pss for each in family) / 1e6

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            try:
                self.peak_mb = max(self.peak_mb, self.now_mb())
            except psutil.NoSuchProcess:
                continue


def failed_with_words(scan, codes) -> bool:
    """Whether the scan failed with an expected code and a sentence that names no path of ours."""
    if scan["status"] != "failed" or scan["error"]["code"] not in codes:
        return False
    message = scan["error"]["message"]
    return message.endswith(".") and " " in message and "/tmp" not in message


def test_every_hostile_file_fails_with_a_code_and_a_sentence(local_cloud, tmp_path, phantom_file):
    codes = make_hostile_files(tmp_path)
    assert len(codes) >= 40
    worker = local_cloud.process("inference-service")
    before_mb = PeakMemory(worker).now_mb()
    with PeakMemory(worker) as memory:
        scans = {
            name: local_cloud.put(tmp_path / name, f"hostile/{name}", by=local_cloud.email)
            for name in codes
        }
        wrong = {}
        for name, scan_id in scans.items():
            scan = local_cloud.wait_for(scan_id)
            if name in SEVERAL:
                assert scan["status"] == "split", name
                for number, series in enumerate(scan["split"]["series"]):
                    ended = local_cloud.wait_for(series["scanId"])
                    if not failed_with_words(ended, NO_SPINE):
                        wrong[f"{name} {number}"] = (ended["status"], ended["error"])
            elif not failed_with_words(scan, TWICE.get(name, codes[name])):
                wrong[name] = (scan["status"], scan["error"])
    assert not wrong
    assert local_cloud.process("inference-service").pid == worker.pid
    assert memory.peak_mb < before_mb + GROWTH_MB
    after = local_cloud.put(phantom_file, "hostile/after.mha")
    assert local_cloud.wait_for(after)["status"] == "done"
