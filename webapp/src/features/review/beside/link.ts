import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import type { Stop } from "../../../cloud/live";
import type { Prediction, ScanRecord } from "../../../records";
import {
  apartMm,
  isPlaced,
  nearestSlice,
  overlay,
  type Placed,
  slicePartWay,
} from "../../../places";

/** The parts of an open scan that are linked. */
export interface Linked {
  readonly scan: ReadonlySignal<Pick<ScanRecord, "study"> | null>;
  readonly prediction: ReadonlySignal<Prediction | null>;
  readonly slice: ReadonlySignal<number>;
  goTo(slice: number): void;
}

/** Two series that show the same place: whichever turns, the other follows. */
export class Link {
  /** Both readings, if their places in the patient can be compared; null if they can't. */
  private readonly places = computed<[Placed, Placed] | null>(() => {
    const [frame, otherFrame] = [this.first, this.second].map(
      ({ scan }) => scan.value?.study?.frameKey,
    );
    const [one, other] = [this.first.prediction.value, this.second.prediction.value];
    const isOneFrame = frame !== undefined && frame !== null && frame === otherFrame;
    return isOneFrame && one && other && isPlaced(one) && isPlaced(other) ? [one, other] : null;
  });

  readonly isByPlace = computed(() => this.places.value !== null);
  /** How the second picture lies over the first; null where nothing says it. */
  readonly overlay = computed(
    () =>
      this.places.value &&
      overlay(
        this.places.value[0],
        this.first.slice.value,
        this.places.value[1],
        this.second.slice.value,
      ),
  );
  /** The distance between the planes on the screen, in mm; null where nothing says it. */
  readonly apartMm = computed(
    () =>
      this.places.value &&
      apartMm(
        this.places.value[0],
        this.first.slice.value,
        this.places.value[1],
        this.second.slice.value,
      ),
  );

  /** The slice to which the second series has led the first; null while the first leads. */
  private readonly ledTo = signal<number | null>(null);

  constructor(
    private readonly first: Linked,
    private readonly second: Linked,
  ) {}

  start(): Stop {
    return effect(() => {
      const slice = this.first.slice.value;
      const shown = this.second.slice.value;
      const [one, other] = [this.first.prediction.value, this.second.prediction.value];
      const isByPlace = this.isByPlace.value;
      if (!one || !other || slice === this.ledTo.peek()) return;
      this.ledTo.value = null;
      const target = counterpart(one, slice, other, isByPlace);
      if (target !== shown) untracked(() => this.second.goTo(target));
    });
  }

  /** Turns the second series, and the first with it. */
  turnSecond(step: number): void {
    const [one, other] = [this.first.prediction.peek(), this.second.prediction.peek()];
    if (!one || !other) return;
    const slice = this.second.slice.peek() + step;
    if (slice < 0 || slice >= other.sliceCount) return;
    const target = counterpart(other, slice, one, this.isByPlace.peek());
    this.ledTo.value = target;
    this.first.goTo(target);
    this.ledTo.value = this.first.slice.peek(); // it stays while a box is held
    this.second.goTo(slice);
  }
}

function counterpart(of: Prediction, slice: number, other: Prediction, isByPlace: boolean): number {
  return isByPlace && isPlaced(of) && isPlaced(other)
    ? nearestSlice(of, slice, other)
    : slicePartWay(of, slice, other);
}
