import type { Evaluation, Measured, ModelVersion, ProductionPointer } from "../../records";
import { now } from "../../ui/clock";
import { age, dateTime } from "../../ui/format";
import type { ModelsStore } from "./models";
import { inOrder, measured, metricInWords, patientsInWords } from "./words";

/** The model in production, its metrics and its history. */
export function Production({ store }: { store: ModelsStore }) {
  const version = store.serving.value;
  const pointer = store.production.value;
  return (
    <section class="panel production" aria-labelledby="production-title">
      <h2 id="production-title">In production</h2>
      {version ? (
        <>
          <p class="version">
            <b>{version}</b>
            {pointer ? (
              <span class="muted"> {sinceInWords(age(pointer.since.toMillis(), now.value))}</span>
            ) : (
              <span class="muted"> named by the newest reading</span>
            )}
          </p>
          <Worth model={store.versions.value[version]} version={version} />
        </>
      ) : (
        <p class="muted">
          No scan has been read yet. The first scan that is read shows which model works here.
        </p>
      )}
      {pointer ? <History store={store} pointer={pointer} /> : version && <NoPointer />}
    </section>
  );
}

function NoPointer() {
  return (
    <p class="muted">
      This is the model that came with the program. When a retraining makes a better one, it is
      promoted here, and every move is listed with its reason.
    </p>
  );
}

function Worth({ model, version }: { model: ModelVersion | null | undefined; version: string }) {
  if (model === undefined) return null;
  if (!model?.evaluation) {
    return (
      <p class="muted">
        Its numbers are in its model card: <code>models/{version}/MODEL_CARD.md</code> in the bucket
        of models.
      </p>
    );
  }
  return <Numbers evaluation={model.evaluation} />;
}

function Numbers({ evaluation }: { evaluation: Evaluation }) {
  return (
    <>
      <dl class="numbers">
        {inOrder(Object.keys(evaluation.metrics)).map((name) => (
          <div key={name}>
            <dt>{metricInWords(name)}</dt>
            <dd>{measured(evaluation.metrics[name] as Measured)}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">
        {evaluation.discs} discs of {patientsInWords(evaluation)}, {evaluation.herniated} herniated.
        In brackets: 95 % intervals over patients.
      </p>
    </>
  );
}

function History({ store, pointer }: { store: ModelsStore; pointer: ProductionPointer }) {
  const isAdmin = store.role.value === "admin";
  const earlier = store.earlier.value;
  return (
    <>
      <h3>History</h3>
      <ol class="history">
        {pointer.history.toReversed().map((move) => (
          <li key={`${move.modelVersion} ${move.at.toMillis()}`}>
            <span>
              <b>{move.modelVersion}</b>
              <time dateTime={move.at.toDate().toISOString()}>{dateTime(move.at.toDate())}</time>
            </span>
            <span>
              {move.reason} <span class="muted">{move.by}</span>
            </span>
          </li>
        ))}
      </ol>
      {isAdmin && earlier.length > 0 && (
        <p>
          <button onClick={() => (store.rollback.value = { kind: "choosing" })}>Roll back …</button>
        </p>
      )}
      {!isAdmin && earlier.length > 0 && (
        <p class="muted">An administrator can roll back to an earlier model.</p>
      )}
    </>
  );
}

const sinceInWords = (long: string): string => (long === "now" ? "since just now" : `for ${long}`);
