import { computed, effect, signal } from "@preact/signals";
import type { Prediction, Windows } from "../../../records";
import { fields, isFlag, isNumber, mapOf, oneOf } from "../../../ui/shape";
import { browserStorage } from "../../../ui/storage";
import { Stored } from "../../../ui/stored";
import { EIGHT_BITS, type Look } from "./greys";

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

/** Windows by their names, and what people call them. */
export const WINDOWS = { usual: "usual", t1: "T1", t2: "T2", stir: "STIR", fit: "fit" } as const;
export type WindowName = keyof Windows & keyof typeof WINDOWS;
const WINDOW_NAMES = Object.keys(WINDOWS) as WindowName[];

/** The windows that a reading knows; those of earlier versions know one. */
export const windowsOf = ({ windows }: Prediction): WindowName[] =>
  windows ? WINDOW_NAMES : ["usual"];

const storedWindows = new Stored<Record<string, WindowName>>(browserStorage, {
  prefix: "window of ",
  what: "The windows of sequences",
  version: 1,
  shape: mapOf(oneOf(WINDOW_NAMES)),
});
/** The window that was chosen last for each sequence. */
const chosenWindows = signal(storedWindows.get("") ?? {});

/** Zoom, pan and window of one viewer. Lengths are in CSS pixels. */
export class Viewport {
  readonly zoom = signal(1);
  readonly pan = signal({ x: 0, y: 0 });
  private readonly window = signal<WindowName>("usual");
  /** Factors by which the window was dragged: 1 shows it as it is. */
  readonly brightness = signal(1);
  readonly contrast = signal(1);
  /** The window's name; null for one that somebody has dragged. */
  readonly windowName = computed(() =>
    this.brightness.value === 1 && this.contrast.value === 1 ? this.window.value : null,
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
    chosenWindows.value = { ...chosenWindows.peek(), [this.sequence]: name };
    storedWindows.put("", chosenWindows.peek());
    this.resetWindow();
  }

  /** Chooses the next one of some windows. */
  chooseNext(names: readonly WindowName[]): void {
    const at = names.indexOf(this.window.peek());
    const next = names[(at + 1) % names.length];
    if (next) this.choose(next);
  }

  /** How the greys of a reading's slices are looked at. */
  lookAt({ windows }: Prediction): Look {
    return {
      ...(windows?.[this.window.value] ?? EIGHT_BITS),
      brightness: this.brightness.value,
      contrast: this.contrast.value,
      isInverted: inverted.value,
    };
  }

  reset(): void {
    this.zoom.value = 1;
    this.pan.value = { x: 0, y: 0 };
    this.resetWindow();
  }

  private resetWindow(): void {
    this.window.value = chosenWindows.peek()[this.sequence] ?? "usual";
    this.brightness.value = 1;
    this.contrast.value = 1;
  }
}
