import type { Prediction } from "../../../records";
import { Toggle } from "../picture/controls";
import type { Distances } from "./distances";
import { lengthInWords, WITHOUT_SPACING } from "./words";

interface DistanceControlProps {
  distances: Distances;
  prediction: Prediction;
  goTo: (slice: number) => void;
}

/** Switches the tool, and leads to the slices on which something was measured. */
export function DistanceControl({ distances, prediction, goTo }: DistanceControlProps) {
  const { value: all } = distances.all;
  const { pixelMm } = prediction;
  return (
    <>
      <Toggle pressed={distances.isMeasuring.value} flip={() => distances.flip()} keys="d">
        Distance
      </Toggle>
      {all.length > 0 && (
        <label class="distance-list">
          <span class="visually-hidden">Distances on this scan</span>
          <select
            title={pixelMm ? "Distances on this scan" : WITHOUT_SPACING}
            value=""
            onChange={({ currentTarget: { value } }) => goTo(Number(value))}
          >
            <option value="">
              {all.length} measured{distances.isSaving && ", saving …"}
            </option>
            {all.map(({ id, slice, start, end, authorEmail }) => (
              <option key={id} value={slice}>
                {`slice ${slice + 1}: ${lengthInWords(start, end, pixelMm)}, ${authorEmail}`}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}

/** What to do next, over the picture. */
export function MeasuringHint({ distances, prediction }: Omit<DistanceControlProps, "goTo">) {
  if (!distances.isMeasuring.value) return null;
  const next = distances.start.value ? "Click where it ends." : "Click where a distance begins.";
  return (
    <p class="stage-hint" role="status">
      {next} Esc leaves. {!prediction.pixelMm && WITHOUT_SPACING}
    </p>
  );
}
