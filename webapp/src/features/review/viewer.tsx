import { useEffect, useRef } from "preact/hooks";
import type { Prediction } from "../../records";
import { probability } from "../../ui/format";
import { findingOf } from "../../ui/herniation";
import { Boxes } from "./boxes";
import { boxesShown, maskOpacity, maskShown, type Viewport } from "./display";
import { useGestures } from "./gestures";
import type { Frame } from "./frames";
import type { Review } from "./review";

interface ViewerProps {
  review: Review;
  viewport: Viewport;
  prediction: Prediction;
}

/** The slice with its mask and boxes, and what steers them. */
export function Viewer({ review, viewport, prediction }: ViewerProps) {
  const stage = useRef<HTMLDivElement>(null);
  useGestures(stage, viewport, (step) => review.step(step));
  const { x, y } = viewport.pan.value;
  return (
    <section class="viewer" aria-label="Slice">
      <div class="stage" ref={stage} tabIndex={-1}>
        <div
          class="plate"
          style={{
            "--aspect": `${prediction.sliceWidth} / ${prediction.sliceHeight}`,
            "--zoom": viewport.zoom.value,
            "--pan-x": `${x}px`,
            "--pan-y": `${y}px`,
            "--window": `brightness(${viewport.brightness.value}) contrast(${viewport.contrast.value})`,
          }}
        >
          <Picture review={review} prediction={prediction} />
          {boxesShown.value && <BoxLabels review={review} prediction={prediction} />}
        </div>
        {review.frameError.value && (
          <p class="stage-error" role="alert">
            {review.frameError.value}
          </p>
        )}
      </div>
      <Controls review={review} viewport={viewport} />
    </section>
  );
}

/** Canvases and Annotorious live outside Preact's tree: it moves elements about. */
function Picture({ review, prediction }: Omit<ViewerProps, "viewport">) {
  const holder = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ slice: HTMLCanvasElement; mask: HTMLCanvasElement; boxes: Boxes } | null>(
    null,
  );
  useEffect(() => {
    const { sliceWidth: width, sliceHeight: height } = prediction;
    const slice = canvas("slice", width, height);
    const mask = canvas("mask", width, height);
    holder.current?.replaceChildren(slice);
    const boxes = new Boxes(slice, (level) => (review.selectedLevel.value = level));
    slice.after(mask); // below the boxes that Annotorious has laid over the slice
    drawn.current = { slice, mask, boxes };
    return () => boxes.destroy();
  }, [prediction]);

  const frame = review.frame.value;
  useEffect(() => {
    if (!drawn.current || !frame) return;
    draw(drawn.current.slice, frame.slice);
    draw(drawn.current.mask, frame.mask);
  }, [frame, prediction]);

  const boxes = boxesShown.value ? review.boxes.value : [];
  const selected = review.selectedLevel.value;
  useEffect(() => drawn.current?.boxes.show(boxes, selected), [boxes, selected, prediction]);

  const opacity = maskShown.value ? maskOpacity.value : 0;
  return <div class="picture" ref={holder} style={{ "--mask-opacity": opacity }} />;
}

function canvas(className: string, width: number, height: number): HTMLCanvasElement {
  return Object.assign(document.createElement("canvas"), { className, width, height });
}

function draw(onto: HTMLCanvasElement, picture: Frame["slice"]): void {
  const context = onto.getContext("2d") as CanvasRenderingContext2D;
  context.clearRect(0, 0, onto.width, onto.height);
  context.drawImage(picture, 0, 0, onto.width, onto.height);
}

/** Level and probability in front of each disc: behind it they would hide the canal. */
function BoxLabels({ review, prediction }: Omit<ViewerProps, "viewport">) {
  const percent = (part: number, whole: number): string => `${(100 * part) / whole}%`;
  return (
    <div class="box-labels">
      {review.boxes.value.map(({ disc, box }) => (
        <span
          key={disc.level}
          class="box-label"
          data-level={disc.level}
          data-finding={findingOf(disc.herniation)}
          data-selected={review.selectedLevel.value === disc.level}
          style={{
            "--p": disc.herniation,
            left: percent(box.x, prediction.sliceWidth),
            top: percent(box.y + box.height / 2, prediction.sliceHeight),
          }}
        >
          {disc.level} <b>{probability(disc.herniation)}</b>
        </span>
      ))}
    </div>
  );
}

function Controls({ review, viewport }: Omit<ViewerProps, "prediction">) {
  const { value: slice } = review.slice;
  const { value: count } = review.sliceCount;
  return (
    <div class="controls">
      <label class="slice-control">
        <span>
          Slice <b class="slice-number">{slice + 1}</b> / {count}
        </span>
        <input
          type="range"
          min={0}
          max={Math.max(0, count - 1)}
          value={slice}
          data-keys="pass"
          aria-valuetext={`slice ${slice + 1} of ${count}`}
          onInput={(event) => review.goTo(Number(event.currentTarget.value))}
        />
      </label>
      <Toggle pressed={maskShown.value} flip={() => (maskShown.value = !maskShown.value)} keys="m">
        Mask
      </Toggle>
      <label class="opacity-control">
        <span class="visually-hidden">Opacity of the mask</span>
        <input
          type="range"
          min={0}
          max={100}
          step={5}
          value={Math.round(maskOpacity.value * 100)}
          aria-valuetext={`${Math.round(maskOpacity.value * 100)} percent`}
          disabled={!maskShown.value}
          onInput={(event) => (maskOpacity.value = Number(event.currentTarget.value) / 100)}
        />
        <span class="opacity-number">{Math.round(maskOpacity.value * 100)} %</span>
      </label>
      <Toggle
        pressed={boxesShown.value}
        flip={() => (boxesShown.value = !boxesShown.value)}
        keys="b"
      >
        Boxes
      </Toggle>
      <button class="quiet" onClick={() => viewport.reset()} title="Reset zoom and window (0)">
        Reset view
      </button>
    </div>
  );
}

interface ToggleProps {
  pressed: boolean;
  flip: () => void;
  keys: string;
  children: string;
}

function Toggle({ pressed, flip, keys, children }: ToggleProps) {
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
