import { identify } from "./formats";

/** A file as it was dropped; `path` is relative to the drop: "case-7/slice_2.png". */
export interface DroppedFile {
  file: File;
  path: string;
}

/** One future scan: a single file goes as it is, several become one zip in this order. */
export interface PlannedScan {
  name: string;
  files: DroppedFile[];
}

export interface Refusal {
  name: string;
  reason: string;
}

export interface Plan {
  scans: PlannedScan[];
  refusals: Refusal[];
}

const NATURAL = new Intl.Collator("en", { numeric: true });
const LITTER = /^(\.|~\$|thumbs\.db$|desktop\.ini$|dicomdir$)|\.(ini|lnk)$/i;

/**
 * What to upload for a drop: every volume or zip is a scan, the pictures of one folder are one
 * scan, and so are its DICOM files; pictures dropped together without a folder count as one folder.
 */
export async function planScans(dropped: readonly DroppedFile[]): Promise<Plan> {
  const scans: PlannedScan[] = [];
  const refusals: Refusal[] = [];
  const series = new Map<string, DroppedFile[]>();
  for (const each of inNaturalOrder(dropped)) {
    if (isLitter(each.path)) continue;
    const identity = await identify(each.file);
    if (identity.kind === "unreadable") {
      refusals.push({ name: each.path, reason: identity.reason });
    } else if (identity.kind === "picture" || identity.kind === "dicom") {
      const key = `${identity.kind} ${folderOf(each.path)}`;
      series.set(key, [...(series.get(key) ?? []), each]);
    } else {
      scans.push({ name: each.file.name, files: [each] });
    }
  }
  for (const files of series.values()) scans.push({ name: nameOf(files), files });
  return { scans, refusals };
}

function inNaturalOrder(files: readonly DroppedFile[]): DroppedFile[] {
  return [...files].sort((a, b) => NATURAL.compare(a.path, b.path));
}

function isLitter(path: string): boolean {
  return path.split("/").some((part) => LITTER.test(part) || part === "__MACOSX");
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** A folder's name; without a folder what the names begin with in common: "slice_1 … 17" → slice. */
function nameOf(files: readonly DroppedFile[]): string {
  const [first, ...others] = files;
  if (!first) throw new Error("a scan has at least one file");
  if (others.length === 0) return first.file.name;
  const folder = folderOf(first.path).split("/").at(-1);
  if (folder) return `${folder}.zip`;
  let common = first.file.name;
  for (const { file } of others) {
    while (!file.name.startsWith(common)) common = common.slice(0, -1);
  }
  return `${common.replace(/[\W_\d]+$/, "") || "pictures"}.zip`;
}
