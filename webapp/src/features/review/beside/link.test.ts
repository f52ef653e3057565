import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import type { Prediction, StudyOfScan } from "../../../records";
import { aPrediction } from "../../../testing/fake-cloud";
import { Link, type Linked } from "./link";

/** A series on the screen, of slices that are so many mm apart and begin on the left. */
class Series implements Linked {
  readonly prediction = signal<Prediction | null>(null);
  readonly slice = signal(0);
  readonly scan;
  held = false;

  constructor(frameKey: string | null, sliceCount: number, apartMm: number) {
    const digest = "";
    const series = { number: 1, sequence: null, plane: null, slices: sliceCount, digest };
    const study = { studyKey: "s", patientKey: null, frameKey, series, parent: null };
    this.scan = signal<{ study: StudyOfScan } | null>({ study });
    const [originMm, nextSliceMm] = [
      [32, 0, 0],
      [-apartMm, 0, 0],
    ] as [[number, number, number], [number, number, number]];
    this.prediction.value = aPrediction({
      sliceCount,
      place: { originMm, rightMm: [0, 1, 0], downMm: [0, 0, -1], nextSliceMm },
    });
  }

  goTo(slice: number): void {
    if (!this.held) this.slice.value = slice;
  }
}

let t2: Series;
let t1: Series;
let link: Link;

const linked = (one: Series, other: Series): void => {
  [t2, t1] = [one, other];
  link = new Link(t2, t1);
  link.start();
};

describe("series of one frame of reference", () => {
  beforeEach(() => linked(new Series("frame", 17, 4), new Series("frame", 30, 2)));

  it("show the same place, whichever of them turns", () => {
    t2.goTo(5);
    expect([t1.slice.value, link.apartMm.value]).toEqual([10, 0]);
    link.turnSecond(1);
    expect([t1.slice.value, t2.slice.value, link.apartMm.value]).toEqual([11, 6, 2]);
    link.turnSecond(1);
    expect([t1.slice.value, t2.slice.value]).toEqual([12, 6]);
    t2.goTo(7);
    expect(t1.slice.value).toBe(14);
  });

  it("meet again when the second one's reading arrives or is another one", () => {
    t2.goTo(5);
    t1.slice.value = 3; // as its key slice
    expect(t1.slice.value).toBe(10);
  });

  it("turn no further than their ends, and not while a box is held", () => {
    link.turnSecond(-1);
    expect([t1.slice.value, t2.slice.value]).toEqual([0, 0]);
    t2.held = true;
    link.turnSecond(1);
    link.turnSecond(1);
    expect([t1.slice.value, t2.slice.value]).toEqual([2, 0]);
  });
});

it("are linked by their order where nothing says how they lie to each other", () => {
  linked(new Series(null, 17, 4), new Series(null, 9, 4));
  expect([link.isByPlace.value, link.overlay.value, link.apartMm.value]).toEqual([
    false,
    null,
    null,
  ]);
  t2.goTo(16);
  expect(t1.slice.value).toBe(8);
  link.turnSecond(-4);
  expect([t1.slice.value, t2.slice.value]).toEqual([4, 8]);
});

it("are not linked by place in two frames of reference, or before both are read", () => {
  linked(new Series("one", 17, 4), new Series("other", 17, 4));
  expect(link.isByPlace.value).toBe(false);
  linked(new Series("one", 17, 4), new Series("one", 17, 4));
  expect(link.isByPlace.value).toBe(true);
  t1.prediction.value = null;
  expect(link.isByPlace.value).toBe(false);
  t2.goTo(3);
});
