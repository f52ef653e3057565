import { probability } from "./format";
import { type Finding, FINDING_WORDS, findingOf } from "./herniation";

interface DiscMarkProps {
  herniation: number;
  finding: Finding;
}

/** A disc's probability as a shape: a ring that is empty, half or full, tinted by the number. */
export function DiscMark({ herniation, finding }: DiscMarkProps) {
  return (
    <svg
      class="disc-mark"
      data-finding={finding}
      style={{ "--p": herniation }}
      viewBox="0 0 14 14"
      width="14"
      height="14"
      aria-hidden="true"
    >
      <circle cx="7" cy="7" r="5.25" class="ring" />
      {finding === "uncertain" && <path d="M7 1.75 a5.25 5.25 0 0 0 0 10.5 z" class="fill" />}
      {finding === "herniated" && <circle cx="7" cy="7" r="5.25" class="fill" />}
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

export function discInWords(level: string, herniation: number, threshold: number): string {
  return `${level}: ${FINDING_WORDS[findingOf(herniation, threshold)]}, ${probability(herniation)}`;
}
