import type { LateralCurve, Prediction, WholeDiscQuantities } from "../../../records";

/** One line of the panel; `value` is a dash where nothing could be measured. */
export interface Measure {
  name: string;
  value: string;
  /** What is meant, for a pointer that rests on it. */
  explained: string;
}

/** True if the model has measured something in this scan; earlier versions have not. */
export const isMeasured = ({ discs, lordosisDeg }: Prediction): boolean =>
  Boolean(lordosisDeg) || discs.some(({ quantities }) => quantities);

/** The quantities of a disc; without spacing its ratios alone. */
export function measuresOf(quantities: WholeDiscQuantities, inMm: boolean): Measure[] {
  const ratios = [heightIndex(quantities), length(quantities)];
  if (!inMm) return [...ratios, slip(quantities)];
  return [
    heights(quantities),
    ...ratios,
    {
      name: "Volume",
      value: mm(quantities.volumeMm3, (mm3) => `${(mm3 / 1000).toFixed(1)} cm³`),
      explained: "where the slices cover the whole disc",
    },
    {
      name: "Bulge",
      value: bulge(quantities),
      explained: "behind the line of the back walls; not known at L5-S1: no sacrum is outlined",
    },
    {
      name: "Canal",
      value: joined([
        mm(quantities.canalDepthMm),
        known(quantities.narrowestCanalMm, (least) => `least ${mm(least)}`),
      ]),
      explained: "depth at the disc, and the least within its height",
    },
    slip(quantities),
  ];
}

/** The quantities of the spine; without spacing its angle alone. */
export function spineMeasures({ lordosisDeg, lateralCurve, pixelMm }: Prediction): Measure[] {
  const lordosis = {
    name: "Lordosis",
    value: lordosisInWords(lordosisDeg),
    explained: "of the spine, from the upper endplate of L1 to the lower one of L5",
  };
  const curve = {
    name: "Side curve",
    value: known(lateralCurve, curveInWords) ?? UNKNOWN,
    explained: "how far a disc lies beside the line from the highest to the lowest: a hint only",
  };
  return pixelMm ? [lordosis, curve] : [lordosis];
}

function curveInWords({ offsetMm, arcDeg, level, side, suggestsScoliosis }: LateralCurve): string {
  if (!suggestsScoliosis) return `none to be seen (${mm(offsetMm)})`;
  const place = [side && `to the ${side}`, level && `at ${level}`].filter(Boolean).join(" ");
  return `${mm(offsetMm)} ${place}, about ${Math.round(arcDeg)}°: scoliosis?`;
}

export const lordosisInWords = (degrees: number | null | undefined): string =>
  known(degrees, (known) => `${Math.round(known)}°`) ?? UNKNOWN;

const UNKNOWN = "–";

const heightIndex = ({ heightIndex: index }: WholeDiscQuantities): Measure => ({
  name: "Height index",
  value: known(index, (ratio) => ratio.toFixed(2)) ?? UNKNOWN,
  explained: "mean height by the depth of the bodies beside the disc",
});

function heights(quantities: WholeDiscQuantities): Measure {
  const all = [
    quantities.anteriorHeightMm,
    quantities.middleHeightMm,
    quantities.posteriorHeightMm,
  ].map((height) => known(height, (each) => each.toFixed(1)) ?? UNKNOWN);
  const isKnown = all.some((each) => each !== UNKNOWN);
  return {
    name: "Height",
    value: isKnown ? `${all.join(" / ")} mm` : UNKNOWN,
    explained: "in front, in the middle, at the back",
  };
}

const length = ({ lengthMm, lengthRatio }: WholeDiscQuantities): Measure => ({
  name: "Length",
  value: joined([
    known(lengthMm, mm),
    known(lengthRatio, (ratio) => `${ratio.toFixed(2)} of the bodies`),
  ]),
  explained: "from front to back, with what protrudes; and by the depth of the bodies",
});

function bulge({ bulgeMm, bulgeSide, bulgeSlice }: WholeDiscQuantities): string {
  if (bulgeMm === 0) return "none";
  return joined([
    known(bulgeMm, mm),
    bulgeSide,
    known(bulgeSlice, (slice) => `slice ${slice + 1}`),
  ]);
}

function slip({ slipMm, slipPercent, meyerdingGrade }: WholeDiscQuantities): Measure {
  return {
    name: "Slip",
    value: joined([
      known(slipMm, (forward) => mm(Math.abs(forward))),
      known(slipPercent, (percent) => `${Math.abs(percent).toFixed(0)} %`),
      known(slipPercent, wayOf),
      known(meyerdingGrade, (grade) => `Meyerding ${grade}`),
    ]),
    explained: "of the upper vertebra; not known at L5-S1: no sacrum is outlined",
  };
}

const wayOf = (percent: number): string | null => {
  if (Math.abs(percent) < 0.5) return null;
  return percent > 0 ? "forward" : "backward";
};

/** Millimetres, or what else is made of them. */
const mm = (
  distance: number | null | undefined,
  words: (mm: number) => string = (each) => `${each.toFixed(1)} mm`,
): string => known(distance, words) ?? UNKNOWN;

/** Words for a value that is known; earlier versions have no field for it. */
const known = <Value>(
  value: Value | null | undefined,
  words: (value: Value) => string | null,
): string | null => (value === null || value === undefined ? null : words(value));

const joined = (parts: readonly (string | null | undefined)[]): string =>
  parts.filter((part) => part && part !== UNKNOWN).join(", ") || UNKNOWN;
