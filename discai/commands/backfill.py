"""`discai backfill-studies`: gives scans of earlier versions their place in a study."""

from collections.abc import Callable

from tqdm import tqdm

from discai.cloud.backfill import Backfill
from discai.records.study import StudyOfScan


def backfill_studies(backfill: Backfill, complain: Callable[[str], None], *, dry_run: bool) -> int:
    """Prints a line for each scan that gets its place; returns how many could not get one.

    `complain` gets a line for each of these, with its reason.
    """
    waiting = backfill.without_study()
    placed = failed = 0
    with tqdm(total=len(waiting), unit="scan", disable=None, leave=False) as bar:
        for each in backfill.run(waiting, dry_run=dry_run):
            bar.update()
            if each.place is None:
                failed += 1
                complain(f"{each.scan_id}: {each.why}")
            else:
                placed += 1
                tqdm.write(f"{each.scan_id}: {_in_words(each.place)}")
    mended = 0 if dry_run else backfill.mend_studies()
    verb = "would get" if dry_run else "got"
    print(f"{placed} of {len(waiting)} scans {verb} their study, {failed} could not.")
    if mended:
        print(f"Studies that did not list a scan of theirs, and do now: {mended}.")
    return failed


def _in_words(place: StudyOfScan) -> str:
    patient = place.patient_key or "nobody that its file names"
    what = place.series.sequence or "series"
    return f"{what} of study {place.study_key}, patient {patient}"
