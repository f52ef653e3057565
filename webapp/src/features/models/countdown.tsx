import { now } from "../../ui/clock";
import { ago } from "../../ui/format";
import type { ModelsStore } from "./models";
import { TimeLeft } from "./time-left";
import { countdownInWords } from "./words";

/** The number of labels until the next run. */
export function Countdown({ store }: { store: ModelsStore }) {
  const control = store.retraining.value;
  return (
    <section class="panel countdown" aria-labelledby="countdown-title">
      <h2 id="countdown-title">Next retraining</h2>
      {control ? (
        <>
          <p class="countdown-number">
            <b>{control.count}</b> of {control.threshold} newly labelled scans
          </p>
          <progress
            max={control.threshold}
            value={Math.min(control.count, control.threshold)}
            aria-label="Newly labelled scans until the next retraining"
          />
          <p>
            {countdownInWords(control)}
            {control.state === "paused" && control.pausedUntil && (
              <TimeLeft until={control.pausedUntil.toDate()} />
            )}
          </p>
          {control.message && control.state !== "not-configured" && (
            <p class="muted">{control.message}</p>
          )}
          {control.countedAt && (
            <p class="muted">Last counted {ago(control.countedAt.toMillis(), now.value)}</p>
          )}
        </>
      ) : (
        <p class="muted">
          No label has been counted yet. As soon as somebody saves corrections or accepts a
          prediction, this counts the labelled scans; a full count starts a retraining by itself.
        </p>
      )}
    </section>
  );
}
