import { describe, expect, it } from "vitest";
import { pageAt, scanAddress } from "./router";

describe("addresses", () => {
  it("lead to their page and back", () => {
    expect(pageAt("/")).toEqual({ name: "worklist" });
    expect(pageAt(scanAddress("abc234"))).toEqual({ name: "scan", scanId: "abc234" });
    for (const address of ["/nothing/here", "/scans/%", "/scans/a/b"]) {
      expect(pageAt(address)).toEqual({ name: "nowhere" });
    }
  });
});
