import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Reread } from "../../records";
import { baseName, plural } from "../../ui/format";
import { scanAddress } from "../../ui/router";
import type { ModelsStore } from "./models";
import { changeInWords, rereadsInWords } from "./words";

const [DEFAULT_COUNT, MOST] = [20, 100];

/** Scans that the model in production read again, and the answers that changed. */
export function Rereads({ store }: { store: ModelsStore }) {
  const version = store.production.value?.modelVersion;
  if (!version) return null; // nothing was ever promoted
  const rereads = store.rereads.value;
  return (
    <section class="panel rereads" aria-labelledby="rereads-title">
      <h2 id="rereads-title">Read again</h2>
      {rereads.length > 0 ? (
        <>
          <Progress rereads={rereads} />
          <Answers rereads={rereads} />
        </>
      ) : (
        <p class="muted">
          {version} has read new scans only. If it is asked to read earlier ones as well, the
          answers that changed are listed here. Each scan keeps its earlier prediction beside the
          new one.
        </p>
      )}
      {store.role.value === "admin" ? (
        <Order key={version} store={store} version={version} />
      ) : (
        <p class="muted">An administrator can have earlier scans read again.</p>
      )}
    </section>
  );
}

function Progress({ rereads }: { rereads: readonly Reread[] }) {
  const count = (state: Reread["state"]): number =>
    rereads.filter((reread) => reread.state === state).length;
  const [read, failed, waiting] = [count("read"), count("failed"), count("waiting")];
  const current = rereads.find(({ state, progress }) => state === "waiting" && progress);
  return (
    <>
      {waiting > 0 && (
        <progress max={rereads.length} value={read + failed} aria-label="Scans read again" />
      )}
      <p role="status">
        <b>{read}</b> of {plural(rereads.length, "scan")} read again
        {failed > 0 && `, ${failed} could not be read`}
        {waiting > 0 && `, ${waiting} waiting`}
        {current && `; now ${baseName(current.objectName)}`}.
      </p>
    </>
  );
}

/** The scans to look at: changed answers first, then scans that could not be read. */
function Answers({ rereads }: { rereads: readonly Reread[] }) {
  const changed = rereads.filter(({ changes }) => changes.length > 0);
  const failed = rereads.filter(({ state }) => state === "failed");
  return (
    <>
      <p class="muted">{rereadsInWords(rereads)}</p>
      {changed.length + failed.length > 0 && (
        <ul class="changed-scans">
          {changed.map((reread) => (
            <ScanLine key={reread.scanId} reread={reread}>
              {reread.changes.map((change) => (
                <span key={`${change.levelBefore} ${change.levelAfter}`}>
                  {changeInWords(change)}
                </span>
              ))}
            </ScanLine>
          ))}
          {failed.map((reread) => (
            <ScanLine key={reread.scanId} reread={reread}>
              <span class="error">{reread.error?.message}</span>
            </ScanLine>
          ))}
        </ul>
      )}
    </>
  );
}

function ScanLine({ reread, children }: { reread: Reread; children: ComponentChildren }) {
  return (
    <li>
      <a href={scanAddress(reread.scanId)}>{baseName(reread.objectName)}</a>
      <span class="scan-says">{children}</span>
    </li>
  );
}

function Order({ store, version }: { store: ModelsStore; version: string }) {
  const state = store.readingAgain.value;
  const id = useId();
  return (
    <form
      class="reread-order"
      onSubmit={(event) => {
        event.preventDefault();
        const count = new FormData(event.currentTarget).get("count");
        void store.readAgain(version, Number(count));
      }}
    >
      <label for={id}>Newest scans that {version} has not read</label>
      <input
        id={id}
        name="count"
        type="number"
        min={1}
        max={MOST}
        required
        defaultValue={DEFAULT_COUNT}
      />
      <button disabled={state?.kind === "asking"}>
        {state?.kind === "asking" ? "Asking …" : "Read again"}
      </button>
      {state?.kind === "asked" && state.count === 0 && (
        <p role="status">Every finished scan has been read by {version}.</p>
      )}
      {state?.kind === "failed" && (
        <p class="error" role="alert">
          {state.message} Scans that were asked for before are still read; asking again repeats
          none.
        </p>
      )}
    </form>
  );
}
