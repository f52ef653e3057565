import { signal } from "@preact/signals";
import type { Prediction, SlicePoint } from "../../../records";
import type { Distances } from "./distances";
import { lengthInWords } from "./words";

/** Lines of text that fit the height of a slice, whatever its number of pixels. */
const LINES_OF_TEXT = 40;

/** Where the pointer is while the second point is looked for. */
const pointer = signal<SlicePoint | null>(null);

interface DistanceLayerProps {
  distances: Distances;
  prediction: Prediction;
}

/** The distances of the slice that is shown, and the clicks that measure more. */
export function DistanceLayer({ distances, prediction }: DistanceLayerProps) {
  const { sliceWidth, sliceHeight, pixelMm } = prediction;
  const isMeasuring = distances.isMeasuring.value;
  const { value: start } = distances.start;
  const end = start && pointer.value;
  const pointOf = ({ currentTarget, clientX, clientY }: MouseEvent): SlicePoint => {
    const { left, top, width, height } = (currentTarget as Element).getBoundingClientRect();
    // A length is written beyond the slice's edge at times, where a click lands on no pixel.
    const within = (part: number, size: number) => size * Math.min(Math.max(part, 0), 1);
    return {
      x: within((clientX - left) / width, sliceWidth),
      y: within((clientY - top) / height, sliceHeight),
    };
  };
  return (
    <>
      <svg
        class="distances"
        data-measuring={isMeasuring}
        viewBox={`0 0 ${sliceWidth} ${sliceHeight}`}
        font-size={sliceHeight / LINES_OF_TEXT}
        aria-hidden="true"
        onPointerMove={(event) => (pointer.value = pointOf(event))}
        onClick={(event) => {
          if (!isMeasuring) return;
          pointer.value = pointOf(event);
          distances.click(pointOf(event));
        }}
        onDblClick={(event) => event.stopPropagation()}
      >
        {distances.shown.value.map((each) => (
          <Line key={each.id} start={each.start} end={each.end} pixelMm={pixelMm} />
        ))}
        {start && <Line start={start} end={end ?? start} pixelMm={pixelMm} />}
      </svg>
      {isMeasuring &&
        distances.shown.value.filter(distances.isOwn).map((each) => (
          <button
            key={each.id}
            class="distance-remove"
            data-keys="pass"
            title="Remove this distance"
            aria-label={`Remove the distance of ${lengthInWords(each.start, each.end, pixelMm)}`}
            onClick={() => distances.remove(each)}
            style={{
              left: `${(100 * each.end.x) / sliceWidth}%`,
              top: `${(100 * each.end.y) / sliceHeight}%`,
            }}
          >
            ×
          </button>
        ))}
    </>
  );
}

interface LineProps {
  start: SlicePoint;
  end: SlicePoint;
  pixelMm: number | null;
}

function Line({ start, end, pixelMm }: LineProps) {
  const at = { x1: start.x, y1: start.y, x2: end.x, y2: end.y };
  return (
    <g class="distance">
      <line class="distance-rim" {...at} />
      <line {...at} />
      <text x={(start.x + end.x) / 2} y={(start.y + end.y) / 2} dx="0.5em" dy="-0.4em">
        {lengthInWords(start, end, pixelMm)}
      </text>
    </g>
  );
}
