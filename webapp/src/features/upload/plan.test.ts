import { describe, expect, it } from "vitest";
import { aDicom, aJpeg, aPng } from "../../testing/files";
import { type DroppedFile, planScans } from "./plan";

const MHA = "ObjectType = Image\nNDims = 3\nElementDataFile = LOCAL\n";

function dropped(path: string, content: BlobPart = aPng()): DroppedFile {
  return { path, file: new File([content], path.split("/").at(-1) as string) };
}

async function planned(...files: DroppedFile[]): Promise<Record<string, string[]>> {
  const { scans } = await planScans(files);
  return Object.fromEntries(
    scans.map((scan) => [scan.name, scan.files.map(({ file }) => file.name)]),
  );
}

describe("what a drop becomes", () => {
  it("makes one zip of a folder of numbered pictures, 2 before 10", async () => {
    const files = [dropped("case/s_10.png"), dropped("case/s_2.png"), dropped("case/s_1.png")];
    expect(await planned(...files)).toEqual({ "case.zip": ["s_1.png", "s_2.png", "s_10.png"] });
  });

  it("makes one zip of an .mhd header and the file of its pixels", async () => {
    const header = "ObjectType = Image\nNDims = 3\nElementDataFile = t2.raw\n";
    const files = [
      dropped("a/t2.mhd", header),
      dropped("a/t2.raw", "pixels"),
      dropped("b/t2.raw", "of no header"),
    ];
    expect(await planned(...files)).toEqual({ "t2.zip": ["t2.mhd", "t2.raw"] });
    const { refusals } = await planScans([dropped("a/t2.mhd", header), dropped("b/t2.raw", "x")]);
    expect(refusals.find(({ name }) => name === "a/t2.mhd")?.reason).toBe(
      "The pixels are in another file, t2.raw; drop both files together.",
    );
  });

  it("names loose numbered pictures after what their names share", async () => {
    expect(await planned(dropped("slice_1.png"), dropped("slice_12.png"))).toEqual({
      "slice.zip": ["slice_1.png", "slice_12.png"],
    });
  });

  it("asks where names are no series, or pictures of several sizes", async () => {
    const names = await planScans([dropped("front.png"), dropped("side.png")]);
    expect(names.scans).toEqual([]);
    expect(names.questions[0]).toMatchObject({
      asOne: { name: "pictures.zip" },
      asMany: [{ name: "front.png" }, { name: "side.png" }],
      because: "Their names are not numbered in a series.",
    });
    const sizes = await planScans([
      dropped("case/s_1.png", aPng(512, 512)),
      dropped("case/s_2.jpg", aJpeg(640, 480)),
    ]);
    expect(sizes.questions[0]?.because).toBe("The pictures are not all of one size.");
  });

  it("keeps folders, volumes and single pictures apart", async () => {
    const files = [
      dropped("study/a/1", aDicom()),
      dropped("study/a/2", aDicom()),
      dropped("study/b/1", aDicom()),
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

  it("makes a scan of each DICOM series, wherever its files lie", async () => {
    const [t1, t2] = [{ series: "1.2.1", description: "T1 sag" }, { series: "1.2.2" }];
    expect(
      await planned(
        dropped("study/1", aDicom(t1)),
        dropped("study/2", aDicom(t2)),
        dropped("study/3", aDicom(t1)),
        dropped("study/more/4", aDicom(t2)),
      ),
    ).toEqual({ "study-T1_sag.zip": ["1", "3"], "study-series.zip": ["2", "4"] });
  });

  it("leaves out what is no series beside the DICOM files of a folder, and says where", async () => {
    const cd = [
      dropped("cd/DICOM/1", aDicom({ series: "1.2" })),
      dropped("cd/DICOM/2", aDicom({ series: "1.2" })),
      dropped("cd/IHE_PDI/IM1.jpg", aJpeg(512, 512)),
      dropped("cd/IHE_PDI/IM1_small.jpg", aJpeg(256, 256)),
      dropped("cd/viewer/icon0.png", aPng(300, 64)),
      dropped("cd/viewer/icon1.png", aPng(300, 64)),
      dropped("cd/viewer/icon2.png", aPng(300, 64)),
    ];
    const other = [dropped("other/s_1.png"), dropped("loose.png")];
    const { scans, questions, refusals } = await planScans([...cd, ...other]);
    expect(scans.map(({ name }) => name)).toEqual(["DICOM.zip", "loose.png", "s_1.png"]);
    expect(questions).toEqual([]);
    expect(refusals).toEqual([
      {
        name: "cd",
        reason:
          "Left out: 5 pictures beside DICOM files, in cd/IHE_PDI and cd/viewer " +
          "(a viewer's icons, or slices shown once more).",
      },
    ]);
  });

  it("names only some of many folders of which pictures were left out", async () => {
    const icons = [1, 2, 3, 4, 5].map((name) => dropped(`cd/${name}/icon.png`, aPng(16, 16)));
    const { refusals } = await planScans([dropped("cd/IM1", aDicom()), ...icons]);
    expect(refusals[0]?.reason).toContain("in cd/1, cd/2, cd/3 and 2 more folders (");
  });

  it.each([
    ["in a folder of their own", "cases/p2", "p2.zip"],
    ["in the folder of the DICOM files", "cases/p1", "p1.zip"],
  ])("asks whether numbered pictures beside DICOM files are a scan: %s", async (_, folder, zip) => {
    const { scans, refusals, questions } = await planScans([
      ...[1, 2, 3].map((name) => dropped(`cases/p1/${name}.dcm`, aDicom({ series: "1.2" }))),
      ...[1, 2].map((number) => dropped(`${folder}/s_${number}.png`)),
    ]);
    expect(scans.map(({ files }) => files.length)).toEqual([3]);
    expect(refusals).toEqual([]);
    expect(questions).toMatchObject([
      {
        asOne: { name: zip, files: [{}, {}], arePictures: true },
        asMany: [],
        because: `The pictures in ${folder} came with DICOM files and may show their slices once more.`,
      },
    ]);
  });

  it("keeps a DICOM file and a picture that were dropped without a folder", async () => {
    const { scans } = await planScans([dropped("a", aDicom()), dropped("b.png")]);
    expect(scans.map(({ name }) => name)).toEqual(["a", "b.png"]);
  });

  it("passes over what systems leave in folders", async () => {
    const { scans, refusals } = await planScans([
      dropped("case/.DS_Store", "x"),
      dropped("case/Thumbs.db", "x"),
      dropped("__MACOSX/case/s_1.png"),
      dropped("case/s_1.png"),
    ]);
    expect([scans.length, refusals]).toEqual([1, []]);
  });

  it("says so where there is nothing in it", async () => {
    const reason = "There is no scan in it.";
    const litter = await planScans([dropped("case/.DS_Store", "x")]);
    expect(litter.refusals).toEqual([{ name: "case", reason }]);
    expect((await planScans([])).refusals).toEqual([{ name: "Empty folder", reason }]);
  });

  it("goes on without a file that the browser can't open", async () => {
    const gone = dropped("gone.mha", MHA);
    gone.file.slice = () => {
      throw new DOMException("The file could not be read.", "NotReadableError");
    };
    const { scans, refusals } = await planScans([gone, dropped("there.mha", MHA)]);
    expect(scans.map(({ name }) => name)).toEqual(["there.mha"]);
    expect(refusals[0]).toMatchObject({
      name: "gone.mha",
      reason: expect.stringContaining("open"),
    });
  });

  it("refuses at once what is too much for one scan", async () => {
    const series = ["1", "2"].map((name) => dropped(`study/${name}`, aDicom({ series: "1.2" })));
    for (const { file } of series) Object.defineProperty(file, "size", { value: 600 * 1024 ** 2 });
    const { scans, refusals } = await planScans(series);
    expect(scans).toEqual([]);
    expect(refusals[0]?.reason).toBe("The files have 1.3 GB together; one scan has at most 1 GiB.");
  });
});
