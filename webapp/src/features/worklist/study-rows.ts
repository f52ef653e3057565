import type { Scan, Study } from "../../cloud/documents";
import type { ScanRecord, SeriesFacts } from "../../records";
import { fileName } from "../../ui/scan-words";
import { visitOf } from "../../visit";

/** One row: a scan, or the series of a study that the list has, and the archive they came in. */
export interface ListRow {
  /** Stays the same while series come. */
  key: string;
  /** Null where no file says of which study it is. */
  studyKey: string | null;
  /** The best of its series, whose state and result it shows. */
  lead: Scan;
  /** In the order of their study. */
  members: readonly Scan[];
  archive: Scan | null;
}

/** A series of a row, as far as it is known. */
export interface SeriesOfRow {
  scanId: string;
  facts: SeriesFacts;
  status: ScanRecord["status"];
}

/**
 * The scans as rows, one for each study, where its first series stands in the list. Rows in which
 * nothing changed are those of before, so that they are not drawn again.
 */
export function rowsOf(scans: readonly Scan[], before: readonly ListRow[]): ListRow[] {
  // Scans that came again with more slices keep a row, which says so.
  const visits = new Map(
    scans.map(({ id, study, supersededBy }) => [
      id,
      supersededBy || !study ? null : visitOf(study),
    ]),
  );
  const groups = new Map<string, Scan[]>();
  for (const scan of scans) {
    const ofSeries = scan.split?.series.map(({ scanId }) => visits.get(scanId)).find(Boolean);
    const group = ofSeries ?? visits.get(scan.id) ?? scan.id;
    const members = groups.get(group);
    if (members) members.push(scan);
    else groups.set(group, [scan]);
  }
  const known = new Map(before.map((row) => [row.key, row]));
  return [...groups.values()].map((group) => {
    const row = rowOf(group);
    const earlier = known.get(row.key);
    return earlier && isSame(earlier, row) ? earlier : row;
  });
}

function rowOf(group: readonly Scan[]): ListRow {
  const archive =
    group.length > 1 ? (group.find(({ status }) => status === "split") ?? null) : null;
  const members = group
    .filter((scan) => scan !== archive)
    .toSorted((a, b) => numberOf(a) - numberOf(b) || (isBefore(a, b) ? -1 : 1));
  const lead = best(members, (scan) => ({ status: scan.status, facts: scan.study?.series }));
  const first = members.reduce((a, b) => (isBefore(b, a) ? b : a));
  const isOfStudy = lead.study && visitOf(lead.study) && !lead.supersededBy;
  const studyKey = isOfStudy ? (lead.study?.studyKey ?? null) : null;
  return { key: archive?.id ?? first.id, studyKey, lead, members, archive };
}

/** The series of a row: those of the list as they are now, the others as the study has them. */
export function seriesOf(row: ListRow, study: Study | null): SeriesOfRow[] {
  const listed = new Map(row.members.map((scan) => [scan.id, scan]));
  const series = row.members.flatMap((scan) =>
    scan.study ? [{ scanId: scan.id, facts: scan.study.series, status: scan.status }] : [],
  );
  const others = Object.entries(study?.series ?? {})
    .filter(([scanId]) => !listed.has(scanId))
    .filter(([, { status, supersededBy }]) => status !== "split" && !supersededBy)
    .map(([scanId, facts]) => ({ scanId, facts, status: facts.status }));
  return [...series, ...others].toSorted((a, b) => a.facts.number - b.facts.number);
}

/** The series to open: one that was read, T2 before T1, since more is seen on it. */
export function opened(row: ListRow, study: Study | null): string {
  const series = seriesOf(row, study);
  return series.length > 0 ? best(series, (each) => each).scanId : row.lead.id;
}

/** What people call what they uploaded: the archive of a series, or else its file. */
export function titleOf({ members, archive }: ListRow): string {
  if (archive) return fileName(archive);
  const names = members.map((scan) =>
    members.length > 1 && scan.study?.parent
      ? fileName(scan).replace(NAME_OF_SERIES, "")
      : fileName(scan),
  );
  return [...new Set(names)].join(", ");
}

/** What the worker adds to an archive's name for each of its series: " 2-t2". */
const NAME_OF_SERIES = / \d+(-[a-z0-9]+)*$/;

const SEQUENCES: readonly SeriesFacts["sequence"][] = ["T2", "T1"];
const STATUSES: readonly ScanRecord["status"][] = [
  "done",
  "processing",
  "queued",
  "failed",
  "dead",
];

function best<T>(
  all: readonly T[],
  asSeries: (each: T) => { status: ScanRecord["status"]; facts: SeriesFacts | undefined },
): T {
  const rank = (each: T): number => {
    const { status, facts } = asSeries(each);
    const at = SEQUENCES.indexOf(facts?.sequence ?? null);
    const sequence = at < 0 ? SEQUENCES.length : at;
    return 10 * STATUSES.indexOf(status) + sequence;
  };
  return all.reduce((one, other) => (rank(other) < rank(one) ? other : one));
}

const numberOf = (scan: Scan): number => scan.study?.series.number ?? 0;

const isBefore = (a: Scan, b: Scan): boolean => {
  const [one, other] = [a.createdAt.toDate().getTime(), b.createdAt.toDate().getTime()];
  return one < other || (one === other && a.id < b.id);
};

const isSame = (a: ListRow, b: ListRow): boolean =>
  a.lead === b.lead &&
  a.archive === b.archive &&
  a.members.length === b.members.length &&
  a.members.every((scan, index) => scan === b.members[index]);
