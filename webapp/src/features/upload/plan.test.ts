import { describe, expect, it } from "vitest";
import { type DroppedFile, planScans } from "./plan";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]);
const MHA = "ObjectType = Image\nNDims = 3\nElementDataFile = LOCAL\n";
const DICOM = new Uint8Array([...new Uint8Array(128), ...new TextEncoder().encode("DICM")]);

function dropped(path: string, content: BlobPart = PNG): DroppedFile {
  return { path, file: new File([content], path.split("/").at(-1) as string) };
}

async function planned(...files: DroppedFile[]): Promise<Record<string, string[]>> {
  const { scans } = await planScans(files);
  return Object.fromEntries(
    scans.map(({ name, files }) => [name, files.map(({ file }) => file.name)]),
  );
}

async function refusedFor(file: DroppedFile): Promise<string | undefined> {
  return (await planScans([file])).refusals[0]?.reason;
}

describe("what a drop becomes", () => {
  it("makes one zip of a folder of pictures, 2 before 10", async () => {
    const files = [dropped("case/s_10.png"), dropped("case/s_2.png"), dropped("case/s_1.png")];
    expect(await planned(...files)).toEqual({ "case.zip": ["s_1.png", "s_2.png", "s_10.png"] });
  });

  it("names loose pictures after what their names share", async () => {
    expect(await planned(dropped("slice_1.png"), dropped("slice_12.png"))).toEqual({
      "slice.zip": ["slice_1.png", "slice_12.png"],
    });
    expect(Object.keys(await planned(dropped("a.png"), dropped("b.png")))).toEqual([
      "pictures.zip",
    ]);
  });

  it("keeps folders, volumes and single pictures apart", async () => {
    const files = [
      dropped("study/a/1", DICOM),
      dropped("study/a/2", DICOM),
      dropped("study/b/1", DICOM),
      dropped("study/c.mha", MHA),
      dropped("one.png"),
    ];
    expect(await planned(...files)).toEqual({
      "a.zip": ["1", "2"],
      "1": ["1"],
      "c.mha": ["c.mha"],
      "one.png": ["one.png"],
    });
  });

  it("passes over what systems leave in folders", async () => {
    const { scans, refusals } = await planScans([
      dropped("case/.DS_Store", "x"),
      dropped("case/Thumbs.db", "x"),
      dropped("__MACOSX/case/s_1.png"),
    ]);
    expect([scans, refusals]).toEqual([[], []]);
  });

  it("refuses at once, with the reason", async () => {
    expect(await refusedFor(dropped("notes.txt", "hello"))).toContain("no scan that DiscAI can");
    expect(await refusedFor(dropped("empty.mha", ""))).toContain("empty");
    expect(await refusedFor(dropped("a.nii.gz", "not gzip"))).toContain(
      "ends in .nii.gz, but the content is something else",
    );
    expect(await refusedFor(dropped("a.mhd", MHA))).toContain("Save the scan as .mha");
  });

  it("refuses more than 2 GiB without reading it", async () => {
    const file = new File([], "huge.mha");
    Object.defineProperty(file, "size", { value: 2 * 1024 ** 3 + 1 });
    expect(await refusedFor({ file, path: "huge.mha" })).toContain("2 GiB");
  });
});
