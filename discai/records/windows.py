"""Windows through which the greys of a scan are looked at."""

from pydantic import Field

from discai.records.record import Record


class GreyRange(Record):
    """Greys that are shown as black, `low` and darker, and as white, `high` and brighter."""

    low: int = Field(ge=0)
    high: int = Field(ge=0)


class Windows(Record):
    """Windows of a scan's greys, which its slices hold as whole numbers from 0 to 65535.

    Attributes:
        usual: without the darkest and brightest half percent of the whole scan.
        t1, t2, stir: what such a sequence shows best of a spine.
        fit: all greys of the scan.
    """

    usual: GreyRange
    t1: GreyRange
    t2: GreyRange
    stir: GreyRange
    fit: GreyRange
