import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Annotations, User } from "../../../cloud/cloud";
import type { NewDistance, SavedDistance } from "../../../cloud/documents";
import type { Stop } from "../../../cloud/live";
import type { Prediction, SlicePoint } from "../../../records";
import { tellError } from "../../../ui/toasts";
import { isPoint } from "./words";

interface Dependencies {
  user: User;
  annotations: Annotations;
  newId: () => string;
}

/** A first point that waits for the second. */
interface Begun {
  slice: number;
  start: SlicePoint;
}

/** What was done, and can be undone. */
type Act = { kind: "added" | "removed"; distance: NewDistance };

/** The distances on a scan's slices, everybody's, and the tool that measures more of them. */
export class Distances {
  readonly all = signal<readonly SavedDistance[]>([]);
  /** Those on the slice that is shown. */
  readonly shown = computed(() => this.all.value.filter(({ slice }) => slice === this.slice.value));
  readonly isMeasuring = signal(false);
  /** The first point on the slice that is shown, once there is one. */
  readonly start = computed(() =>
    this.begun.value?.slice === this.slice.value ? this.begun.value.start : null,
  );

  private readonly begun = signal<Begun | null>(null);
  private readonly acts = signal<readonly Act[]>([]);

  constructor(
    readonly scanId: string,
    private readonly prediction: Prediction,
    private readonly slice: ReadonlySignal<number>,
    private readonly deps: Dependencies,
  ) {}

  /** True while the server does not have everything. */
  get isSaving(): boolean {
    return this.deps.annotations.wouldLose.value;
  }

  /** Follows what everybody measures. A page can be read without it. */
  startWatching(): Stop {
    return this.deps.annotations.watch(
      this.scanId,
      (distances) => (this.all.value = distances),
      (error) => tellError(`Distances on this scan can't be shown. ${error.message}`),
    );
  }

  flip(): void {
    this.isMeasuring.value = !this.isMeasuring.value;
    this.begun.value = null;
  }

  /** Takes back the first point, else leaves the tool; false if it isn't on. */
  stop(): boolean {
    if (!this.isMeasuring.value) return false;
    if (this.start.peek()) this.begun.value = null;
    else this.isMeasuring.value = false;
    return true;
  }

  /** The first point of a distance, or its second. */
  click(point: SlicePoint): void {
    const start = this.start.peek();
    const slice = this.slice.peek();
    if (!start) {
      this.begun.value = { slice, start: point };
      return;
    }
    if (isPoint(start, point)) return; // a double click
    this.begun.value = null;
    this.add(this.measured(slice, start, point));
  }

  isOwn = ({ author }: SavedDistance): boolean => author === this.deps.user.uid;

  /** Removes one of the reader's own. */
  remove({ createdAt: _, ...distance }: SavedDistance): void {
    this.erase(distance);
    this.acts.value = [...this.acts.peek(), { kind: "removed", distance }];
  }

  /** Undoes what was measured or removed last; false if nothing was. */
  undo(): boolean {
    if (this.start.peek()) {
      this.begun.value = null;
      return true;
    }
    const last = this.acts.peek().at(-1);
    if (!last) return false;
    this.acts.value = this.acts.peek().slice(0, -1);
    if (last.kind === "added") this.erase(last.distance);
    else this.write(last.distance);
    return true;
  }

  private measured(slice: number, start: SlicePoint, end: SlicePoint): NewDistance {
    const { user, newId } = this.deps;
    return {
      id: newId(),
      kind: "distance",
      slice,
      start,
      end,
      author: user.uid,
      authorEmail: user.email,
      modelVersion: this.prediction.modelVersion,
    };
  }

  private add(distance: NewDistance): void {
    this.write(distance);
    this.acts.value = [...this.acts.peek(), { kind: "added", distance }];
  }

  private write(distance: NewDistance): void {
    void this.settle(
      this.deps.annotations.add(this.scanId, distance),
      "The distance can't be kept.",
    );
  }

  private erase({ id }: NewDistance): void {
    void this.settle(
      this.deps.annotations.remove(this.scanId, id),
      "The distance can't be removed.",
    );
  }

  private async settle(write: Promise<void>, failure: string): Promise<void> {
    try {
      await write;
    } catch (error) {
      tellError(`${failure} ${(error as Error).message}`);
    }
  }
}
