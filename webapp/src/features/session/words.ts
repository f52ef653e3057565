import type { Part } from "../../cloud/reach";
import { ago, clockTime } from "../../ui/format";

const NAMES: Record<Part, string> = {
  "sign-in": "the sign-in service",
  database: "the database",
  api: "the server",
};

interface Unreached {
  online: boolean;
  silent: readonly Part[];
  /** The time of the database's latest answer; null before the first. */
  heardAt: number | null;
}

/** What can't be reached, and how old the answers are that are shown; null if all answers. */
export function unreachedInWords(
  { online, silent, heardAt }: Unreached,
  nowMs: number,
): string | null {
  const names = silent.map((part) => NAMES[part]);
  const what = online ? notAnswering(names) : "No network.";
  if (!what) return null;
  const isOld = !online || silent.includes("database");
  return [what, isOld && ageInWords(heardAt, nowMs), "Uploads and saved labels wait here."]
    .filter(Boolean)
    .join(" ");
}

function notAnswering(names: readonly string[]): string | null {
  const last = names.at(-1);
  if (!last) return null;
  const all = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last}` : last;
  return `${all[0]?.toUpperCase()}${all.slice(1)} ${names.length > 1 ? "don't" : "doesn't"} answer.`;
}

function ageInWords(heardAt: number | null, nowMs: number): string {
  if (heardAt === null) return "Nothing can be shown until then.";
  return `What you see is of ${clockTime(new Date(heardAt))} (${ago(heardAt, nowMs)}) and may be old.`;
}
