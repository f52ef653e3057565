import { describe, expect, it } from "vitest";
import type { Prediction, WholeDiscQuantities } from "../../../records";
import { aPrediction } from "../../../testing/fake-cloud";
import { isMeasured, measuresOf, spineMeasures } from "./words";

const QUANTITIES: WholeDiscQuantities = {
  anteriorHeightMm: 7.1234,
  middleHeightMm: 9.25,
  posteriorHeightMm: 6,
  heightIndex: 0.2591,
  lengthMm: 38.04,
  lengthRatio: 1.1176,
  bulgeMm: 4.06,
  bulgeSide: "right",
  bulgeSlice: 8,
  canalDepthMm: 12.31,
  narrowestCanalMm: 10.9,
  slipMm: 3.02,
  slipPercent: 8.9,
  meyerdingGrade: 1,
  volumeMm3: 12_340.5,
};

const said = (changes: Partial<WholeDiscQuantities> = {}, inMm = true): Record<string, string> =>
  Object.fromEntries(
    measuresOf({ ...QUANTITIES, ...changes }, inMm).map(({ name, value }) => [name, value]),
  );

describe("the quantities of a disc, in words", () => {
  it("are said as a radiologist would", () => {
    expect(said()).toEqual({
      Height: "7.1 / 9.3 / 6.0 mm",
      "Height index": "0.26",
      Length: "38.0 mm, 1.12 of the bodies",
      Volume: "12.3 cm³",
      Bulge: "4.1 mm, right, slice 9",
      Canal: "12.3 mm, least 10.9 mm",
      Slip: "3.0 mm, 9 %, forward, Meyerding 1",
    });
  });

  it("tell nothing from what is not known", () => {
    expect(said({ bulgeMm: 0, bulgeSide: null, bulgeSlice: null })["Bulge"]).toBe("none");
    const beside = { slipMm: null, slipPercent: null, meyerdingGrade: null, bulgeMm: null };
    const sacrum = said({ ...beside, bulgeSide: null, bulgeSlice: null, canalDepthMm: null });
    expect([sacrum["Bulge"], sacrum["Slip"]]).toEqual(["–", "–"]);
    expect(sacrum["Canal"]).toBe("least 10.9 mm");
    expect(said({ anteriorHeightMm: null })["Height"]).toBe("– / 9.3 / 6.0 mm");
  });

  it("say which way a vertebra has slipped", () => {
    const backward = said({ slipMm: -1.24, slipPercent: -3.6, meyerdingGrade: 0 });
    expect(backward["Slip"]).toBe("1.2 mm, 4 %, backward, Meyerding 0");
    expect(said({ slipMm: 0.1, slipPercent: 0.3, meyerdingGrade: 0 })["Slip"]).toBe(
      "0.1 mm, 0 %, Meyerding 0",
    );
  });

  it("are ratios alone without spacing", () => {
    const bare = Object.fromEntries(
      Object.keys(QUANTITIES)
        .filter((name) => /Mm3?$/.test(name))
        .map((name) => [name, null]),
    );
    expect(said(bare, false)).toEqual({
      "Height index": "0.26",
      Length: "1.12 of the bodies",
      Slip: "9 %, forward, Meyerding 1",
    });
  });
});

describe("measures of a prediction", () => {
  it("are there only where the model has measured", () => {
    const { discs } = aPrediction();
    expect(isMeasured(aPrediction())).toBe(false);
    const [first, ...rest] = discs;
    const measured = [{ ...first!, quantities: QUANTITIES }, ...rest];
    expect(isMeasured(aPrediction({ discs: measured }))).toBe(true);
  });

  const ofSpine = (changes: Partial<Prediction>): string[] =>
    spineMeasures(aPrediction({ pixelMm: 0.65, ...changes })).map(({ value }) => value);
  const curve = { offsetMm: 8.04, arcDeg: 20.6, level: "L3-L4", side: "left" } as const;

  it("have the lordosis in whole degrees, and a curve to a side as a question", () => {
    expect(ofSpine({})).toEqual(["–", "–"]);
    const lateralCurve = { ...curve, suggestsScoliosis: true };
    expect(ofSpine({ lordosisDeg: 42.4, lateralCurve })).toEqual([
      "42°",
      "8.0 mm to the left at L3-L4, about 21°: scoliosis?",
    ]);
    const straight = { ...curve, offsetMm: 1.2, level: null, side: null, suggestsScoliosis: false };
    expect(ofSpine({ lateralCurve: straight })[1]).toBe("none to be seen (1.2 mm)");
    expect(ofSpine({ pixelMm: null, lordosisDeg: 42 })).toEqual(["42°"]);
  });
});
