"""What the functions work with, as the first requests of a new instance find it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from types import SimpleNamespace
from typing import Any

from functions import services


class WithoutLock:
    """`functools.cached_property` as it is from Python 3.12 on."""

    def __init__(self, build):
        self.build = build

    def __get__(self, owner, kind):
        if "_built" not in vars(owner):
            sleep(0.05)
            owner._built = self.build(owner)
        return owner._built


def test_requests_that_come_together_share_one_api():
    built: list[object] = []

    def build(_: object) -> object:
        built.append(object())
        return built[-1]

    class Services(services.Services):
        _api = WithoutLock(build)

        def __init__(self):
            settings: Any = SimpleNamespace(google_cloud_project="p")
            super().__init__(settings=settings)

    shared, together = Services(), Barrier(8)

    def ask(_):
        together.wait()
        return shared.api

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(8)))
    assert len(built) == 1
    assert answers == set(built)
