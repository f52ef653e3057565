import { computed, effect, signal } from "@preact/signals";
import { fields, isFlag, isNumber, mapOf, oneOf } from "../../../ui/shape";
import { browserStorage } from "../../../ui/storage";
import { Stored } from "../../../ui/stored";

interface MaskDisplay {
  shown: boolean;
  /** 0 to 1. */
  opacity: number;
}

const stored = new Stored<MaskDisplay>(browserStorage, {
  prefix: "mask",
  what: "The setting of the mask",
  version: 1,
  shape: fields<MaskDisplay>({ shown: isFlag, opacity: isNumber }),
});
/** Not shown until somebody wants it: its edge lies where a protrusion would be seen. */
const { shown, opacity } = stored.get("") ?? { shown: false, opacity: 0.4 };

/** Display settings; they outlive the page, so that the next scan opens the same way. */
export const maskShown = signal(shown);
export const maskOpacity = signal(opacity);
export const boxesShown = signal(true);
export const ghostsShown = signal(false);
/** The line of the back walls, and what lies behind it. */
export const reasonShown = signal(false);
/** Black on white, of every picture of the page. */
export const inverted = signal(false);

effect(() => {
  const now = { shown: maskShown.value, opacity: maskOpacity.value };
  if (now.shown !== shown || now.opacity !== opacity || stored.get("")) stored.put("", now);
});

const MIN_ZOOM = 1;
const MAX_ZOOM = 10;

/** Ways to show a picture's greys: factors on the 8-bit picture, which 1 shows as stored. */
export const WINDOWS = {
  usual: { brightness: 1, contrast: 1 },
  softer: { brightness: 1, contrast: 0.7 },
  harder: { brightness: 1, contrast: 1.6 },
  brighter: { brightness: 1.5, contrast: 1 },
  darker: { brightness: 0.7, contrast: 1 },
} as const;
export type WindowName = keyof typeof WINDOWS;
export const WINDOW_NAMES = Object.keys(WINDOWS) as WindowName[];

const storedWindows = new Stored<Record<string, WindowName>>(browserStorage, {
  prefix: "windows",
  what: "The windows of sequences",
  version: 1,
  shape: mapOf(oneOf(WINDOW_NAMES)),
});
/** The window that was chosen last for each sequence. */
const windows = signal(storedWindows.get("") ?? {});

/** Zoom, pan and window of one viewer. Lengths are in CSS pixels. */
export class Viewport {
  readonly zoom = signal(1);
  readonly pan = signal({ x: 0, y: 0 });
  /** Factors on the 8-bit picture: 1 shows it as stored. */
  readonly brightness = signal(1);
  readonly contrast = signal(1);
  /** The window's name; null for one that somebody has dragged. */
  readonly windowName = computed(
    () =>
      WINDOW_NAMES.find(
        (name) =>
          WINDOWS[name].brightness === this.brightness.value &&
          WINDOWS[name].contrast === this.contrast.value,
      ) ?? null,
  );
  /** The width of the picture that fits its stage, in pixels of the screen; set by the viewer. */
  fittedWidth: () => number = () => 0;
  /** The sequence whose window this is; empty where nothing says it. */
  private sequence = "";

  get isZoomed(): boolean {
    return this.zoom.value !== MIN_ZOOM;
  }

  /** Zooms by a factor and keeps the point (x, y), counted from the middle, where it is. */
  zoomAt(factor: number, x: number, y: number): void {
    const before = this.zoom.value;
    const after = Math.max(Math.min(MIN_ZOOM, before), Math.min(MAX_ZOOM, before * factor));
    const { x: panX, y: panY } = this.pan.value;
    const grown = after / before;
    this.zoom.value = after;
    this.pan.value =
      after === MIN_ZOOM
        ? { x: 0, y: 0 }
        : { x: x - (x - panX) * grown, y: y - (y - panY) * grown };
  }

  /** Shows each of the so many pixels of a row on one of the screen. */
  showPixels(count: number): void {
    const fitted = this.fittedWidth();
    if (fitted === 0) return;
    this.zoom.value = Math.min(MAX_ZOOM, count / fitted);
    this.pan.value = { x: 0, y: 0 };
  }

  panBy(dx: number, dy: number): void {
    if (!this.isZoomed) return;
    this.pan.value = { x: this.pan.value.x + dx, y: this.pan.value.y + dy };
  }

  /** Changes the window as on a workstation: to the right widens it, upwards raises the level. */
  windowBy(dx: number, dy: number): void {
    this.contrast.value = Math.max(0.3, Math.min(4, this.contrast.value * Math.exp(-dx / 300)));
    this.brightness.value = Math.max(0.3, Math.min(4, this.brightness.value * Math.exp(-dy / 300)));
  }

  /** Shows the window that was chosen last for a sequence. */
  showWindowOf(sequence: string): void {
    this.sequence = sequence;
    this.resetWindow();
  }

  /** Chooses a window, for later scans of the same sequence too. */
  choose(name: WindowName): void {
    windows.value = { ...windows.peek(), [this.sequence]: name };
    storedWindows.put("", windows.peek());
    this.resetWindow();
  }

  reset(): void {
    this.zoom.value = 1;
    this.pan.value = { x: 0, y: 0 };
    this.resetWindow();
  }

  private resetWindow(): void {
    const { brightness, contrast } = WINDOWS[windows.peek()[this.sequence] ?? "usual"];
    this.brightness.value = brightness;
    this.contrast.value = contrast;
  }
}

/** The window as a filter of the style sheet, inverted where that is wanted. */
export const windowOf = ({ brightness, contrast }: Viewport): string =>
  `brightness(${brightness.value}) contrast(${contrast.value})${inverted.value ? " invert(1)" : ""}`;
