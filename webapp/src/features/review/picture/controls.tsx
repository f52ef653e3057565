import type { ComponentChildren } from "preact";
import type { Prediction } from "../../../records";
import type { Review } from "../editing/review";
import {
  boxesShown,
  inverted,
  maskOpacity,
  maskShown,
  type Viewport,
  type WindowName,
  WINDOWS,
  windowsOf,
} from "./display";
import type { OpenScan } from "./open-scan";

interface ControlsProps {
  openScan: OpenScan;
  review: Review;
  viewport: Viewport;
  /** More controls, after the others. */
  children?: ComponentChildren;
}

/** The controls below the picture: slice, mask, boxes, reset. */
export function Controls({ openScan, review, viewport, children }: ControlsProps) {
  return (
    <div class="controls">
      <SliceControl openScan={openScan} review={review} />
      <Toggle pressed={maskShown.value} flip={() => (maskShown.value = !maskShown.value)} keys="m">
        Mask
      </Toggle>
      <Opacity />
      <Toggle
        pressed={boxesShown.value}
        flip={() => (boxesShown.value = !boxesShown.value)}
        keys="b"
      >
        Boxes
      </Toggle>
      <Toggle pressed={inverted.value} flip={() => (inverted.value = !inverted.value)} keys="i">
        Invert
      </Toggle>
      <button
        class="quiet"
        onClick={() => viewport.showPixels(review.prediction.sliceWidth)}
        title="One pixel of the picture on one of the screen (r)"
      >
        1:1
      </button>
      <button class="quiet" onClick={() => viewport.reset()} title="Reset zoom and window (0)">
        Reset view
      </button>
      <WindowChoice viewport={viewport} prediction={review.prediction} name="Window" />
      {children}
    </div>
  );
}

function SliceControl({ openScan, review }: Pick<ControlsProps, "openScan" | "review">) {
  const { value: slice } = openScan.slice;
  const { value: count } = openScan.sliceCount;
  const isEdited = review.editor.edited.value.includes(String(slice));
  return (
    <label class="slice-control">
      <span>
        Slice <b class="slice-number">{slice + 1}</b> / {count}
        {isEdited && <i title="edited"> ✎</i>}
      </span>
      <input
        type="range"
        min={0}
        max={Math.max(0, count - 1)}
        value={slice}
        data-keys="pass"
        aria-valuetext={`slice ${slice + 1} of ${count}${isEdited ? ", edited" : ""}`}
        onInput={(event) => openScan.goTo(Number(event.currentTarget.value))}
      />
    </label>
  );
}

interface WindowChoiceProps {
  viewport: Viewport;
  /** The reading whose windows these are. */
  prediction: Prediction;
  /** Its name for screen readers. */
  name: string;
}

/** A choice of windows, which later scans of the same sequence open with. */
export function WindowChoice({ viewport, prediction, name }: WindowChoiceProps) {
  const names = windowsOf(prediction);
  const { value: chosen } = viewport.windowName;
  return (
    <label class="window-choice">
      <span>W/L</span>
      <select
        aria-label={name}
        title="Window (next: l, all greys: f); drag with the right button for any other"
        value={chosen === null ? "" : names.includes(chosen) ? chosen : "usual"}
        onChange={(event) => viewport.choose(event.currentTarget.value as WindowName)}
      >
        {chosen === null && <option value="">own</option>}
        {names.map((each) => (
          <option key={each} value={each}>
            {WINDOWS[each]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Opacity() {
  const percent = Math.round(maskOpacity.value * 100);
  return (
    <label class="opacity-control">
      <span class="visually-hidden">Opacity of the mask</span>
      <input
        type="range"
        min={0}
        max={100}
        step={5}
        value={percent}
        aria-valuetext={`${percent} percent`}
        disabled={!maskShown.value}
        onInput={(event) => (maskOpacity.value = Number(event.currentTarget.value) / 100)}
      />
      <span class="opacity-number">{percent} %</span>
    </label>
  );
}

interface ToggleProps {
  pressed: boolean;
  flip: () => void;
  keys: string;
  children: string;
}

export function Toggle({ pressed, flip, keys, children }: ToggleProps) {
  return (
    <button
      class="toggle"
      aria-pressed={pressed}
      onClick={flip}
      title={`${children} on or off (${keys})`}
    >
      {children}
    </button>
  );
}
