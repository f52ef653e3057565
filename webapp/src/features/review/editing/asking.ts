import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Prediction } from "../../../records";
import type { Judged } from "../../../verdict";
import type { Level } from "./boxes";
import type { Editor } from "./editor";
import { unansweredDoubts } from "./judged";

/**
 * The question for doubtful discs that comes before predictions are accepted: each is confirmed or
 * changed by one key.
 */
export class Asking {
  /** The doubtful discs of the key slice that the reader has not judged. */
  readonly unanswered = computed(() =>
    unansweredDoubts(this.prediction.keySlice, this.judged.value, this.prediction),
  );
  /** The disc that is asked for; null while nothing is asked. */
  readonly asked = computed<Level | null>(() =>
    this.isOn.value ? (this.unanswered.value[0] ?? null) : null,
  );

  private readonly isOn = signal(false);

  constructor(
    private readonly editor: Editor,
    private readonly prediction: Prediction,
    private readonly judged: ReadonlySignal<ReadonlyMap<Level, Judged>>,
    private readonly turnTo: (level: Level) => void,
  ) {}

  /** Begins to ask; returns false if there is nothing to ask for. */
  start(): boolean {
    this.isOn.value = true;
    this.goOn();
    return this.isOn.peek();
  }

  /** Goes back from the question; true if there was one. */
  stop(): boolean {
    const asked = this.asked.peek();
    this.isOn.value = false;
    return asked !== null;
  }

  /** Confirms the selected disc; true if all are answered now, as the model had them. */
  confirm(): boolean {
    this.editor.confirm();
    return this.goOn();
  }

  /** Changes the answer about the selected disc. */
  change(): void {
    this.editor.toggleHerniation();
    this.goOn();
  }

  /** Selects the disc that is asked for, from wherever the reader went meanwhile. */
  turnToAsked(): void {
    const asked = this.asked.peek();
    if (asked) this.turnTo(asked);
  }

  private goOn(): boolean {
    if (!this.isOn.peek()) return false;
    if (this.asked.peek()) {
      this.turnToAsked();
      return false;
    }
    this.isOn.value = false;
    if (!this.editor.corrects.peek()) return true;
    this.editor.says.value = "All uncertain discs are answered. Press S to save your corrections.";
    return false;
  }
}
