import { computed } from "@preact/signals";
import type { LabelOfScan, NewLabel } from "../../../cloud/documents";
import type { LabelsGradings } from "../../../verdict";
import { type Decision, listed, type OnScreen, type Siblings } from "./siblings";

/** What a save on the scan on the screen means for the other series of its study. */
export class StudySave {
  /** Whether it counts for each of them, in their order. */
  readonly counting = computed(() =>
    this.siblings.current.value.map((sibling) => ({
      sibling,
      counting: this.siblings.countingOf(sibling, this.shown()),
    })),
  );

  constructor(
    private readonly siblings: Siblings,
    private readonly shown: () => OnScreen,
  ) {}

  /** Decides what a save says of another series; null asks anew. */
  decide(scanId: string, decision: Decision | null): void {
    this.siblings.decide(scanId, decision);
  }

  /** The reason why nothing can be saved yet; null if everything is decided. */
  objection(): string | null {
    const asked = this.counting.peek().filter(({ counting }) => counting.kind === "asks");
    if (asked.length === 0) return null;
    const names = listed(asked.map(({ sibling }) => sibling.name));
    return `Not saved yet: say first, below, what it means for ${names}.`;
  }

  /** What the save says of the other series for which it counts, and no longer says. */
  labelsOf(label: NewLabel, takenBack: LabelsGradings): LabelOfScan[] {
    return this.siblings.labelsOf(label, this.shown(), takenBack);
  }
}
