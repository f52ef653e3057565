import { describe, expect, it } from "vitest";
import type { Scan } from "../../cloud/documents";
import type { SeriesFacts, Split, StudyOfScan } from "../../records";
import { aScan, aStudy, timestamp } from "../../testing/fake-cloud";
import { opened, rowsOf, seriesOf, titleOf } from "./study-rows";

const facts = (number: number, sequence: SeriesFacts["sequence"]): SeriesFacts => ({
  number,
  sequence,
  plane: "sagittal",
  slices: 9,
  digest: "",
});
const study = (
  series: SeriesFacts,
  changes: Partial<StudyOfScan> = {},
): Pick<Scan, "study" | "status"> => ({
  status: "done",
  study: {
    studyKey: "study",
    patientKey: "patient",
    frameKey: null,
    series,
    parent: null,
    ...changes,
  },
});
const t1 = aScan("t1", { ...study(facts(1, "T1")), createdAt: timestamp(2) });
const t2 = aScan("t2", { ...study(facts(2, "T2")), createdAt: timestamp(3) });
const alone = aScan("alone");
const keys = (scans: Scan[]): string[] => rowsOf(scans, []).map(({ key }) => key);

describe("rows of the worklist", () => {
  it("are one for each study, where its first series stands, and one for each other scan", () => {
    const rows = rowsOf([t2, alone, t1], []);
    expect(rows.map(({ members }) => members.map(({ id }) => id))).toEqual([
      ["t1", "t2"],
      ["alone"],
    ]);
    expect(rows.map(({ studyKey }) => studyKey)).toEqual(["study", null]);
  });

  it("keep their keys while series come, and are the same objects while nothing changes", () => {
    const before = rowsOf([t1, alone], []);
    const after = rowsOf([t2, t1, alone], before);
    expect(after.map(({ key }) => key)).toEqual(["t1", "alone"]);
    expect(after[1]).toBe(before[1]);
    expect(rowsOf([t2, t1, alone], after)[0]).toBe(after[0]);
    expect(rowsOf([t2, { ...t1, labelCount: 1 }, alone], after)[0]).not.toBe(after[0]);
  });

  it("are not joined where nothing but a folder says that scans are of one person", () => {
    const inFolder = (id: string): Scan =>
      aScan(id, study(facts(1, null), { patientKey: null, studyKey: "folder" }));
    expect(keys([inFolder("a"), inFolder("b")])).toEqual(["a", "b"]);
    const framed = (id: string, frameKey: string): Scan =>
      aScan(id, study(facts(1, null), { patientKey: null, frameKey }));
    expect(keys([framed("a", "one"), framed("b", "other"), framed("c", "one")])).toEqual([
      "a",
      "b",
    ]);
  });

  it("take an archive in with its series, which have its name", () => {
    const series = [
      { ...facts(1, "T1"), scanId: "one" },
      { ...facts(2, "T2"), scanId: "two" },
    ];
    const split: Split = { series, leftOut: [], warnings: [], studyKey: null };
    const archive = aScan("archive", { status: "split", split, fileName: "exam.zip" });
    const [one, two] = series.map(({ scanId, ...each }) =>
      aScan(scanId, {
        ...study(each, { parent: "archive" }),
        fileName: `exam.zip ${each.number}-${each.sequence?.toLowerCase()}`,
      }),
    ) as [Scan, Scan];
    const [row] = rowsOf([two, one, archive], []);
    expect([row?.archive?.id, row?.members.length, row?.lead.id]).toEqual(["archive", 2, "two"]);
    expect(row && titleOf(row)).toBe("exam.zip");
    const [withoutArchive] = rowsOf([two, one], []);
    expect(withoutArchive && titleOf(withoutArchive)).toBe("exam.zip");
    expect(keys([archive])).toEqual(["archive"]);
  });

  it("have a series that came again with more slices apart, and the new one in the study", () => {
    const again = aScan("again", { ...study(facts(2, "T2")), createdAt: timestamp(4) });
    const rows = rowsOf([again, { ...t2, supersededBy: "again" }, t1], []);
    expect(rows.map(({ members }) => members.map(({ id }) => id))).toEqual([
      ["t1", "again"],
      ["t2"],
    ]);
    expect(rows[1]?.studyKey).toBeNull();
  });
});

describe("the series of a row", () => {
  const [row] = rowsOf([t1], []) as [ReturnType<typeof rowsOf>[number]];
  const known = aStudy("study", { t1: "T1", t2: "T2", stir: "STIR" });

  it("are those of the list as they are now, and the others as their study has them", () => {
    Object.assign(known.series["t1"] as object, { status: "processing" });
    Object.assign(known.series["stir"] as object, { status: "failed" });
    expect(seriesOf(row, known).map(({ scanId, status }) => [scanId, status])).toEqual([
      ["t1", "done"],
      ["t2", "done"],
      ["stir", "failed"],
    ]);
    expect(seriesOf(row, null).map(({ scanId }) => scanId)).toEqual(["t1"]);
  });

  it("open at T2 if it is read, also if the list hasn't it, and else at one that is", () => {
    expect(opened(row, known)).toBe("t2");
    expect(opened(row, null)).toBe("t1");
    Object.assign(known.series["t2"] as object, { status: "failed" });
    expect(opened(row, known)).toBe("t1");
    expect(opened(rowsOf([alone], [])[0] as typeof row, null)).toBe("alone");
  });

  it("have the names of all that was uploaded", () => {
    const named = (scan: Scan, fileName: string): Scan => ({ ...scan, fileName });
    const [both] = rowsOf([named(t1, "a.zip"), named(t2, "b.zip")], []);
    expect(both && titleOf(both)).toBe("a.zip, b.zip");
  });
});
