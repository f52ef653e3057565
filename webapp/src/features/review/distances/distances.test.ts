import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import { toasts } from "../../../ui/toasts";
import { aPrediction, FakeAnnotations } from "../../../testing/fake-cloud";
import { Distances } from "./distances";
import { lengthInWords } from "./words";

const [A, B, C] = [
  { x: 10, y: 20 },
  { x: 40, y: 60 },
  { x: 12, y: 20 },
];

let database: FakeAnnotations;
let slice = signal(4);
let distances: Distances;

function open(uid = "me"): Distances {
  let ids = 0;
  const user = { uid, email: `${uid}@hospital.org` };
  const newId = (): string => `${uid}-${(ids += 1)}`;
  const opened = new Distances("s1", aPrediction(), slice, { user, annotations: database, newId });
  opened.startWatching();
  return opened;
}

beforeEach(() => {
  database = new FakeAnnotations();
  slice = signal(4);
  distances = open();
  distances.flip();
});

const measure = (): void => [A, B].forEach((point) => distances.click(point));

describe("a distance", () => {
  it("is measured by two clicks and kept with who measured it, and where", () => {
    distances.click(A);
    expect(distances.start.value).toEqual(A);
    distances.click(B);
    expect(distances.start.value).toBeNull();
    expect(database.distances).toMatchObject([
      { kind: "distance", slice: 4, start: A, end: B, author: "me", modelVersion: "v1" },
    ]);
    expect(distances.shown.value).toHaveLength(1);
    slice.value = 5;
    expect(distances.shown.value).toEqual([]);
    expect(distances.all.value).toHaveLength(1);
  });

  it("begins anew on another slice, and is not made of a double click", () => {
    distances.click(A);
    slice.value = 5;
    expect(distances.start.value).toBeNull();
    distances.click(A);
    distances.click({ x: 10.2, y: 20 });
    expect(database.distances).toEqual([]);
    distances.click(C);
    expect(database.distances).toMatchObject([{ slice: 5, start: A, end: C }]);
  });

  it("is seen by others, and removed by who measured it alone", () => {
    measure();
    const colleague = open("colleague");
    const [seen] = colleague.shown.value;
    expect(seen && colleague.isOwn(seen)).toBe(false);
    expect(seen && distances.isOwn(seen)).toBe(true);
  });

  it("is undone, and so is its removal", () => {
    measure();
    const [measured] = distances.shown.value;
    if (measured) distances.remove(measured);
    expect(database.distances).toEqual([]);
    expect(distances.undo()).toBe(true);
    expect(database.distances).toMatchObject([{ start: A, end: B }]);
    expect(distances.undo()).toBe(true);
    expect(database.distances).toEqual([]);
    expect(distances.undo()).toBe(false);
  });

  it("says so if the database refuses it", async () => {
    database.answer = () => Promise.reject(new Error("No."));
    measure();
    await new Promise((done) => setTimeout(done));
    expect(toasts.value.at(-1)?.sentence).toContain("The distance can't be kept. No.");
  });
});

describe("the tool", () => {
  it("is left by Escape, after the first point is taken back", () => {
    distances.click(A);
    expect(distances.stop()).toBe(true);
    expect([distances.start.value, distances.isMeasuring.value]).toEqual([null, true]);
    expect(distances.stop()).toBe(true);
    expect(distances.isMeasuring.value).toBe(false);
    expect(distances.stop()).toBe(false);
  });
});

describe("a length", () => {
  it("is in millimetres, or in pixels without spacing", () => {
    expect(lengthInWords(A, B, 0.5)).toBe("25.0 mm");
    expect(lengthInWords(A, B, null)).toBe("50.0 px");
  });
});
