import type { Review } from "../editing/review";
import { ghostsShown } from "../picture/display";

/** Lines of text that fit the height of a slice, whatever its number of pixels. */
const LINES_OF_TEXT = 46;

/** The boxes that other readers saved for this slice, behind the reader's own. */
export function Ghosts({ review }: { review: Review }) {
  if (!ghostsShown.value) return null;
  const { sliceWidth, sliceHeight } = review.prediction;
  const slice = String(review.slice.value);
  return (
    <svg
      class="ghosts"
      viewBox={`0 0 ${sliceWidth} ${sliceHeight}`}
      font-size={sliceHeight / LINES_OF_TEXT}
      aria-hidden="true"
    >
      {review.others.value.flatMap((label, reader) =>
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
