import type { LeftOut } from "../records";
import { leftOutInWords } from "./scan-words";

/** Things of an archive that aren't read, and why. */
export function LeftOutList({ leftOut }: { leftOut: readonly LeftOut[] }) {
  return (
    <ul class="muted">
      {leftOut.map((thing) => (
        <li key={`${thing.what} ${thing.reason}`}>{leftOutInWords(thing)}</li>
      ))}
    </ul>
  );
}
