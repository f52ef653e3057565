import { beforeEach, expect, it } from "vitest";
import type { StudyOfScan } from "../../../records";
import { aStudy, FakeStudies, timestamp } from "../../../testing/fake-cloud";
import { OpenStudy } from "./open-study";

const PLACE: StudyOfScan = {
  studyKey: "now",
  patientKey: "patient",
  frameKey: null,
  series: { number: 2, sequence: "T2", plane: "sagittal", slices: 9, digest: "" },
  parent: null,
};
const now = aStudy("now", { t1: "T1", t2: "T2" }, { createdAt: timestamp(3) });
const before = aStudy("before", { old1: "T1", old2: "T2" }, { createdAt: timestamp(2) });
const later = aStudy("later", { x: "STIR" }, { createdAt: timestamp(4) });

let feed: FakeStudies;
let open: OpenStudy;

beforeEach(() => {
  feed = new FakeStudies();
  open = new OpenStudy("t2", PLACE, feed);
  open.start();
});

it("goes from series to series, and no further than the study", () => {
  expect(open.neighbour(1)).toBeNull();
  feed.study(now);
  expect([open.neighbour(-1), open.neighbour(1)]).toEqual(["t1", null]);
});

it("knows the study before, whatever came since, and its series of the same sequence", () => {
  feed.study(now);
  feed.patient([before, now, later]);
  expect(open.others.value.map((study) => study.key)).toEqual(["later", "before"]);
  expect(open.earlier.value?.key).toBe("before");
  expect(open.counterpart(before)).toBe("old2");
  expect(open.counterpart(later)).toBe("x");
});

it("follows no patient where nobody is named, and stops with the page", () => {
  expect(feed.watchers).toBe(3);
  open.end();
  expect(feed.watchers).toBe(0);
  const nameless = new OpenStudy("t2", { ...PLACE, patientKey: null }, feed);
  nameless.start();
  expect(feed.watchers).toBe(2);
});
