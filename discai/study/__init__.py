"""Studies: which files of a folder, an archive or any heap are which series, and what is left out.

`files` opens folders and archives, `sorting` makes series of what lies in them, one module for each
kind of image does the telling apart, and `series` holds, reads and packs what was found.

May import `scan` and the rooms below it.
"""

from discai.records.keys import Identity, Keys
from discai.study.files import may_hold_several, names_its_study, opened
from discai.study.series import NothingToReadError, Series, Study
from discai.study.sorting import sort_study

__all__ = [
    "Identity",
    "Keys",
    "NothingToReadError",
    "Series",
    "Study",
    "may_hold_several",
    "names_its_study",
    "opened",
    "sort_study",
]
