import { describe, expect, it } from "vitest";
import { EIGHT_BITS, greysOf, type Look, shades } from "./greys";

/** A picture of one column, as a browser decodes it. */
const picture = (...reds: number[]): ImageData => ({
  width: 1,
  height: reds.length,
  data: new Uint8ClampedArray(reds.flatMap((red) => [red, red, red, 255])),
  colorSpace: "srgb",
});

const LOOK: Look = { low: 100, high: 300, brightness: 1, contrast: 1, isInverted: false };
const shadeOf = (grey: number, look: Partial<Look> = {}): number | undefined =>
  shades(grey + 1, { ...LOOK, ...look })[grey];

describe("greys", () => {
  it("are high bytes above low ones in a picture twice as high", () => {
    expect([...greysOf(picture(0, 3, 7, 250), 2).values]).toEqual([7, 3 * 256 + 250]);
  });

  it("are those of an 8-bit picture of earlier versions", () => {
    expect([...greysOf(picture(0, 7, 255), 3).values]).toEqual([0, 7, 255]);
    expect(shadeOf(200, EIGHT_BITS)).toBe(200);
  });

  it("are black below the window and white above it", () => {
    expect([0, 100, 200, 300, 4000].map((grey) => shadeOf(grey))).toEqual([0, 0, 128, 255, 255]);
  });

  it("beyond the window come back when it is darkened, which 8 bits had cut off", () => {
    expect(shadeOf(350)).toBe(255);
    expect(shadeOf(350, { brightness: 0.7 })).toBe(Math.round(255 * 1.25 * 0.7));
  });

  it("are told apart by a narrow window", () => {
    expect(shadeOf(201, { low: 200, high: 204 })).toBe(64);
    expect(shadeOf(202, { low: 200, high: 204 })).toBe(128);
  });

  it("are inverted after they were cut off", () => {
    expect([0, 100, 300, 4000].map((grey) => shadeOf(grey, { isInverted: true }))).toEqual([
      255, 255, 0, 0,
    ]);
  });
});
