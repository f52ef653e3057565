import { beforeEach, describe, expect, it } from "vitest";
import type { Prediction, SeriesFacts, StudyOfScan } from "../../../records";
import { correct, FakeBrowser } from "../../../testing/fake-browser";
import { aPrediction, aScan } from "../../../testing/fake-cloud";
import { namedInWords } from "./counts-for";
import type { Review } from "./review";
import { listed } from "./siblings";

const series = (number: number, sequence: SeriesFacts["sequence"]): SeriesFacts => ({
  number,
  sequence,
  plane: "sagittal",
  slices: 9,
  digest: "",
});
const study: StudyOfScan = {
  studyKey: "s",
  patientKey: null,
  frameKey: "frame",
  series: series(1, "T2"),
  parent: null,
};
const place: Prediction["place"] = {
  originMm: [0, 0, 0],
  rightMm: [0, 1, 0],
  downMm: [0, 0, -1],
  nextSliceMm: [-4, 0, 0],
};

let browser: FakeBrowser;
let review: Review;
/** The series beside arrives with this reading. */
const read = (prediction: Prediction): void => {
  browser.siblingFeed.scan(aScan("t1", { status: "done", modelVersion: "v1", study }));
  browser.siblingFeed.predictions([prediction]);
  browser.siblingLabels.saved([]);
};
const kinds = (): string[] => review.forStudy.counting.value.map(({ counting }) => counting.kind);

beforeEach(() => {
  browser = new FakeBrowser({ study, prediction: aPrediction({ place }) });
  review = browser.open();
  browser.siblings.follow([["t1", series(2, "T1")]]);
});

describe("a save in a study of two series", () => {
  it("writes both labels together, and both again after a crash", () => {
    read(aPrediction({ place }));
    expect(kinds()).toEqual(["counts"]);
    browser.labels.answer = () => new Promise(() => {}); // no network
    correct(review);
    expect(review.saveCorrections("a.mha")).toBe(true);
    const sent = browser.labels.others;
    expect(sent).toMatchObject([
      { scanId: "t1", label: { kind: "correction", author: "me", modelVersion: "v1" } },
    ]);
    expect(sent[0]?.label.slices["4"]).toMatchObject([{ level: "L4-L5", herniation: false }]);
    expect([...browser.outbox.scanIds.value]).toEqual(["a", "t1"]);
    browser.labels.others = [];
    browser.open();
    expect(browser.labels.others).toEqual(sent);
  });

  it("counts for its own series alone while the other is not read", () => {
    expect(kinds()).toEqual(["waits"]);
    correct(review);
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(browser.labels.others).toEqual([]);
  });

  it("counts for a series that only its folder puts there if the reader says so", () => {
    read(aPrediction({ place }));
    const inFolder = { ...study, frameKey: null };
    browser.siblingFeed.scan(aScan("t1", { status: "done", modelVersion: "v1", study: inFolder }));
    expect(kinds()).toEqual(["uncertain"]);
    correct(review);
    review.forStudy.decide("t1", "same person");
    expect(kinds()).toEqual(["counts"]);
    review.forStudy.decide("t1", null);
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(browser.labels.others).toEqual([]);
  });

  it("is not written into a series whose slices came later as another scan", () => {
    read(aPrediction({ place }));
    browser.siblingFeed.scan(
      aScan("t1", { status: "done", modelVersion: "v1", supersededBy: "b" }),
    );
    expect(kinds()).toEqual([]);
  });
});

describe("a series that names discs otherwise", () => {
  const [l4l5] = aPrediction().discs as [Prediction["discs"][number]];
  beforeEach(() => {
    read(aPrediction({ place, discs: [{ ...l4l5, level: "L5-S1", herniation: 0.1 }] }));
    correct(review);
  });

  it("is asked about before anything is saved", () => {
    expect(kinds()).toEqual(["asks"]);
    expect(review.saveCorrections("a.mha")).toBe(false);
    expect(review.editor.says.value).toMatch(/Not saved yet: .* for 2 T1/);
    expect(browser.labels.created).toEqual([]);
  });

  it("is left alone if that is the answer", () => {
    review.forStudy.decide("t1", "left alone");
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(browser.labels.others).toEqual([]);
  });

  it("gets the names that discs have here if that is the answer", () => {
    review.forStudy.decide("t1", "renamed");
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(Object.values(browser.labels.others[0]?.label.slices ?? {})).toMatchObject([
      [{ level: "L4-L5", herniation: false, judged: "changed" }],
    ]);
  });
});

it("says series and names as a person would", () => {
  expect(listed(["1 T2", "2 T1", "3 STIR"])).toBe("1 T2, 2 T1 and 3 STIR");
  expect(namedInWords([{ here: "L5-S1", there: "L4-L5" }])).toBe("its L4-L5 is L5-S1 here");
});
