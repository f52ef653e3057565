import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Viewport } from "./display";

/** A mouse wheel's notch is about 100; touchpads send many small steps instead. */
const WHEEL_PER_SLICE = 50;
const ZOOM_PER_WHEEL = 1 / 400;
const DRAG_STARTS_PX = 3;

/** Wheel, drag and double click on the stage. */
export function useGestures(
  stage: RefObject<HTMLDivElement | null>,
  viewport: Viewport,
  turnSlice: (step: number) => void,
): void {
  useEffect(() => {
    const element = stage.current;
    if (!element) return;
    const listening = new AbortController();
    const { signal } = listening;
    listenToWheel(element, viewport, turnSlice, signal);
    listenToDrags(element, viewport, signal);
    element.addEventListener("dblclick", () => viewport.reset(), { signal });
    element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    return () => listening.abort();
  }, [viewport]);
}

function listenToWheel(
  element: HTMLElement,
  viewport: Viewport,
  turnSlice: (step: number) => void,
  signal: AbortSignal,
): void {
  let turned = 0;
  const onWheel = (event: WheelEvent): void => {
    event.preventDefault(); // a page scroll or a browser zoom
    if (event.ctrlKey) {
      const { left, top, width, height } = element.getBoundingClientRect();
      const factor = Math.exp(-event.deltaY * ZOOM_PER_WHEEL);
      viewport.zoomAt(factor, event.clientX - left - width / 2, event.clientY - top - height / 2);
      return;
    }
    turned += event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY;
    const step = Math.trunc(turned / WHEEL_PER_SLICE);
    if (step === 0) return;
    turned = 0;
    turnSlice(Math.sign(step)); // one notch is one slice, however far the driver says it went
  };
  element.addEventListener("wheel", onWheel, { passive: false, signal });
}

function listenToDrags(element: HTMLElement, viewport: Viewport, signal: AbortSignal): void {
  let from: { x: number; y: number; button: number; dragging: boolean } | null = null;
  element.addEventListener(
    "pointerdown",
    ({ clientX: x, clientY: y, button }) => (from = { x, y, button, dragging: false }),
    { signal },
  );
  element.addEventListener(
    "pointermove",
    (event) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.dragging && Math.hypot(dx, dy) < DRAG_STARTS_PX) return;
      if (!from.dragging) element.setPointerCapture(event.pointerId);
      if (from.button === 2) viewport.windowBy(dx, dy);
      else viewport.panBy(dx, dy);
      from = { ...from, x: event.clientX, y: event.clientY, dragging: true };
    },
    { signal },
  );
  for (const end of ["pointerup", "pointercancel"] as const) {
    element.addEventListener(end, () => (from = null), { signal });
  }
}
