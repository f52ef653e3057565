import { expect, it } from "vitest";
import { aStudy } from "../../../testing/fake-cloud";
import { choose, otherSeries } from "./choice";

const NOBODY = { scanId: "", sequence: "" };

it("offers the other series, also those that are on their way or failed", () => {
  const study = aStudy("k", { t1: "T1", t2: "T2", stir: "STIR", parent: null });
  Object.assign(study.series["stir"] as object, { status: "failed" });
  Object.assign(study.series["parent"] as object, { status: "split" });
  expect(otherSeries(study, "t2").map(([id]) => id)).toEqual(["t1", "stir"]);
});

it("shows what was wanted last, by scan or else by sequence, and something else without a wish", () => {
  const choices = otherSeries(aStudy("k", { a: "T2", b: "T1", c: "T1", me: "T2" }), "me");
  expect(choose(choices, NOBODY, "T2")?.[0]).toBe("b");
  expect(choose(choices, { scanId: "c", sequence: "T1" }, "T2")?.[0]).toBe("c");
  expect(choose(choices, { scanId: "elsewhere", sequence: "T2" }, "T2")?.[0]).toBe("a");
  expect(choose([], NOBODY, "T2")).toBeNull();
});

it("shows what is still being read only if nothing else is there", () => {
  const study = aStudy("k", { t1: "T1", again: "T2", me: "T2" });
  Object.assign(study.series["t1"] as object, { status: "processing" });
  expect(choose(otherSeries(study, "me"), NOBODY, "T2")?.[0]).toBe("again");
});
