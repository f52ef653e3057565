import { describe, expect, it } from "vitest";
import { aScan } from "../../testing/fake-cloud";
import { findEarlierUpload } from "./earlier-upload";

describe("an earlier upload of the same file", () => {
  it("is known by its size and by its name, however its accents are written", async () => {
    const fileName = `${"Größe ".repeat(30)}.mha`;
    const ofSize = async () => [aScan("other"), aScan("same", { fileName })];
    const chosen = fileName.normalize("NFD");
    expect(await findEarlierUpload(ofSize, chosen, 1000)).toMatchObject({ scanId: "same" });
    expect(await findEarlierUpload(ofSize, "another.mha", 1000)).toBeNull();
  });

  it("is known by its object's name where nothing else says it", async () => {
    const ofSize = async () => [aScan("same", { object: objectOf("Иванов.mha") })];
    expect(await findEarlierUpload(ofSize, "Иванов.mha", 1000)).toMatchObject({ scanId: "same" });
  });

  it("is none of another patient whose name is of the same alphabet and length", async () => {
    const others = [
      aScan("a", { fileName: "Петров.mha" }),
      aScan("b", { object: objectOf("_.mha") }),
    ];
    expect(await findEarlierUpload(async () => others, "Иванов.mha", 1000)).toBeNull();
  });
});

const objectOf = (name: string) => ({ ...aScan("").object, name: `random/${name}` });
