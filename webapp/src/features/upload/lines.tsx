import { useEffect, useRef, useState } from "preact/hooks";
import type { Scan } from "../../cloud/documents";
import type { Rows } from "../../cloud/rows";
import { bytes, bytesPerSecond, timeLeft } from "../../ui/format";
import { scanAddress } from "../../ui/router";
import { choose } from "./file-picker";
import type { UploadQueue } from "./queue";
import type { Upload, UploadState } from "./upload";

interface LinesProps {
  uploads: UploadQueue;
  rows: Rows;
}

/** A list with a line for each upload. */
export function Lines({ uploads, rows }: LinesProps) {
  return (
    <ul>
      {uploads.uploads.value.map((upload) => (
        <Line key={upload.id} upload={upload} uploads={uploads} rows={rows} />
      ))}
    </ul>
  );
}

interface LineProps extends LinesProps {
  upload: Upload;
}

function Line({ upload, uploads, rows }: LineProps) {
  const { kind } = upload.state.value;
  const { name } = upload.scan;
  const percent = Math.floor(upload.fraction.value * 100);
  const hasBar = !["refused", "doubtful", "missing"].includes(kind);
  const line = useRef<HTMLLIElement>(null);
  const needsPerson = NEEDS_PERSON.includes(kind);
  useEffect(() => {
    if (needsPerson) line.current?.scrollIntoView({ block: "nearest" });
  }, [needsPerson]);
  return (
    <li class="tray-line" ref={line} data-state={kind} data-name={name}>
      <span class="tray-name" title={upload.object.value ? placeOf(upload) : name}>
        {name}
      </span>
      {hasBar && <progress max={100} value={percent} aria-label={`Upload of ${name}`} />}
      <span class="tray-says">{inWords(upload)}</span>
      <span class="tray-actions">
        <Actions upload={upload} uploads={uploads} rows={rows} />
      </span>
    </li>
  );
}

/** States that are scrolled into view, since a person has to act. */
const NEEDS_PERSON: readonly UploadState["kind"][] = ["doubtful", "missing", "failed", "refused"];
const STILL_GOING: readonly UploadState["kind"][] = ["sending", "interrupted", "waiting"];

function Actions({ upload, uploads, rows }: LineProps) {
  const state = upload.state.value;
  const { name } = upload.scan;
  const isOver = ["done", "refused", "failed"].includes(state.kind);
  const verb = isOver ? "Dismiss" : "Cancel";
  const go = (words: string) => (
    <button class="quiet" aria-label={`${words} ${name}`} onClick={() => uploads.resume(upload)}>
      {words}
    </button>
  );
  return (
    <>
      {state.kind === "done" && <ScanLink upload={upload} rows={rows} />}
      {STILL_GOING.includes(state.kind) && (
        <button class="quiet" aria-label={`Pause ${name}`} onClick={() => uploads.pause(upload)}>
          Pause
        </button>
      )}
      {state.kind === "paused" && go("Resume")}
      {state.kind === "failed" && go("Retry")}
      {state.kind === "doubtful" && state.earlier.scanId && (
        <a href={scanAddress(state.earlier.scanId)}>Open it</a>
      )}
      {state.kind === "doubtful" && go("Upload again")}
      {state.kind === "missing" && (
        <button
          class="quiet"
          aria-label={`Choose ${name} again`}
          onClick={() => choose(name.endsWith(".zip") ? "folder" : "files")}
        >
          Choose it again
        </button>
      )}
      <button class="quiet" aria-label={`${verb} ${name}`} onClick={() => uploads.remove(upload)}>
        {verb}
      </button>
    </>
  );
}

/** A link to the scan as soon as the worklist has it. */
function ScanLink({ upload, rows }: { upload: Upload; rows: Rows }) {
  const [scan, setScan] = useState<Scan | null>(null);
  const object = upload.object.value;
  useEffect(() => (object ? rows.watchObject(object.name, setScan) : undefined), [object]);
  return scan ? <a href={scanAddress(scan.id)}>Open</a> : null;
}

function placeOf(upload: Upload): string {
  const object = upload.object.value;
  return object ? `gs://${object.bucket}/${object.name}` : "";
}

function inWords(upload: Upload): string {
  const state = upload.state.value;
  const total = upload.totalBytes.value;
  const sent = `${bytes(upload.sentBytes.value)} of ${bytes(total)}`;
  const percent = `${Math.floor(upload.fraction.value * 100)} %`;
  switch (state.kind) {
    case "waiting":
      return `${bytes(total)}, waiting for its turn`;
    case "packing":
      return `packing ${upload.scan.files.length} files, ${bytes(state.packedBytes)} of ${bytes(total)}`;
    case "sending":
      return [sent, percent, ...speed(upload)].join(" · ");
    case "interrupted":
      return `${sent} · connection lost, trying again in ${Math.round(state.retryInMs / 1000)} s. Nothing is lost.`;
    case "paused":
      return `${sent} · ${percent} · paused`;
    case "doubtful":
      return `${state.earlier.sentence} Upload it again?`;
    case "missing":
      return state.because;
    case "done":
      return `${bytes(total)} uploaded`;
    case "failed":
      return state.message;
    case "refused":
      return state.reason;
  }
}

function speed(upload: Upload): string[] {
  const left = upload.secondsLeft.value;
  return left === null ? [] : [bytesPerSecond(upload.bytesPerSecond.value), timeLeft(left)];
}
