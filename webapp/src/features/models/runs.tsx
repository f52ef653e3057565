import type { RetrainingRun, RunStep } from "../../records";
import { now } from "../../ui/clock";
import { dateTime, plural } from "../../ui/format";
import { scanAddress } from "../../ui/router";
import type { ModelsStore } from "./models";
import { duration, outcomeInWords, STEP_WORDS, TRIGGER_WORDS } from "./words";

/** Every retraining, the newest first. */
export function Runs({ store }: { store: ModelsStore }) {
  const runs = store.runs.value ?? [];
  return (
    <section class="panel runs" aria-labelledby="runs-title">
      <h2 id="runs-title">Runs</h2>
      {runs.length === 0 ? (
        <p class="muted">
          No retraining has run yet. Each run appears here while it works: its steps, how many
          labels it learned from, and why its model was promoted or not.
        </p>
      ) : (
        <ol>
          {runs.map((run) => (
            <Run key={run.epoch} run={run} store={store} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Run({ run, store }: { run: RetrainingRun; store: ModelsStore }) {
  const end = run.endedAt?.toMillis() ?? now.value;
  const isCompared = store.compared.value?.epoch === run.epoch;
  return (
    <li class="run" data-state={run.state} data-decision={run.decision}>
      <p class="run-head">
        <b>Run {run.epoch}</b>
        <span class="outcome">{outcomeInWords(run)}</span>
        <span class="muted">
          {plural(run.count, "labelled scan")}, {TRIGGER_WORDS[run.trigger]},{" "}
          {duration(end - run.createdAt.toMillis())}
          {run.endedAt && `, ended ${dateTime(run.endedAt.toDate())}`}
        </span>
        <span class="run-links">
          {run.comparison && run.modelVersion && (
            <button class="quiet" aria-pressed={isCompared} onClick={() => store.choose(run.epoch)}>
              Compare
            </button>
          )}
          {run.jobUrl && (
            <a href={run.jobUrl} target="_blank" rel="noreferrer">
              Job
            </a>
          )}
        </span>
      </p>
      {run.steps.length > 0 && <Steps steps={run.steps} />}
      {run.error && (
        <p class="error">
          {run.error.message} Its labels are not lost: they count for the next run.
        </p>
      )}
      {run.reason && <p>{run.reason}</p>}
      {run.dataset && (
        <p class="muted">
          Learned from {plural(run.dataset.crops, "crop")} of {plural(run.dataset.scans, "scan")} (
          {run.dataset.fromCorrections} from corrections, {run.dataset.fromAcceptances} from
          acceptances)
          {run.dataset.refused > 0 && `; ${plural(run.dataset.refused, "label")} refused`}.
        </p>
      )}
      <Refused run={run} />
    </li>
  );
}

/** What the run could not learn from, and what to do about it. */
function Refused({ run }: { run: RetrainingRun }) {
  // Runs that ended before there was this field lack it.
  const { refused = [] } = run as Partial<RetrainingRun>;
  if (refused.length === 0) return null;
  return (
    <details class="refused">
      <summary>Which labels were refused, and what to do</summary>
      <ul>
        {refused.map(({ scanId, reason, advice }) => (
          <li key={`${scanId} ${reason}`}>
            <a href={scanAddress(scanId)}>{scanId.slice(0, 8)}</a> {reason}{" "}
            <span class="muted">{advice}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

const SIGNS: Record<RunStep["state"], string> = {
  waiting: "–",
  running: "…",
  succeeded: "✓",
  failed: "✗",
  skipped: "skipped",
};

function Steps({ steps }: { steps: readonly RunStep[] }) {
  return (
    <ol class="steps">
      {steps.map((step) => (
        <li
          key={step.name}
          data-state={step.state}
          aria-label={`${STEP_WORDS[step.name]}: ${step.state}${took(step)}`}
        >
          {step.name} <span aria-hidden="true">{SIGNS[step.state] + took(step)}</span>
        </li>
      ))}
    </ol>
  );
}

/** " 36 s", or nothing for a step that has not ended. */
function took({ startedAt, endedAt }: RunStep): string {
  return startedAt && endedAt ? ` ${duration(endedAt.toMillis() - startedAt.toMillis())}` : "";
}
