import type { SavedLabel, Scan } from "../../../cloud/documents";
import type { Event, Prediction } from "../../../records";
import { seconds } from "../../../ui/format";
import { changedReading } from "./changed-reading";

/** One line of the timeline: an event and its details. */
export interface Line {
  at: Date;
  kind: "scan" | "read" | "label" | "learned" | "trouble";
  what: string;
  details: readonly string[];
}

/** The timeline of a scan from its upload on, the oldest line first. */
export function timelineOf(
  scan: Scan,
  predictions: readonly Prediction[],
  labels: readonly SavedLabel[],
  events: readonly Event[],
): Line[] {
  const lines = [
    uploaded(scan),
    ...readings(predictions),
    ...labels.map(labelled),
    ...events.flatMap(toLine),
  ];
  return lines.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

function uploaded(scan: Scan): Line {
  const by = scan.uploadedBy ?? "gsutil";
  return { at: scan.createdAt.toDate(), kind: "scan", what: `Uploaded by ${by}`, details: [] };
}

function readings(predictions: readonly Prediction[]): Line[] {
  const inTime = predictions.toSorted((a, b) => a.createdAt.toMillis() - b.createdAt.toMillis());
  return inTime.map((prediction, index) => {
    const took = Object.values(prediction.seconds).reduce((sum, value) => sum + value, 0);
    const before = inTime[index - 1];
    const changes = before ? changedReading(before, prediction) : [];
    return {
      at: prediction.createdAt.toDate(),
      kind: "read",
      what: `${before ? "Read again" : "Read"} by ${prediction.modelVersion} in ${seconds(took)}`,
      details: before && changes.length === 0 ? ["Nothing changed"] : changes,
    };
  });
}

function labelled(label: SavedLabel): Line {
  const did = label.kind === "correction" ? "Corrected" : "Predictions accepted";
  return {
    at: label.createdAt.toDate(),
    kind: "label",
    what: `${did} by ${label.authorEmail}`,
    details: [],
  };
}

/** The line of an event that no other document tells. */
function toLine({ kind, at, by, message }: Event): Line[] {
  const line = (what: string, lineKind: Line["kind"], details: string[] = []): Line[] => [
    { at: at.toDate(), kind: lineKind, what, details },
  ];
  const because = message ? [message] : [];
  switch (kind) {
    case "split":
      return line("Taken apart", "read", because);
    case "failed":
      return line("Not read", "trouble", because);
    case "dead":
      return line("Given up", "trouble", because);
    case "retried":
      return line(`Sent to be read again by ${by}`, "scan", because);
    case "used-in-run":
      return line(message || "Used in a retraining run", "learned");
    case "refused-in-run": {
      const [what, ...reasons] = message.split("\n");
      return line(what || "Not used in a retraining run", "trouble", reasons);
    }
    case "queued": // the scan's own document has the upload,
    case "claimed":
    case "handed-back": // what workers do among themselves is in the logs,
    case "done":
    case "read-again": // predictions tell what was read,
    case "corrected": // and labels who corrected
    case "accepted":
      return [];
  }
}
