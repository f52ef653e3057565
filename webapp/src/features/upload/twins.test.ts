import { describe, expect, it } from "vitest";
import { aScan } from "../../testing/fake-cloud";
import { findTwin } from "./twins";

describe("an earlier upload of the same file", () => {
  it("is known by its size and by the name that the server gave it", async () => {
    const long = `${"Größe ".repeat(30)}.mha`;
    const stored = `${"Gr_e_".repeat(30)}.mha`.slice(-100);
    const ofSize = async () => [aScan("other"), aScan("same", { object: objectOf(stored) })];
    expect(await findTwin(ofSize, long, 1000)).toMatchObject({ scanId: "same" });
    expect(await findTwin(ofSize, "another.mha", 1000)).toBeNull();
  });
});

const objectOf = (name: string) => ({ ...aScan("").object, name: `random/${name}` });
