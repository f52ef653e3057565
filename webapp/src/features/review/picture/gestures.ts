import type { ReadonlySignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Viewport } from "./display";

/** Wheel distance for one slice: a mouse's notch is about 100, touchpads send many small steps. */
const WHEEL_PER_SLICE = 50;
const ZOOM_PER_WHEEL = 1 / 400;
/** Distances at which a drag starts: a finger's tap is never quite still. */
const DRAG_STARTS_PX = { mouse: 3, touch: 10 };
/** Swipe distance for one slice: one swipe across the picture goes through a usual scan. */
const SWIPE_PER_SLICE_PX = 30;

/** Elements that use the space bar: it pans only if none of them has the focus. */
const USES_SPACE = "a, button, summary, input, select, textarea, dialog";

/** Elements that handle drags themselves; a finger has to select a box before it can drag it. */
const TAKES_MOUSE = ".a9s-annotation, .box-label";
const TAKES_FINGERS = ".a9s-annotation.selected";

/** What gestures change of a view. */
export type SteeredView = Pick<Viewport, "isZoomed" | "zoomAt" | "panBy" | "windowBy" | "reset">;

type Drag = "pan" | "window" | "slices";

/**
 * Handles wheel, pinch, drags and double click on the picture; Annotorious handles drags of boxes.
 */
export function useGestures(
  stage: RefObject<HTMLDivElement | null>,
  viewport: SteeredView,
  turnSlice: (step: number) => void,
  drawing: ReadonlySignal<boolean>,
): void {
  useEffect(() => {
    const element = stage.current;
    if (!element) return;
    const listening = new AbortController();
    const { signal } = listening;
    listenToWheel(element, viewport, turnSlice, signal);
    listenToDrags(element, viewport, turnSlice, drawing, signal);
    listenToPinches(element, viewport, signal);
    element.addEventListener("dblclick", () => viewport.reset(), { signal });
    element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    return () => listening.abort();
  }, [viewport, drawing]);
}

function listenToWheel(
  element: HTMLElement,
  viewport: SteeredView,
  turnSlice: (step: number) => void,
  signal: AbortSignal,
): void {
  let turned = 0;
  const onWheel = (event: WheelEvent): void => {
    event.preventDefault(); // a page scroll or a browser zoom
    if (event.ctrlKey) {
      viewport.zoomAt(Math.exp(-event.deltaY * ZOOM_PER_WHEEL), ...fromMiddle(element, event));
      return;
    }
    turned += event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY;
    const step = Math.trunc(turned / WHEEL_PER_SLICE);
    if (step === 0) return;
    turned = 0;
    turnSlice(Math.sign(step)); // one notch is one slice, whatever distance the driver reports
  };
  element.addEventListener("wheel", onWheel, { passive: false, signal });
}

/** Listens in the capture phase, so that drags handled here never reach the boxes. */
function listenToDrags(
  element: HTMLElement,
  viewport: SteeredView,
  turnSlice: (step: number) => void,
  drawing: ReadonlySignal<boolean>,
  signal: AbortSignal,
): void {
  const options = { capture: true, signal };
  let spaceHeld = false;
  let from: { x: number; y: number; drag: Drag; dragging: boolean } | null = null;

  function dragOf(event: PointerEvent): Drag | null {
    if (event.button === 2) return "window";
    if (event.button === 1 || spaceHeld) return "pan";
    const isTouch = event.pointerType === "touch";
    const onBox = (event.target as Element).closest(isTouch ? TAKES_FINGERS : TAKES_MOUSE);
    if (onBox || drawing.peek() || !event.isPrimary) return null; // a second finger pinches
    return isTouch && !viewport.isZoomed ? "slices" : "pan";
  }

  const holdSpace = (isHeld: boolean): void => {
    spaceHeld = isHeld;
    element.toggleAttribute("data-panning", isHeld);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== " " || (event.target as Element).closest(USES_SPACE)) return;
    event.preventDefault();
    holdSpace(true);
  };
  addEventListener("keydown", onKeyDown, { signal });
  // On the window, since the focus may have moved; a release in another window is not reported.
  addEventListener("keyup", (event) => event.key === " " && holdSpace(false), { signal });
  addEventListener("blur", () => holdSpace(false), { signal });

  element.addEventListener(
    "pointerdown",
    (event) => {
      const drag = dragOf(event);
      from = drag && { x: event.clientX, y: event.clientY, drag, dragging: false };
      if (event.button !== 0 || spaceHeld) event.stopPropagation();
    },
    options,
  );
  element.addEventListener(
    "pointermove",
    (event) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      const starts = DRAG_STARTS_PX[event.pointerType === "touch" ? "touch" : "mouse"];
      if (!from.dragging && Math.hypot(dx, dy) < starts) return;
      if (!from.dragging) element.setPointerCapture(event.pointerId);
      event.stopPropagation();
      let { clientX: x, clientY: y } = event;
      if (from.drag === "window") viewport.windowBy(dx, dy);
      else if (from.drag === "pan") viewport.panBy(dx, dy);
      else {
        const step = Math.trunc(-dy / SWIPE_PER_SLICE_PX); // upwards goes on, as in a list
        turnSlice(step);
        y = from.y - step * SWIPE_PER_SLICE_PX;
      }
      from = { ...from, x, y, dragging: true };
    },
    options,
  );
  for (const end of ["pointerup", "pointercancel"] as const) {
    element.addEventListener(
      end,
      (event) => {
        if (from && (from.dragging || event.button !== 0)) event.stopPropagation(); // no click
        from = null;
      },
      options,
    );
  }
}

/** Handles two fingers: they zoom when their distance changes and pan when they move together. */
function listenToPinches(element: HTMLElement, viewport: SteeredView, signal: AbortSignal): void {
  const fingers = new Map<number, { x: number; y: number }>();
  const spread = (): { distance: number; x: number; y: number } | null => {
    const [a, b] = [...fingers.values()];
    if (!a || !b) return null;
    return { distance: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  const options = { capture: true, signal };
  element.addEventListener(
    "pointerdown",
    (event) => {
      if (event.pointerType !== "touch") return;
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (fingers.size > 1) event.stopPropagation();
    },
    options,
  );
  element.addEventListener(
    "pointermove",
    (event) => {
      if (!fingers.has(event.pointerId)) return;
      const before = spread();
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      const after = spread();
      if (!before || !after) return;
      event.stopPropagation();
      const middle = { clientX: after.x, clientY: after.y };
      viewport.zoomAt(after.distance / before.distance, ...fromMiddle(element, middle));
      viewport.panBy(after.x - before.x, after.y - before.y);
    },
    options,
  );
  for (const end of ["pointerup", "pointercancel"] as const) {
    element.addEventListener(end, (event) => fingers.delete(event.pointerId), options);
  }
}

function fromMiddle(
  element: HTMLElement,
  { clientX, clientY }: Pick<MouseEvent, "clientX" | "clientY">,
): [number, number] {
  const { left, top, width, height } = element.getBoundingClientRect();
  return [clientX - left - width / 2, clientY - top - height / 2];
}
