import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import type { Box, Prediction } from "../../../records";
import type { Review } from "../editing/review";
import { appearanceOf, currentFinding } from "../editing/words";
import { BoxLayer, type DrawnBox } from "./box-layer";
import { boxesShown, maskOpacity, maskShown, type Viewport } from "./display";
import { drawGreys } from "./greys";
import type { OpenScan, SliceFrame } from "./open-scan";
import { endWait } from "./timing";

/** The box being dragged, and its current place. */
export const dragged = signal<{ id: string; box: Box } | null>(null);

interface PictureProps {
  openScan: OpenScan;
  review: Review;
  viewport: Viewport;
}

interface Layers {
  slice: HTMLCanvasElement;
  mask: HTMLCanvasElement;
  boxes: BoxLayer;
}

/** Slice, mask and boxes, outside of Preact's tree: Annotorious moves elements. */
export function Picture({ openScan, review, viewport }: PictureProps) {
  const holder = useRef<HTMLDivElement>(null);
  const layers = useRef<Layers | null>(null);
  const { editor, prediction } = review;

  // A layout effect is cleaned up before the elements are removed, whose size Annotorious watches.
  useLayoutEffect(() => {
    const { boxes: layer } = (layers.current = layOut(holder, openScan, review));
    editor.letGo = () => layer.letGo();
    return () => {
      editor.letGo = () => {};
      layer.destroy();
    };
  }, [review]);

  const frame = openScan.frame.value;
  const look = viewport.lookAt(prediction);
  useEffect(() => {
    if (!layers.current || (frame && !isOfWhatIsShown(frame, openScan, prediction))) return;
    drawGreys(layers.current.slice, frame?.slice ?? null, look);
    draw(layers.current.mask, frame?.mask);
    if (!frame) return;
    endWait("first view");
    endWait("slice switch");
  }, [frame, review, ...Object.values(look)]);

  const judged = review.judged.value;
  const boxes: DrawnBox[] = boxesShown.value
    ? editor.boxes.value.map((box) => ({
        ...box,
        appearance: appearanceOf(currentFinding(box, judged.get(box.level), prediction)),
      }))
    : [];
  const selected = editor.selectedId.value;
  useEffect(() => {
    layers.current?.boxes.show(boxes, selected);
  }, [editor.boxes.value, boxesShown.value, selected, review]);

  const drawing = editor.drawing.value;
  useEffect(() => layers.current?.boxes.draw(drawing), [drawing, review]);

  const opacity = maskShown.value ? maskOpacity.value : 0;
  return <div class="picture" ref={holder} style={{ "--mask-opacity": opacity }} />;
}

/** True if the frame belongs to the slice and model whose boxes are shown. */
const isOfWhatIsShown = (frame: SliceFrame, openScan: OpenScan, prediction: Prediction): boolean =>
  frame.index === openScan.slice.peek() && frame.modelVersion === prediction.modelVersion;

function layOut(
  holder: RefObject<HTMLDivElement | null>,
  openScan: OpenScan,
  review: Review,
): Layers {
  const { sliceWidth: width, sliceHeight: height } = review.prediction;
  const { editor } = review;
  const slice = canvas("slice", width, height);
  const mask = canvas("mask", width, height);
  holder.current?.replaceChildren(slice);
  const boxes = new BoxLayer(slice, {
    held: (isHeld) => (openScan.boxHeld.value = isHeld),
    selected: (id) => editor.select(id),
    dragging: (id, box) => (dragged.value = box && { id, box }),
    reshaped: (id, box) => editor.reshape(id, box),
    drawn: (box) => editor.drawn(box),
  });
  slice.after(mask); // below the boxes that Annotorious has laid over the slice
  return { slice, mask, boxes };
}

export function canvas(className: string, width: number, height: number): HTMLCanvasElement {
  return Object.assign(document.createElement("canvas"), { className, width, height });
}

export function draw(onto: HTMLCanvasElement, picture: CanvasImageSource | undefined): void {
  const context = onto.getContext("2d") as CanvasRenderingContext2D;
  context.clearRect(0, 0, onto.width, onto.height);
  if (picture) context.drawImage(picture, 0, 0, onto.width, onto.height);
}
