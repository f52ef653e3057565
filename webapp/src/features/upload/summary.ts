import type { Upload, UploadState } from "./upload";

const GROUPS: Record<UploadState["kind"], string> = {
  waiting: "on the way",
  packing: "on the way",
  sending: "on the way",
  interrupted: "on the way",
  paused: "paused",
  doubtful: "to decide",
  missing: "to decide",
  failed: "not uploaded",
  refused: "not uploaded",
  done: "uploaded",
};

/** A summary of all uploads: "2 on the way, 1 to decide, 1 not uploaded". */
export function summaryOf(uploads: readonly Pick<Upload, "state">[]): string {
  const groups = uploads.map(({ state }) => GROUPS[state.value.kind]);
  return [...new Set(Object.values(GROUPS))]
    .map((group) => ({ group, count: groups.filter((each) => each === group).length }))
    .filter(({ count }) => count > 0)
    .map(({ group, count }) => `${count} ${group}`)
    .join(", ");
}
