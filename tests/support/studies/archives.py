"""Studies as scanners, archives and CDs export them, and what they hold."""

from functools import cache

from tests.support.studies.case import Case
from tests.support.studies.of_files import containers, faults, picture_cases, volumes
from tests.support.studies.of_series import beside, insides, planning, series_cases


@cache
def cases() -> dict[str, Case]:
    """All archives by name."""
    found: dict[str, Case] = {}
    for family in (
        series_cases,
        insides,
        planning,
        beside,
        containers,
        faults,
        volumes,
        picture_cases,
    ):
        for name, case in family():
            assert name not in found
            found[name] = case
    return found
