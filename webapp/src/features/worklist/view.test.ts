import { describe, expect, it } from "vitest";
import names from "../../../../tests/support/vectors/names.json";
import { ORDERS, SHOWS } from "../../cloud/rows";
import { aScan } from "../../testing/fake-cloud";
import { FIRST_VIEW, isFoundBy, queryOfView, termOf, viewOfQuery } from "./view";

describe("the address of a view", () => {
  it("says all of it and nothing that is as at first", () => {
    expect(queryOfView(FIRST_VIEW)).toBe("");
    for (const show of SHOWS) {
      for (const order of ORDERS) {
        const view = { show, order, search: "case 7&8" };
        expect(viewOfQuery(queryOfView(view))).toEqual(view);
      }
    }
  });

  it("falls back where it means nothing", () => {
    expect(viewOfQuery("?show=everything&sort=colour")).toEqual(FIRST_VIEW);
  });
});

describe("a search", () => {
  it("looks the longest word up, as long as terms are", () => {
    expect(termOf("Case-0142.mha")).toBe("case");
    expect(termOf("  abcdefghijklmnopqrst ")).toBe("abcdefghijklmno");
    expect(termOf("x")).toBeNull();
    expect(termOf(" ")).toBeNull();
  });

  // tests/discai/records/test_worklist.py reads the same cases.
  it.each(names)("finds $name in its own script", ({ name, found, missed }) => {
    const scan = aScan("a", { object: { ...aScan("a").object, name: `random/${name}` } });
    for (const [typed, term] of Object.entries(found)) {
      expect(termOf(typed)).toBe(term);
      expect(isFoundBy(typed, scan)).toBe(true);
    }
    for (const typed of missed) expect(Object.values(found)).not.toContain(termOf(typed));
  });

  it("finds by name, id and people, whatever the case", () => {
    const scan = aScan("spine-17", { uploadedBy: "Rad@Hospital.org", labelledBy: ["eve@x.org"] });
    for (const typed of ["SPINE", "rad@", " eve", ""]) expect(isFoundBy(typed, scan)).toBe(true);
    expect(isFoundBy("other", scan)).toBe(false);
  });
});
