import { ghostsShown } from "../picture/display";
import type { Reading } from "../editing/reading";

/** So many lines of text are as high as the slice, however many pixels it has. */
const LINES_OF_TEXT = 46;

/** The boxes that others saved for this slice, behind one's own. */
export function Ghosts({ reading }: { reading: Reading }) {
  if (!ghostsShown.value) return null;
  const { sliceWidth, sliceHeight } = reading.prediction;
  const slice = String(reading.slice.value);
  return (
    <svg
      class="ghosts"
      viewBox={`0 0 ${sliceWidth} ${sliceHeight}`}
      font-size={sliceHeight / LINES_OF_TEXT}
      aria-hidden="true"
    >
      {reading.othersNewest.value.flatMap((label, reader) =>
        (label.slices[slice] ?? []).map(({ x, y, width, height, level, herniation }) => (
          <g key={`${label.id} ${level} ${x}`} data-ghost={level} data-herniated={herniation}>
            <rect x={x} y={y} width={width} height={height} />
            <text x={x + width} y={y} dx="0.4em" dy={`${reader + 1}em`}>
              {level}
              {herniation && " LDH"}
            </text>
          </g>
        )),
      )}
    </svg>
  );
}
