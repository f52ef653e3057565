import type { ComponentChildren } from "preact";
import { type ReadonlySignal, useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { reach } from "../../../cloud/reach";
import { DiscMark } from "../../../ui/disc-mark";
import { probability } from "../../../ui/format";
import type { Review } from "../editing/review";
import { currentFinding, discOf, tintOf } from "../editing/words";
import { Controls } from "./controls";
import { boxesShown, type Viewport } from "./display";
import { useGestures } from "./gestures";
import { FrameStatus } from "./frame-status";
import { Marks } from "./marks";
import type { OpenScan } from "./open-scan";
import { dragged, Picture } from "./picture";
import "./viewer.css";

interface ViewerProps {
  openScan: OpenScan;
  review: Review;
  viewport: Viewport;
  /** Drawn over the picture and under the labels of its boxes. */
  children?: ComponentChildren;
  /** Another series, beside the picture or instead of it. */
  beside?: BesideParts | null;
  /** While true, a click on the picture is for what is drawn over it. */
  isTaken: ReadonlySignal<boolean>;
  /** Over the picture, the next thing to do. */
  hint?: ComponentChildren;
  /** More controls. */
  controls?: ComponentChildren;
}

/** What a series beside the scan puts into the viewer. */
interface BesideParts {
  /** The name of the scan's own series. */
  name: string;
  stage: ComponentChildren;
  control: ComponentChildren;
  /** Of the two, the one that a narrow screen shows. */
  front: "first" | "second";
}

/** The slice with its mask and boxes, and the controls below it. */
export function Viewer(props: ViewerProps) {
  const { openScan, review, viewport, children, beside, isTaken, hint, controls } = props;
  const stage = useRef<HTMLDivElement>(null);
  const { editor, prediction } = review;
  const isDrawing = useComputed(() => editor.drawing.value || isTaken.value);
  useGestures(stage, viewport, (step) => openScan.step(step), isDrawing);
  useEffect(() => {
    const picture = stage.current?.querySelector<HTMLElement>(".picture-area");
    viewport.fittedWidth = () =>
      ((picture?.offsetWidth ?? 0) * devicePixelRatio) / viewport.zoom.peek();
  }, [viewport]);
  const boxCount = editor.boxes.value.length;
  useEffect(() => {
    // From here Tab goes from box to box. When a box is removed, its button loses the focus.
    if (document.activeElement === document.body) stage.current?.focus({ preventScroll: true });
  }, [review, boxCount]);
  useEffect(() => {
    if (reach.online.value) openScan.again();
  }, [reach.online.value, reach.tries.value]);
  const { x, y } = viewport.pan.value;
  return (
    <section class="viewer" aria-label="Slice">
      <div class="stages" data-beside={Boolean(beside?.stage)} data-front={beside?.front}>
        <div
          class="stage"
          ref={stage}
          tabIndex={-1}
          data-drawing={editor.drawing.value}
          data-taken={isTaken.value}
          style={{
            "--aspect": `${prediction.sliceWidth} / ${prediction.sliceHeight}`,
            "--pixels": prediction.sliceWidth,
            "--zoom": viewport.zoom.value,
            "--pan-x": `${x}px`,
            "--pan-y": `${y}px`,
          }}
        >
          <div class="picture-area">
            <Picture openScan={openScan} review={review} viewport={viewport} />
            {children}
            {boxesShown.value && <BoxLabels review={review} />}
          </div>
          <Marks prediction={prediction} zoom={viewport.zoom.value} />
          {beside?.stage && <p class="stage-caption">{beside.name}</p>}
          <FrameStatus openScan={openScan} />
          {hint}
          {editor.drawing.value && (
            <p class="stage-hint">Draw the new box: drag across the disc. Esc leaves it.</p>
          )}
        </div>
        {beside?.stage}
      </div>
      <Controls openScan={openScan} review={review} viewport={viewport}>
        {controls}
        {beside?.control}
      </Controls>
    </section>
  );
}

/**
 * Level and probability in front of each disc, so that they don't hide the canal. They are buttons,
 * so that Tab goes from box to box and screen readers read them.
 */
function BoxLabels({ review: { editor, judged, prediction } }: Pick<ViewerProps, "review">) {
  const percent = (part: number, whole: number): string => `${(100 * part) / whole}%`;
  const boxes = editor.boxes.value.toSorted((a, b) => a.y - b.y);
  return (
    <div class="box-labels">
      {boxes.map((box) => {
        const { x, y, height } = dragged.value?.id === box.id ? dragged.value.box : box;
        const disc = discOf(box, prediction);
        const how = judged.value.get(box.level);
        const finding = currentFinding(box, how, prediction);
        const isTwice = editor.namedTwice.value.has(box.level);
        return (
          <button
            key={box.id}
            class="box-label"
            data-level={box.level}
            data-finding={finding.herniated ? "herniated" : "none"}
            data-doubtful={finding.isDoubtful}
            data-keys="pass"
            data-twice={isTwice}
            aria-pressed={editor.selectedId.value === box.id}
            onFocus={() => editor.select(box.id)}
            onClick={() => editor.select(box.id)}
            style={{
              "--p": tintOf(box, prediction),
              left: percent(x, prediction.sliceWidth),
              top: percent(y + height / 2, prediction.sliceHeight),
            }}
          >
            {box.level}
            {isTwice && " twice"}{" "}
            <DiscMark herniation={tintOf(box, prediction)} finding={finding} />{" "}
            <b>{disc ? probability(disc.herniation) : "new"}</b>
            <span class="visually-hidden">
              {disc ? " from the model" : ", added by you"}
              {box.herniation ? ", herniated" : ", not herniated"}
              {finding.isDoubtful && ", uncertain"}
              {how === "confirmed" && ", confirmed by you"}
            </span>
          </button>
        );
      })}
    </div>
  );
}
