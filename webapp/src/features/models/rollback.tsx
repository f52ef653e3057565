import { useEffect, useRef } from "preact/hooks";
import type { ModelsStore } from "./models";

/** Asks for the model, then for a confirmation. */
export function RollbackDialog({ store }: { store: ModelsStore }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const state = store.rollback.value;
  useEffect(() => {
    if (state) dialog.current?.showModal();
    else dialog.current?.close();
  }, [state !== null]);
  const close = (): void => {
    store.rollback.value = null;
  };
  return (
    <dialog ref={dialog} class="ask" aria-labelledby="rollback-title" onClose={close}>
      <h2 id="rollback-title">Roll back</h2>
      {state?.kind === "choosing" ? <Choice store={store} /> : state && <Question store={store} />}
      <div class="ask-actions">
        <button onClick={close}>Cancel</button>
        {state && state.kind !== "choosing" && (
          <button
            class="primary"
            disabled={state.kind === "moving"}
            onClick={() => void store.rollBack(state.version)}
          >
            {state.kind === "moving" ? "Rolling back …" : `Roll back to ${state.version}`}
          </button>
        )}
      </div>
    </dialog>
  );
}

function Choice({ store }: { store: ModelsStore }) {
  return (
    <>
      <p>Which model should read scans from now on? These were in production before.</p>
      <ul class="choices">
        {store.earlier.value.map((version) => (
          <li key={version}>
            <button onClick={() => (store.rollback.value = { kind: "asking", version })}>
              {version}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Question({ store }: { store: ModelsStore }) {
  const state = store.rollback.value;
  if (!state || state.kind === "choosing") return null;
  return (
    <>
      <p>
        New scans are then read by <b>{state.version}</b> instead of{" "}
        <b>{store.production.value?.modelVersion}</b>; workers follow within seconds. Scans that
        were read keep their predictions, and no label is lost.
      </p>
      {state.kind === "failed" && (
        <p class="error" role="alert">
          {state.message} Nothing was changed.
        </p>
      )}
    </>
  );
}
