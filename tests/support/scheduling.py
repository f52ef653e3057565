"""How pytest-xdist's workers share the tests: a file stays whole, the longest come first."""

from collections.abc import Callable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.kinds import TESTS, kind_of_place

#: All of a kind that run in one worker, since they share what is made once a worker.
TOGETHER = {"loop": "the local cloud"}

#: What takes minutes; whoever begins it last is waited for.
LONGEST = (
    "webapp/test_retraining.py",
    "loop",
    "infrastructure/test_terraform_mistakes.py",
    "webapp",
    "infrastructure",
)


def scope_of(node_id: str) -> str:
    """The tests with the same answer run in one worker, one after the other."""
    file = node_id.partition("::")[0]
    return TOGETHER.get(kind_of_place(TESTS.parent / file) or "", file)


def rank(item: pytest.Item) -> int:
    """Place in `LONGEST`, of the whole scope."""
    place = item.path.relative_to(TESTS)
    names = {kind_of_place(item.path), *map(str, (place, *place.parents))}
    return next((number for number, name in enumerate(LONGEST) if name in names), len(LONGEST))


class LongestFirst(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Hands out whole scopes in the order of the collected tests."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=rank)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Callable[..., Any]) -> LongestFirst:
    config.option.loadscopereorder = False
    return LongestFirst(config, log)
