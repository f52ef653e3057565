import { useEffect, useState } from "preact/hooks";
import type { Gathers } from "../../cloud/cloud";
import type { Gather } from "../../records";
import { now } from "../../ui/clock";
import { gatheringInWords } from "./words";

/** Series that are no scans yet, since slices of them still come in. */
export function Gathering({ gathers }: { gathers: Gathers }) {
  const [open, setOpen] = useState<readonly Gather[]>([]);
  // Without an answer nothing is said: the list below tells why there is none.
  useEffect(() => gathers.watch(setOpen, () => setOpen([])), [gathers]);
  return (
    <p class="gathering" role="status">
      {open.length > 0 && gatheringInWords(open, now.value)}
    </p>
  );
}
