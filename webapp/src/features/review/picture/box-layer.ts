import {
  createImageAnnotator,
  type ImageAnnotation,
  type ImageAnnotator,
  type Rectangle,
  type Selection,
  ShapeType,
  type StoreChangeEvent,
  UserSelectAction,
} from "@annotorious/annotorious";
import "@annotorious/annotorious/annotorious.css";
import type { Box } from "../../../records";

/** One box to draw; its annotation's id begins with `appearance`, for the style sheet. */
export interface DrawnBox extends Box {
  id: string;
  appearance: string;
}

export interface BoxEvents {
  /** Called with true when a box is grabbed or drawn, with false when it is released. */
  held(isHeld: boolean): void;
  selected(id: string | null): void;
  /** Called while a box is dragged; with null once it is released. */
  dragging(id: string, box: Box | null): void;
  reshaped(id: string, box: Box): void;
  drawn(box: Box): void;
}

/**
 * The boxes over a picture, drawn and dragged by Annotorious; it knows nothing of discs.
 *
 * - `setAnnotations` counts as a remote change, which Annotorious' own undo never touches; what
 *   changes while the page isn't `applying` was done by the reader.
 * - Colours come from the style sheet by the annotation's id: its `style` option writes style
 *   attributes, which a strict CSP forbids.
 * - The box under the pointer carries the handles, so that one gesture grabs and drags it.
 */
export class BoxLayer {
  private readonly annotator: ImageAnnotator;
  private readonly cleaning: MutationObserver;
  private readonly listening = new AbortController();
  private boxes: readonly DrawnBox[] = [];
  private selectedId: string | null = null;
  private dragged: { id: string; box: Box } | null = null;
  /** The box that Annotorious has just made of a drawing. */
  private created: Box | null = null;
  /** The press that holds a box or draws one: what was pressed, and by which pointer. */
  private press: { target: Element; pointerId: number } | null = null;
  /** True if the box was let go before its pointer was: what the pointer still does is void. */
  private isLetGo = false;
  private drawing = false;
  private applying = false;

  constructor(
    picture: HTMLCanvasElement,
    private readonly events: BoxEvents,
  ) {
    this.annotator = createImageAnnotator(picture, {
      drawingEnabled: false,
      userSelectAction: UserSelectAction.EDIT,
      theme: "dark",
    });
    const { element, state } = this.annotator;
    this.cleaning = hideFromScreenReaders(element);
    state.store.observe((event) => !this.applying && this.onHandChange(event));
    state.selection.subscribe(({ selected, event }: Selection) => {
      if (!this.applying && event) this.events.selected(boxId(selected[0]?.id));
      else if (!this.applying && selected.length === 0) this.events.selected(null);
    });
    state.hover.subscribe((id: string | undefined) => this.mountEditor(id));
    element.addEventListener("pointerdown", (event) => this.onPointerDown(event), true);
    element.addEventListener("pointerup", () => this.onRelease());
    element.addEventListener("pointercancel", () => this.onCancel());
    // On the window and in the capture phase: wherever the pointer is released, it is heard.
    const options = { capture: true, signal: this.listening.signal };
    for (const end of ["pointerup", "pointercancel"]) {
      addEventListener(end, () => this.events.held(false), options);
    }
    addEventListener("pointermove", (event) => this.onMove(event), options);
  }

  /**
   * Takes a box that is being dragged or drawn as it is now; what follows of the gesture is void. For
   * keys that act while the pointer is down.
   */
  letGo(): void {
    if (!this.press) return;
    this.endPress();
    this.isLetGo = true;
  }

  show(boxes: readonly DrawnBox[], selectedId: string | null): void {
    [this.boxes, this.selectedId] = [boxes, selectedId];
    this.apply(() => this.annotator.setAnnotations(boxes.map(toAnnotation), true));
    this.mountEditor();
  }

  /** While true, a drag draws a new box. */
  draw(drawing: boolean): void {
    this.drawing = drawing;
    this.mountEditor();
    this.annotator.setDrawingEnabled(drawing);
  }

  destroy(): void {
    this.listening.abort();
    this.press = null;
    this.events.held(false);
    if (this.dragged) this.events.dragging(this.dragged.id, null);
    this.cleaning.disconnect();
    this.annotator.destroy();
  }

  /** Shows the handles on the hovered box, or else on the selected one. */
  private mountEditor(hovered?: string): void {
    if (this.dragged || this.applying) return;
    const id = hovered ?? this.annotationOf(this.selectedId);
    const { element } = this.annotator;
    if (id && !this.drawing && this.annotator.getAnnotationById(id)) {
      element.dataset["editing"] = id;
      this.apply(() => this.annotator.setSelected(id, true));
    } else {
      delete element.dataset["editing"];
      this.apply(() => this.annotator.setSelected());
    }
  }

  /** Changes Annotorious from the page; changes that it reports meanwhile are not the reader's. */
  private apply(change: () => void): void {
    this.applying = true;
    change();
    this.applying = false;
  }

  private onPointerDown({ target, pointerId }: PointerEvent): void {
    const grabbed = (target as Element).closest(".a9s-annotation.selected");
    const id = boxId(this.annotator.element.dataset["editing"]);
    this.isLetGo = false;
    if (!grabbed && !this.drawing) return;
    this.press = { target: target as Element, pointerId };
    this.events.held(true);
    // Annotorious' tool hears a pointer only over its layer: released elsewhere, it would draw on.
    if (this.drawing) this.canvas.setPointerCapture(pointerId);
    if (grabbed && id) this.events.selected(id);
  }

  /** Ends what a pointer without a button can't be doing: its release was not reported. */
  private onMove(event: PointerEvent): void {
    const isOurs = event.pointerId === this.press?.pointerId && event.pointerType === "mouse";
    if (isOurs && event.buttons === 0) this.endPress();
  }

  /** Has Annotorious, and with it this layer, see the release of the pointer that is down. */
  private endPress(): void {
    if (!this.press) return;
    const { target, pointerId } = this.press;
    const release = new PointerEvent("pointerup", { bubbles: true, pointerId });
    (this.drawing ? this.canvas : target).dispatchEvent(release);
    this.onRelease(); // a drawing's release doesn't get further than Annotorious
    this.events.held(false);
  }

  /** The system took the pointer away: Annotorious doesn't listen to that. */
  private onCancel(): void {
    this.annotator.cancelDrawing();
    this.onRelease();
    this.apply(() => this.annotator.setSelected());
    const again = (): void => {
      if (!this.listening.signal.aborted) this.mountEditor();
    };
    setTimeout(again); // after Annotorious has taken its handles away, which follow the pointer
  }

  private onHandChange({ changes }: StoreChangeEvent<ImageAnnotation>): void {
    const created = changes.created?.[0];
    if (created) {
      this.created = boxOf(created);
      queueMicrotask(() => this.takeCreated());
    }
    const update = changes.updated?.[0];
    const id = boxId(update?.newValue.id);
    if (update && id && !this.isLetGo) {
      this.dragged = { id, box: boxOf(update.newValue) };
      this.events.dragging(id, this.dragged.box);
    }
  }

  private onRelease(): void {
    this.press = null;
    this.takeCreated();
    if (this.dragged) {
      const { id, box } = this.dragged;
      this.dragged = null;
      this.events.dragging(id, null);
      this.events.reshaped(id, box);
    } else if (!this.isLetGo) return;
    this.show(this.boxes, this.selectedId); // back where it was, if the new place was refused
  }

  private takeCreated(): void {
    if (!this.created) return;
    const box = this.created;
    this.created = null;
    this.events.drawn(box);
    this.show(this.boxes, this.selectedId); // without Annotorious' own copy
  }

  /** The element on which Annotorious draws and listens. */
  private get canvas(): Element {
    return this.annotator.element.querySelector("svg") as Element;
  }

  private annotationOf(id: string | null): string | undefined {
    return this.boxes.filter((box) => box.id === id).map(annotationId)[0];
  }
}

const annotationId = ({ appearance, id }: DrawnBox): string => `${appearance} ${id}`;
const boxId = (annotation: string | undefined): string | null =>
  annotation?.split(" ").at(-1) ?? null;

function toAnnotation(drawn: DrawnBox): ImageAnnotation {
  const id = annotationId(drawn);
  const { x, y, width: w, height: h } = drawn;
  const bounds = { minX: x, minY: y, maxX: x + w, maxY: y + h };
  const rectangle: Rectangle = { type: ShapeType.RECTANGLE, geometry: { x, y, w, h, bounds } };
  return { id, bodies: [], target: { annotation: id, selector: rectangle } };
}

/** Reads x, y, w and h, because `bounds` is stale after a drag. */
function boxOf(annotation: ImageAnnotation): Box {
  const { x, y, w: width, h: height } = (annotation.target.selector as Rectangle).geometry;
  return { x, y, width, height };
}

/**
 * Removes the roles that Annotorious gives to its layer and its handles, which have no names:
 * keyboards and screen readers use the labels beside the boxes instead.
 */
function hideFromScreenReaders(layer: HTMLElement): MutationObserver {
  const clean = (): void => {
    for (const element of layer.querySelectorAll("[tabindex], [role]")) {
      element.removeAttribute("tabindex");
      element.removeAttribute("role");
    }
    for (const svg of layer.querySelectorAll("svg")) svg.setAttribute("aria-hidden", "true");
  };
  clean();
  const observer = new MutationObserver(clean);
  observer.observe(layer, { childList: true, subtree: true });
  return observer;
}
