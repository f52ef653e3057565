import { ARCHIVE_MAX_FILES, ARCHIVE_MAX_UNPACKED_BYTES, SMALLEST_SLICE } from "../../limits";
import { bytes, plural } from "../../ui/format";
import { identify, type Identity, pixelsFileOf } from "./formats";
import { UNREADABLE } from "./unreadable";

/** A file as it was dropped; `path` is relative to the drop: "case-7/slice_2.png". */
export interface DroppedFile {
  file: File;
  path: string;
}

/** One future scan: a single file goes as it is, several become one zip in this order. */
export interface PlannedScan {
  name: string;
  files: DroppedFile[];
  /** True if the files are pictures that the browser itself can show. */
  arePictures: boolean;
}

export interface Refusal {
  name: string;
  reason: string;
}

/** Pictures that may be the slices of one scan, or a scan each, or copies of other slices. */
export interface Question {
  asOne: PlannedScan;
  /** Empty if the choice is between one scan and leaving the pictures out. */
  asMany: PlannedScan[];
  /** The reason for asking. */
  because: string;
}

export interface Plan {
  scans: PlannedScan[];
  refusals: Refusal[];
  questions: Question[];
}

interface Group {
  files: DroppedFile[];
  pixels: Set<string | null>;
  description: string;
}

const NATURAL = new Intl.Collator("en", { numeric: true });
const LIST = new Intl.ListFormat("en-GB");
const NAMED_FOLDERS = 3;
const SYSTEM_FILES = /^(\.|~\$|thumbs\.db$|desktop\.ini$|dicomdir$)|\.(ini|lnk)$/i;

/**
 * Plans the scans of a drop: every volume (an .mhd with its pixels) or zip is a scan, the DICOM files of one series are one
 * scan wherever they lie, and so are the numbered pictures of one folder. Pictures dropped together
 * without a folder count as one folder; if they may be several scans, the person is asked. Pictures
 * anywhere in a dropped folder with DICOM files are left out, or the person is asked if they may be
 * a scan of their own. A drop without any scan yields a refusal, so that the person hears of it.
 */
export async function planScans(dropped: readonly DroppedFile[]): Promise<Plan> {
  const plan: Plan = { scans: [], refusals: [], questions: [] };
  const series = new Map<string, Group>();
  const pictures = new Map<string, Group>();
  const mixed = new Set<string>(); // dropped folders that hold DICOM files
  const files = inNaturalOrder(dropped).filter(({ path }) => !isSystemFile(path));
  const pixelsOf = await pixelsOfHeaders(files);
  const taken = new Set(pixelsOf.values());
  for (const each of files) {
    if (taken.has(each)) continue;
    const pixels = pixelsOf.get(each);
    if (pixels) {
      const name = each.file.name.replace(/\.mhd$/i, ".zip");
      take(plan, { name, files: [each, pixels], arePictures: false });
      continue;
    }
    const identity = await identify(each.file).catch(asUnreadable);
    if (identity.kind === "unreadable") {
      plan.refusals.push({ name: each.path, reason: identity.reason });
    } else if (identity.kind === "picture") {
      addTo(pictures, folderOf(each.path), each).pixels.add(identity.pixels);
    } else if (identity.kind === "dicom") {
      mixed.add(dropOf(folderOf(each.path)));
      const group = addTo(series, identity.series ?? folderOf(each.path), each);
      group.description ||= identity.description;
    } else {
      plan.scans.push({ name: each.file.name, files: [each], arePictures: false });
    }
  }
  mixed.delete("");
  plan.refusals.push(...leaveOut(pictures, mixed));
  for (const scan of scansOfSeries([...series.values()])) take(plan, scan);
  for (const [folder, group] of pictures) {
    const asOne = { name: nameOf(group.files), files: group.files, arePictures: true };
    const isBeside = mixed.has(dropOf(folder));
    const because = isBeside ? doubtBeside(folder) : doubtAbout(group);
    const asMany = isBeside ? [] : onePerFile(group.files);
    if (!because || excessOf(asOne)) take(plan, asOne);
    else plan.questions.push({ asOne, asMany, because });
  }
  if (Object.values(plan).flat().length === 0) plan.refusals.push(nothingIn(dropped));
  return plan;
}

/** The file beside each .mhd header that holds its pixels. */
async function pixelsOfHeaders(
  files: readonly DroppedFile[],
): Promise<Map<DroppedFile, DroppedFile>> {
  const byPath = new Map(files.map((each) => [each.path, each]));
  const found = new Map<DroppedFile, DroppedFile>();
  for (const header of files) {
    const name = await pixelsFileOf(header.file).catch(() => null); // told when it is identified
    const folder = folderOf(header.path);
    const pixels = name && byPath.get(folder ? `${folder}/${name}` : name);
    if (pixels && pixels !== header) found.set(header, pixels);
  }
  return found;
}

function take(plan: Plan, scan: PlannedScan): void {
  const reason = excessOf(scan);
  if (reason) plan.refusals.push({ name: scan.name, reason });
  else plan.scans.push(scan);
}

/**
 * The reason why the files can't be one scan, by the limits of `discai/scan/archive.py`; null if
 * they can.
 */
function excessOf({ files }: PlannedScan): string | null {
  if (files.length === 1) return null;
  if (files.length > ARCHIVE_MAX_FILES) {
    return `These are ${files.length} files; one scan has at most ${ARCHIVE_MAX_FILES}.`;
  }
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  if (total <= ARCHIVE_MAX_UNPACKED_BYTES) return null;
  const most = ARCHIVE_MAX_UNPACKED_BYTES / 1024 ** 3;
  return `The files have ${bytes(total)} together; one scan has at most ${most} GiB.`;
}

/** Treats a file that is gone or locked as unreadable, so that the rest of the drop goes on. */
function asUnreadable(error: unknown): Identity {
  if (!(error instanceof DOMException)) throw error;
  return { kind: "unreadable", reason: UNREADABLE };
}

function nothingIn([first]: readonly DroppedFile[]): Refusal {
  const name = first?.path.split("/")[0] ?? "Empty folder";
  return { name, reason: "There is no scan in it." };
}

/** Removes pictures that came with DICOM files and are no series, and says so. */
function leaveOut(pictures: Map<string, Group>, mixed: ReadonlySet<string>): Refusal[] {
  return [...mixed].flatMap((drop) => {
    const without = [...pictures].filter(
      ([folder, group]) => dropOf(folder) === drop && !mayBeSlices(group),
    );
    if (without.length === 0) return [];
    for (const [folder] of without) pictures.delete(folder);
    const count = without.reduce((sum, [, { files }]) => sum + files.length, 0);
    const what = `${plural(count, "picture")} beside DICOM files`;
    const where = listOf(without.map(([folder]) => folder));
    const reason = `Left out: ${what}, in ${where} (a viewer's icons, or slices shown once more).`;
    return [{ name: drop, reason }];
  });
}

/** True if several pictures look like the slices of one scan; icons and thumbnails don't. */
function mayBeSlices(group: Group): boolean {
  if (group.files.length === 1 || doubtAbout(group)) return false;
  const [pixels] = group.pixels;
  return !pixels || pixels.split("x").every((side) => Number(side) >= SMALLEST_SLICE);
}

function listOf(folders: readonly string[]): string {
  const more = folders.length - NAMED_FOLDERS;
  const named = folders.slice(0, NAMED_FOLDERS);
  return LIST.format(more > 0 ? [...named, plural(more, "more folder")] : named);
}

function addTo(groups: Map<string, Group>, key: string, file: DroppedFile): Group {
  const group = groups.get(key) ?? { files: [], pixels: new Set(), description: "" };
  group.files.push(file);
  groups.set(key, group);
  return group;
}

/** Makes each series a scan; several from one folder are named after their descriptions. */
function scansOfSeries(groups: Group[]): PlannedScan[] {
  const taken = new Map<string, number>();
  return groups.map(({ files, description }) => {
    const plain = nameOf(files);
    const isAlone = groups.filter((other) => nameOf(other.files) === plain).length === 1;
    const words = description.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_|_$/g, "");
    const name =
      isAlone || files.length === 1 ? plain : plain.replace(/\.zip$/, `-${words || "series"}.zip`);
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return {
      name: count === 1 ? name : name.replace(/(\.zip)?$/, `-${count}$1`),
      files,
      arePictures: false,
    };
  });
}

function doubtBeside(folder: string): string {
  return `The pictures in ${folder} came with DICOM files and may show their slices once more.`;
}

/** The reason why pictures may be more than one scan; null if they are clearly one. */
function doubtAbout({ files, pixels }: Group): string | null {
  if (files.length === 1) return null;
  const patterns = new Set(files.map(({ file }) => patternOf(file)));
  if (pixels.size > 1) return "The pictures are not all of one size.";
  if (patterns.size > 1) return "Their names are not numbered in a series.";
  return null;
}

function patternOf(file: File): string {
  return file.name.toLowerCase().replace(/\d+/g, "#");
}

function onePerFile(files: readonly DroppedFile[]): PlannedScan[] {
  return files.map((each) => ({ name: each.file.name, files: [each], arePictures: true }));
}

function inNaturalOrder(files: readonly DroppedFile[]): DroppedFile[] {
  return files.toSorted((a, b) => NATURAL.compare(a.path, b.path));
}

function isSystemFile(path: string): boolean {
  return path.split("/").some((part) => SYSTEM_FILES.test(part) || part === "__MACOSX");
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** The dropped folder that a folder lies in; "" for files dropped without one. */
function dropOf(folder: string): string {
  return folder.split("/")[0] ?? "";
}

/** The folder's name, or how all the names begin: "slice_1 … slice_17" becomes slice. */
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
