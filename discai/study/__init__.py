"""Studies: which files of a folder, an archive or any heap are which series, and what is left out.

`files` opens folders and archives, `sorting` makes series of what lies in them, one module for each
kind of image does the telling apart, `series` holds, reads and packs what was found, and `keys`
makes keys of studies and patients.

May import `scan` and the rooms below it.
"""

from discai.study.files import may_hold_several, names_its_study, opened
from discai.study.keys import Identity, Keys
from discai.study.series import Series, Study
from discai.study.sorting import sort_study

__all__ = [
    "Identity",
    "Keys",
    "Series",
    "Study",
    "may_hold_several",
    "names_its_study",
    "opened",
    "sort_study",
]
