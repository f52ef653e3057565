import type { ClosedLine } from "../../../records";
import type { Review } from "../editing/review";
import { reasonShown } from "../picture/display";
import "./reason.css";

/** The line of the back walls beside each disc on this slice, the disc's tissue behind it shaded. */
export function BackWalls({ review }: { review: Review }) {
  if (!reasonShown.value) return null;
  const { sliceWidth, sliceHeight, discs } = review.prediction;
  const slice = review.slice.value;
  return (
    <svg class="back-walls" viewBox={`0 0 ${sliceWidth} ${sliceHeight}`} aria-hidden="true">
      {discs.map(({ level, reason }) => {
        const here = reason?.backWalls.find((each) => each.slice === slice);
        if (!here) return null;
        const [x1, y1, x2, y2] = here.line;
        return (
          <g key={level} data-walls={level}>
            {here.tissue.map((piece) => (
              <polygon key={pointsOf(piece)} points={pointsOf(piece)} />
            ))}
            <line x1={x1} y1={y1} x2={x2} y2={y2} />
          </g>
        );
      })}
    </svg>
  );
}

const pointsOf = ({ points }: ClosedLine): string => points.join(" ");
