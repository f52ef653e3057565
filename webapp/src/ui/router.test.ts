import { describe, expect, it, vi } from "vitest";
import { navigate, page, pageAt, scanAddress } from "./router";

describe("addresses", () => {
  it("lead to their page and back", () => {
    expect(pageAt("/")).toEqual({ name: "worklist" });
    expect(pageAt(scanAddress("abc234"))).toEqual({ name: "scan", scanId: "abc234" });
    for (const address of ["/nothing/here", "/scans/%", "/scans/a/b"]) {
      expect(pageAt(address)).toEqual({ name: "nowhere" });
    }
  });

  it("open at the beginning of their page, however far the one before was scrolled", () => {
    const scrollTo = vi.fn();
    vi.stubGlobal("history", { pushState: vi.fn() });
    vi.stubGlobal("location", { pathname: "/models" });
    vi.stubGlobal("scrollTo", scrollTo);
    navigate("/models");
    expect(page.value).toEqual({ name: "models" });
    expect(scrollTo).toHaveBeenCalledWith(0, 0);
  });
});
