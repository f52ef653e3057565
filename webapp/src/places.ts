import type { Prediction, SlicesInPatient } from "./records";

type Vector = readonly number[];

/** A reading that says where its slices lie in the patient. */
export interface Placed extends Prediction {
  place: SlicesInPatient;
}

/** How a picture has to lie to show the same place of the patient as another, at the same size. */
export interface Overlay {
  /** Its width over the other's. */
  ratio: number;
  /** From the other's middle to its own, in parts of its own width and height. */
  shiftX: number;
  shiftY: number;
}

/** True for readings that say where their slices lie; those of earlier versions don't. */
export const isPlaced = (prediction: Prediction): prediction is Placed => Boolean(prediction.place);

/** The point in the patient of a pixel, which may lie between two. */
export function pointOf({ place }: Placed, slice: number, x: number, y: number): Vector {
  const { originMm, rightMm, downMm, nextSliceMm } = place;
  return [0, 1, 2].map(
    (axis) =>
      at(originMm, axis) +
      x * at(rightMm, axis) +
      y * at(downMm, axis) +
      slice * at(nextSliceMm, axis),
  );
}

/** The slice of the other series whose plane lies nearest to the middle of this one's slice. */
export function nearestSlice(of: Placed, slice: number, other: Placed): number {
  const { apart, step } = alongNormal(of, slice, other);
  return inside(step === 0 ? 0 : Math.round(apart / step), other.sliceCount);
}

/** The distance from the middle of a slice to the plane of one of the other series, in mm. */
export function apartMm(of: Placed, slice: number, other: Placed, otherSlice: number): number {
  const { apart, step } = alongNormal(of, slice, other);
  return Math.abs(apart - otherSlice * step);
}

/** Along the other's normal, in mm: from its first plane to the slice's middle, and its step. */
function alongNormal(
  of: Placed,
  slice: number,
  { place }: Placed,
): { apart: number; step: number } {
  const normal = unit(cross(place.rightMm, place.downMm));
  return {
    apart: dot(minus(pointOf(of, slice, ...middleOf(of)), place.originMm), normal),
    step: dot(place.nextSliceMm, normal),
  };
}

/** The slice as far through the other series, where nothing says how they lie to each other. */
export function slicePartWay(of: Prediction, slice: number, other: Prediction): number {
  const part = of.sliceCount > 1 ? slice / (of.sliceCount - 1) : 0;
  return inside(Math.round(part * (other.sliceCount - 1)), other.sliceCount);
}

/** Lays a slice of the other series over this one's, so that both show one place at one size. */
export function overlay(of: Placed, slice: number, other: Placed, otherSlice: number): Overlay {
  const { rightMm, downMm } = other.place;
  const corner = pointOf(other, otherSlice, 0, 0);
  const there = minus(pointOf(of, slice, ...middleOf(of)), corner);
  const [middleX, middleY] = middleOf(other);
  const widthMm = ({ sliceWidth, place }: Placed): number => sliceWidth * length(place.rightMm);
  return {
    ratio: widthMm(other) / widthMm(of),
    shiftX: (middleX - dot(there, rightMm) / dot(rightMm, rightMm)) / other.sliceWidth,
    shiftY: (middleY - dot(there, downMm) / dot(downMm, downMm)) / other.sliceHeight,
  };
}

const middleOf = ({ sliceWidth, sliceHeight }: Prediction): [x: number, y: number] => [
  (sliceWidth - 1) / 2,
  (sliceHeight - 1) / 2,
];

const at = (vector: Vector, axis: number): number => vector[axis] ?? 0;
const dot = (a: Vector, b: Vector): number =>
  a.reduce((sum, along, i) => sum + along * at(b, i), 0);
const minus = (a: Vector, b: Vector): Vector => a.map((along, axis) => along - at(b, axis));
const length = (vector: Vector): number => Math.sqrt(dot(vector, vector));
const unit = (vector: Vector): Vector => vector.map((along) => along / (length(vector) || 1));
const cross = (a: Vector, b: Vector): Vector =>
  [0, 1, 2].map(
    (axis) =>
      at(a, (axis + 1) % 3) * at(b, (axis + 2) % 3) - at(a, (axis + 2) % 3) * at(b, (axis + 1) % 3),
  );
const inside = (slice: number, count: number): number => Math.max(0, Math.min(count - 1, slice));
