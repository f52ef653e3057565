import { probability } from "./format";
import { type Finding, findingInWords, findingOf } from "./herniation";

interface DiscMarkProps {
  /** The number that tints the mark. */
  herniation: number;
  finding: Finding;
}

/**
 * A disc's answer as a shape: a ring, full where it is herniated. The ring is broken where the
 * answer is doubtful.
 */
export function DiscMark({ herniation, finding: { herniated, isDoubtful } }: DiscMarkProps) {
  return (
    <svg
      class="disc-mark"
      data-finding={herniated ? "herniated" : "none"}
      data-doubtful={isDoubtful}
      style={{ "--p": herniation }}
      viewBox="0 0 14 14"
      width="14"
      height="14"
      aria-hidden="true"
    >
      <circle cx="7" cy="7" r="5.75" class="ring" />
      {herniated && <circle cx="7" cy="7" r={isDoubtful ? 3.25 : 5.75} class="fill" />}
    </svg>
  );
}

/** A disc that is not known yet, or not in the picture. */
export function UnknownDiscMark() {
  return (
    <svg class="disc-mark" data-finding="unknown" viewBox="0 0 14 14" width="14" height="14">
      <circle cx="7" cy="7" r="1.5" class="fill" />
    </svg>
  );
}

/** A model's answer with its doubt and number: "L4-L5: LDH, uncertain, 0.39". */
export function discInWords(level: string, herniation: number, threshold: number): string {
  return `${level}: ${findingInWords(findingOf(herniation, threshold))}, ${probability(herniation)}`;
}
