import type {
  ChangedAnswer,
  Evaluation,
  Guard,
  Measured,
  Reread,
  RetrainingControl,
  RetrainingRun,
  RunStep,
} from "../../records";
import { plural, probability } from "../../ui/format";

/** 0.8312 → "0.83". */
export const score = (value: number): string => value.toFixed(2);

/** "0.83 (0.76 to 0.89)": never a number without its interval. */
export function measured({ value, low, high }: Measured): string {
  return `${score(value)} (${score(low)} to ${score(high)})`;
}

/** "+0.04 (−0.01 to +0.09)". */
export function difference({ value, low, high }: Measured): string {
  return `${signed(value)} (${signed(low)} to ${signed(high)})`;
}

function signed(value: number): string {
  const rounded = score(Math.abs(value));
  return Number(rounded) === 0 ? rounded : `${value < 0 ? "−" : "+"}${rounded}`;
}

export function pValue(p: number): string {
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

const METRIC_WORDS: Record<string, string> = {
  auroc: "AUROC",
  averagePrecision: "Average precision",
  sensitivity: "Sensitivity",
  specificity: "Specificity",
  brier: "Brier score",
  calibrationError: "Calibration error",
};
const SMALLER_IS_BETTER = new Set(["brier", "calibrationError"]);

/** A metric as people know it; other names, such as levels and scanners, say what they are. */
export function metricInWords(name: string): string {
  return METRIC_WORDS[name] ?? name;
}

/** Names in the order in which people read them: the known metrics first, then by the alphabet. */
export function inOrder(names: readonly string[]): string[] {
  const known = Object.keys(METRIC_WORDS);
  const rank = (name: string): number =>
    (known.indexOf(name) + known.length + 1) % (known.length + 1);
  return names.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** What `pipeline.data.phantoms` calls the maker of its scanner. */
const DRAWN = "Phantom";
/** Names of groups that are sequences, whatever scanner took them. */
const SEQUENCES = ["T1", "T2", "T2-SPACE"];

/** "30 held-out patients"; of drawn ones, that they are none. */
export function patientsInWords({
  patients,
  aurocByGroup,
}: Pick<Evaluation, "patients" | "aurocByGroup">): string {
  const makers = Object.keys(aurocByGroup).filter((group) => !SEQUENCES.includes(group));
  if (!makers.includes(DRAWN)) return `${patients} held-out patients`;
  return makers.length === 1
    ? `${patients} synthetic patients (they say nothing about people)`
    : `${patients} held-out patients, some of them synthetic`;
}

/** "larger is better" or "smaller is better". */
export function betterWhen(name: string): string {
  return SMALLER_IS_BETTER.has(name) ? "smaller is better" : "larger is better";
}

export function guardInWords({ name, production, challenger, margin, passed }: Guard): string {
  const change = `${score(production)} to ${score(challenger)}`;
  const verdict = passed ? "held" : "broken";
  return `${metricInWords(name)}: ${change}, at most ${score(margin)} worse allowed: ${verdict}`;
}

/** "L4-L5 0.62 → 0.18, no longer LDH": a disc whose answer a later model changed. */
export function changeInWords(change: ChangedAnswer): string {
  const { levelBefore, levelAfter, before, after } = change;
  if (before === null || after === null) {
    return after === null
      ? `${levelBefore} no longer found, was ${probability(before ?? 0)}`
      : `${levelAfter} found, ${probability(after)}${change.herniatedAfter ? ", LDH" : ""}`;
  }
  const name = levelBefore === levelAfter ? levelAfter : `${levelBefore} now named ${levelAfter},`;
  const turned = change.herniatedBefore !== change.herniatedAfter;
  const answer = change.herniatedAfter ? ", now LDH" : ", no longer LDH";
  return `${name} ${probability(before)} → ${probability(after)}${turned ? answer : ""}`;
}

/** The progress of reading again: how many scans were read, and how many changed. */
export function rereadsInWords(rereads: readonly Reread[]): string {
  const read = rereads.filter(({ state }) => state === "read");
  const changed = read.filter(({ changes }) => changes.length > 0).length;
  const shift = Math.max(0, ...read.map(({ largestShift }) => largestShift));
  if (read.length === 0) return "";
  const answers = changed === 0 ? "No answer changed" : `${changed} with a changed answer`;
  return `${answers}; other probabilities moved by at most ${probability(shift)}.`;
}

/** The progress towards the next run, and what it waits for. */
export function countdownInWords(control: RetrainingControl): string {
  const left = Math.max(0, control.threshold - control.count);
  switch (control.state) {
    case "running":
      return `Run ${control.epoch + 1} is running. ${plural(control.count, "scan")} newly labelled since.`;
    case "paused":
      return "Waiting after a failed run. No label is lost: they count for the next one.";
    case "not-configured":
      return "Labels are counted, but no training pipeline is set up here.";
    case "collecting":
      return left > 0
        ? `${plural(left, "more labelled scan")} until the next run starts by itself.`
        : "Enough scans are labelled: the next run starts by itself.";
  }
}

const STATE_WORDS: Record<RetrainingRun["state"], string> = {
  submitting: "starting",
  running: "running",
  succeeded: "finished",
  failed: "failed",
};

/** The outcome of a run in a few words. */
export function outcomeInWords(run: RetrainingRun): string {
  if (run.decision === "promoted") return "promoted";
  if (run.decision === "kept") return "kept production";
  const step = run.steps.find(({ state }) => state === "running");
  return run.state === "running" && step ? STEP_WORDS[step.name] : STATE_WORDS[run.state];
}

export const STEP_WORDS: Record<RunStep["name"], string> = {
  snapshot: "taking the labels",
  prepare: "preparing the dataset",
  tune: "tuning",
  train: "training",
  register: "registering",
  evaluate: "evaluating",
  promote: "deciding",
};

export const TRIGGER_WORDS: Record<RetrainingRun["trigger"], string> = {
  labels: "by labels",
  schedule: "by the calendar",
  person: "by hand",
};

/** "9 min", "2 h 5 min": how long something took. */
export function duration(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return `${Math.max(1, Math.round(milliseconds / 1000))} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The lower end, in tenths, of a scale up to 1 that shows all these values. */
export function lowEnd(values: readonly number[]): number {
  return Math.max(0, Math.min(9, Math.floor(Math.min(...values) * 10)) / 10);
}
