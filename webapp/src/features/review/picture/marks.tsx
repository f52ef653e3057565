import type { Prediction } from "../../../records";
import { barLength, opposite, sidesOf } from "./sides";

/** The part of the fitted picture's height that a scale bar takes at most. */
const LONGEST_BAR = 1 / 5;

/** The sides of the patient at the edges of a stage, and a scale bar, as far as they are known. */
export function Marks({ prediction, zoom }: { prediction: Prediction; zoom: number }) {
  const { place, pixelMm, sliceHeight } = prediction;
  const bar = pixelMm ? barLength((sliceHeight * pixelMm * LONGEST_BAR) / zoom) : null;
  return (
    <div class="marks">
      {place && (
        <>
          <span class="side-left">{sidesOf(opposite(place.rightMm))}</span>
          <span class="side-right">{sidesOf(place.rightMm)}</span>
          <span class="side-top">{sidesOf(opposite(place.downMm))}</span>
          <span class="side-bottom">{sidesOf(place.downMm)}</span>
        </>
      )}
      {bar !== null && pixelMm && (
        <span class="scale-bar" style={{ "--bar-pixels": bar / pixelMm }}>
          {bar} mm
        </span>
      )}
    </div>
  );
}
