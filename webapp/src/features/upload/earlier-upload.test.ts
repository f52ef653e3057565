import { describe, expect, it } from "vitest";
import { aScan } from "../../testing/fake-cloud";
import { findEarlierUpload } from "./earlier-upload";

describe("an earlier upload of the same file", () => {
  it("is known by its size and by the name that the server gave it", async () => {
    const long = `${"Größe ".repeat(30)}.mha`;
    const stored = `${"Gr_e_".repeat(30)}.mha`.slice(-100);
    const ofSize = async () => [aScan("other"), aScan("same", { object: objectOf(stored) })];
    expect(await findEarlierUpload(ofSize, long, 1000)).toMatchObject({ scanId: "same" });
    expect(await findEarlierUpload(ofSize, "another.mha", 1000)).toBeNull();
  });
});

const objectOf = (name: string) => ({ ...aScan("").object, name: `random/${name}` });
