import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { aDicom, aJpeg, aPng } from "../../testing/files";
import { identify } from "./formats";

const MHA = "ObjectType = Image\nNDims = 3\nElementDataFile = LOCAL\n";

async function refusal(name: string, content: BlobPart): Promise<string | null> {
  const identity = await identify(new File([content], name));
  return identity.kind === "unreadable" ? identity.reason : null;
}

async function gzipped(content: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const stream = new Blob([content]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function nifti(): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(400);
  head.set([0x5c, 0x01]);
  return head;
}

describe("what a file is", () => {
  it("is told by its content", async () => {
    expect(await identify(new File([MHA], "a.mha"))).toEqual({ kind: "volume" });
    expect(await identify(new File(["NRRD0004\ntype: short\n"], "a.nrrd"))).toEqual({
      kind: "volume",
    });
    const slice = new Uint8Array([
      8,
      0,
      5,
      0,
      0x43,
      0x53,
      10,
      0,
      ...Array.from({ length: 300 }, () => 32),
    ]);
    expect(await identify(new File([slice], "IM0001"))).toMatchObject({ kind: "dicom" });
    expect(await identify(new File([nifti()], "a.nii"))).toEqual({ kind: "volume" });
    const zip = zipSync({ "1.png": aPng() });
    expect(await identify(new File([zip], "a.zip"))).toEqual({ kind: "archive" });
    expect(await identify(new File([await gzipped(nifti())], "a.nii.gz"))).toEqual({
      kind: "volume",
    });
    expect(await identify(new File([aPng(300, 200)], "a"))).toEqual({
      kind: "picture",
      pixels: "300x200",
    });
    expect(await identify(new File([aJpeg(640, 480)], "a"))).toEqual({
      kind: "picture",
      pixels: "640x480",
    });
    const dicom = aDicom({ series: "1.2.3", description: "T2 sag" });
    expect(await identify(new File([dicom], "IM0001"))).toEqual({
      kind: "dicom",
      series: "1.2.3",
      description: "T2 sag",
    });
  });

  it("is refused at once with the reason where it can't be read", async () => {
    expect(await refusal("notes.txt", "hello")).toContain("no scan that DiscAI can read");
    expect(await refusal("empty.mha", "")).toContain("empty");
    expect(await refusal("a.nii.gz", "not gzip")).toContain("ends in .nii.gz, but the content");
    expect(await refusal("a.nii.gz", await gzipped(aPng()))).toContain("no NIfTI volume");
    expect(await refusal("a.nii.gz", (await gzipped(nifti())).slice(0, 9))).toContain("damaged");
    expect(await refusal("a.mhd", MHA.replace("LOCAL", "a.raw"))).toContain("drop both files");
    expect(await refusal("a.mha", MHA.replace("LOCAL", "a.raw"))).toContain("in another file");
    expect(await refusal("a.mha", MHA.replace("3", "5"))).toContain("three-dimensional");
    expect(await refusal("report.dcm", aDicom({ modality: "SR" }))).toContain("no picture (SR)");
  });

  it("is refused as a zip that is empty, cut off or encrypted", async () => {
    const zip = zipSync({ "1.png": aPng() });
    expect(await refusal("a.zip", zipSync({}))).toContain("no files");
    expect(await refusal("a.zip", zip.slice(0, 40))).toContain("no end");
    const encrypted = zip.slice();
    const entry = encrypted.findIndex((_, i) => encrypted[i] === 0x50 && encrypted[i + 2] === 1);
    encrypted[entry + 8] = (encrypted[entry + 8] as number) | 1;
    expect(await refusal("a.zip", encrypted)).toContain("encrypted");
    const huge = zip.slice();
    new DataView(huge.buffer).setUint32(entry + 24, 2 ** 31, true);
    expect(await refusal("a.zip", huge)).toContain("too large when unpacked");
  });

  it("is not read when it is larger than 2 GiB", async () => {
    const file = new File([], "huge.mha");
    Object.defineProperty(file, "size", { value: 2 * 1024 ** 3 + 1 });
    expect(await identify(file)).toMatchObject({ reason: expect.stringContaining("2 GiB") });
  });
});
