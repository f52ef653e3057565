import { useState } from "preact/hooks";
import { reach } from "../../cloud/reach";
import { scanAddress } from "../../ui/router";
import type { Outbox, OutboxEntry } from "./outbox";

/** The state of saved labels: all that are not sent yet, or else the latest. */
export function Deliveries({ outbox }: { outbox: Outbox }) {
  const entries = outbox.unsent.value.length > 0 ? outbox.unsent.value : outbox.latest.value;
  return (
    <span class="deliveries" role="status">
      {entries.map((entry) => (
        <Delivery key={entry.labelId} entry={entry} outbox={outbox} />
      ))}
    </span>
  );
}

function Delivery({ entry, outbox }: { entry: OutboxEntry; outbox: Outbox }) {
  const { delivery, scanId, scanName, labelId, label, others = [], reason, isKept } = entry;
  const kind = label.kind === "correction" ? "corrections" : "acceptance";
  const what = others.length > 0 ? `${kind} for ${others.length + 1} series` : kind;
  const words = isKept ? STATES : STATES_IF_NOT_KEPT;
  const state = delivery === "sending" ? whileSending() : delivery;
  return (
    <span class="delivery" data-state={state}>
      <a href={scanAddress(scanId)} title={scanName}>
        {scanName}
      </a>
      : {what} {words[state]}
      {delivery === "refused" && (
        <>
          . {reason}{" "}
          <button class="link" onClick={() => outbox.retry(labelId)}>
            Try again
          </button>{" "}
          <GiveUp what={what} giveUp={() => outbox.discard(labelId)} />
        </>
      )}
    </span>
  );
}

function whileSending(): "sending" | "waiting" | "unanswered" {
  if (!reach.online.value) return "waiting";
  return reach.silent.value.includes("database") ? "unanswered" : "sending";
}

function GiveUp({ what, giveUp }: { what: string; giveUp: () => void }) {
  const [isAsked, ask] = useState(false);
  if (!isAsked) {
    return (
      <button class="link" onClick={() => ask(true)}>
        Give up
      </button>
    );
  }
  return (
    <>
      Your {what} can't be brought back then.{" "}
      <button class="link" onClick={giveUp}>
        Give up for good
      </button>{" "}
      <button class="link" onClick={() => ask(false)}>
        Keep
      </button>
    </>
  );
}

const STATES = {
  arrived: "saved ✓",
  sending: "being sent …",
  waiting: "kept here, waiting for the network",
  unanswered: "kept here, waiting for the database to answer",
  refused: "not saved",
} as const;

const STATES_IF_NOT_KEPT = {
  arrived: STATES.arrived,
  sending: "being sent … Not kept here: leave this page open",
  waiting: "waiting for the network. Not kept here: leave this page open",
  unanswered: "waiting for the database to answer. Not kept here: leave this page open",
  refused: "not saved, and not kept here: leave this page open",
} as const;
