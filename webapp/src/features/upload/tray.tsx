import { useEffect, useState } from "preact/hooks";
import type { Scan } from "../../cloud/cloud";
import { bytes, bytesPerSecond } from "../../ui/format";
import { scanAddress } from "../../ui/router";
import type { Rows } from "../../cloud/rows";
import type { UploadQueue } from "./queue";
import type { Upload } from "./upload";

interface TrayProps {
  uploads: UploadQueue;
  rows: Rows;
}

/** Uploads at the foot of every page: a line a scan. */
export function Tray({ uploads, rows }: TrayProps) {
  const lines = uploads.uploads.value;
  if (lines.length === 0) return null;
  const unfinished = uploads.unfinished.value;
  return (
    <section class="tray" aria-label="Uploads">
      <header>
        <h2>Uploads</h2>
        <span class="muted" role="status">
          {unfinished > 0 ? `${unfinished} on the way` : "All there"}
        </span>
        <button class="quiet" onClick={() => uploads.removeFinished()}>
          Clear finished
        </button>
      </header>
      <ul>
        {lines.map((upload) => (
          <Line key={upload.id} upload={upload} uploads={uploads} rows={rows} />
        ))}
      </ul>
    </section>
  );
}

function Line({ upload, uploads, rows }: TrayProps & { upload: Upload }) {
  const { kind } = upload.state.value;
  const { name } = upload.scan;
  const percent = Math.floor(upload.fraction.value * 100);
  return (
    <li class="tray-line" data-state={kind} data-name={name}>
      <span class="tray-name" title={name}>
        {name}
      </span>
      {kind === "refused" ? null : (
        <progress max={100} value={percent} aria-label={`Upload of ${name}`} />
      )}
      <span class="tray-says">{inWords(upload)}</span>
      <span class="tray-actions">
        {kind === "done" && <ScanLink upload={upload} rows={rows} />}
        {["sending", "interrupted", "waiting"].includes(kind) && (
          <button class="quiet" onClick={() => uploads.pause(upload)}>
            Pause
          </button>
        )}
        {kind === "paused" && (
          <button class="quiet" onClick={() => uploads.resume(upload)}>
            Resume
          </button>
        )}
        {kind === "failed" && (
          <button class="quiet" onClick={() => uploads.resume(upload)}>
            Retry
          </button>
        )}
        <button class="quiet" onClick={() => uploads.remove(upload)} aria-label={leave(upload)}>
          {["done", "refused", "failed"].includes(kind) ? "Dismiss" : "Cancel"}
        </button>
      </span>
    </li>
  );
}

function leave(upload: Upload): string {
  const { kind } = upload.state.value;
  const verb = ["done", "refused", "failed"].includes(kind) ? "Dismiss" : "Cancel";
  return `${verb} ${upload.scan.name}`;
}

/** Where the scan went, as soon as the worklist has it. */
function ScanLink({ upload, rows }: { upload: Upload; rows: Rows }) {
  const [scan, setScan] = useState<Scan | null>(null);
  const objectName = upload.objectName.value;
  useEffect(() => (objectName ? rows.watchObject(objectName, setScan) : undefined), [objectName]);
  return scan ? <a href={scanAddress(scan.id)}>Open</a> : null;
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
      return `${sent} · ${percent} · ${bytesPerSecond(upload.bytesPerSecond.value)}`;
    case "interrupted":
      return `${sent} · connection lost, trying again in ${Math.round(state.retryInMs / 1000)} s. Nothing is lost.`;
    case "paused":
      return `${sent} · ${percent} · paused`;
    case "done":
      return `${bytes(total)} uploaded`;
    case "failed":
      return state.message;
    case "refused":
      return state.reason;
  }
}
