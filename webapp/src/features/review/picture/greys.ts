import type { GreyRange } from "../../../records";

/** A slice's greys: whole numbers from 0 to 65535, or to 255 of readings of earlier versions. */
export interface Greys {
  width: number;
  height: number;
  values: Uint16Array;
}

/** How greys are looked at: a window, changed by factors that 1 leaves alone. */
export interface Look extends GreyRange {
  brightness: number;
  contrast: number;
  isInverted: boolean;
}

/** The window of slices of earlier versions, which hold 8 bits as they were shown. */
export const EIGHT_BITS: GreyRange = { low: 0, high: 255 };

/**
 * The greys of a slice of so many rows: of a picture twice as high, whose upper half holds the high
 * bytes and its lower half the low ones; or of an 8-bit picture.
 */
export function greysOf({ width, height: rows, data }: ImageData, height: number): Greys {
  const count = width * height;
  const values = new Uint16Array(count);
  const low = rows === 2 * height ? 4 * count : 0; // where the low bytes begin; red is the grey
  for (let at = 0; at < count; at++) {
    const high = low === 0 ? 0 : (data[4 * at] ?? 0);
    values[at] = (high << 8) | (data[low + 4 * at] ?? 0);
  }
  return { width, height, values };
}

/** What each of so many greys looks like, from 0 (black) to 255. */
export function shades(count: number, look: Look): Uint8ClampedArray {
  const { low, high, brightness, contrast, isInverted } = look;
  const shown = new Uint8ClampedArray(count); // which rounds, too
  for (let grey = 0; grey < count; grey++) {
    const bright = ((grey - low) / Math.max(1, high - low)) * brightness;
    const shade = 255 * ((bright - 0.5) * contrast + 0.5);
    shown[grey] = isInverted ? 255 - Math.min(255, Math.max(0, shade)) : shade;
  }
  return shown;
}

/** Draws greys as they are looked at; nothing for null. */
export function drawGreys(onto: HTMLCanvasElement, greys: Greys | null, look: Look): void {
  const context = onto.getContext("2d") as CanvasRenderingContext2D;
  if (!greys) {
    context.clearRect(0, 0, onto.width, onto.height);
    return;
  }
  const { width, height, values } = greys;
  const shown = shades(values.reduce((most, grey) => Math.max(most, grey), 0) + 1, look);
  const picture = context.createImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let at = 0; at < values.length; at++) {
    const shade = shown[values[at] ?? 0] ?? 0;
    pixels[at] = 0xff000000 | (shade << 16) | (shade << 8) | shade;
  }
  context.putImageData(picture, 0, 0);
}
