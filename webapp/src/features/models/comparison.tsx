import type { Comparison as Compared, Evaluation, Measured } from "../../records";
import { plural } from "../../ui/format";
import type { ModelsStore } from "./models";
import { type Curves, Interval, ReliabilityPlot, RocPlot } from "./plots";
import {
  betterWhen,
  difference,
  guardInWords,
  inOrder,
  lowEnd,
  measured,
  metricInWords,
  patientsInWords,
  pValue,
} from "./words";

/** A challenger against the model that was in production, on the same frozen patients. */
export function Comparison({ store }: { store: ModelsStore }) {
  const run = store.compared.value;
  const comparison = run?.comparison;
  if (!run || !comparison || !run.modelVersion) return <NothingCompared />;
  const curves: Curves = {};
  const production = store.versions.value[comparison.productionVersion]?.evaluation;
  const challenger = store.versions.value[run.modelVersion]?.evaluation;
  if (production) curves.production = production;
  if (challenger) curves.challenger = challenger;
  return (
    <section class="panel comparison" aria-labelledby="comparison-title">
      <h2 id="comparison-title">Run {run.epoch}: challenger against production</h2>
      <p class="legend">
        <span class="key production">production {comparison.productionVersion}</span>
        <span class="key challenger">challenger {run.modelVersion}</span>
      </p>
      <Verdict comparison={comparison} reason={run.reason} measuredOn={challenger} />
      <Metrics curves={curves} deciding={comparison.metric} />
      {(curves.production || curves.challenger) && (
        <div class="plots">
          <RocPlot curves={curves} />
          <ReliabilityPlot curves={curves} />
        </div>
      )}
      <Parts title="AUROC by level" of={(evaluation) => evaluation.aurocByLevel} curves={curves} />
      <Parts
        title="AUROC by scanner and sequence"
        of={(evaluation) => evaluation.aurocByGroup}
        curves={curves}
      />
    </section>
  );
}

function NothingCompared() {
  return (
    <section class="panel comparison" aria-labelledby="comparison-title">
      <h2 id="comparison-title">Challenger against production</h2>
      <p class="muted">
        Nothing to compare yet. After a retraining, its model and the one in production are measured
        on the same frozen patients; their curves and intervals, and why one of them was chosen,
        appear here.
      </p>
    </section>
  );
}

interface VerdictProps {
  comparison: Compared;
  reason: string | null;
  measuredOn: Evaluation | null | undefined;
}

function Verdict({ comparison, reason, measuredOn }: VerdictProps) {
  return (
    <div class="verdict">
      {reason && <p>{reason}</p>}
      <p>
        {metricInWords(comparison.metric)} of the challenger: {difference(comparison.difference)},
        paired {pValue(comparison.pValue)}. {plural(comparison.changedScans, "scan")} of the
        evaluation set would be answered differently.
        {measuredOn && ` Measured on ${patientsInWords(measuredOn)}.`}
      </p>
      <ul class="guards">
        {comparison.guards.map((guard) => (
          <li key={guard.name} data-passed={guard.passed}>
            <span aria-hidden="true">{guard.passed ? "✓" : "✗"}</span> {guardInWords(guard)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Metrics({ curves, deciding }: { curves: Curves; deciding: string }) {
  const { production, challenger } = curves;
  const names = inOrder(Object.keys({ ...production?.metrics, ...challenger?.metrics }));
  if (names.length === 0) return null;
  return (
    <table class="metrics">
      <thead>
        <tr>
          <th scope="col">Metric</th>
          <th scope="col">Production</th>
          <th scope="col">Challenger</th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <th scope="row">
              {metricInWords(name)}
              <span class="hint">
                {" "}
                {betterWhen(name)}
                {name === deciding && ", decides"}
              </span>
            </th>
            <td>{production?.metrics[name] ? measured(production.metrics[name]) : "–"}</td>
            <td>{challenger?.metrics[name] ? measured(challenger.metrics[name]) : "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface PartsProps {
  title: string;
  of: (evaluation: Evaluation) => Record<string, Measured>;
  curves: Curves;
}

/** Both models on each part of the patients, with intervals on one scale. */
function Parts({ title, of, curves }: PartsProps) {
  const production = curves.production ? of(curves.production) : {};
  const challenger = curves.challenger ? of(curves.challenger) : {};
  const names = inOrder(Object.keys({ ...production, ...challenger }));
  if (names.length === 0) return null;
  const lows = [...Object.values(production), ...Object.values(challenger)].map(({ low }) => low);
  const from = lowEnd(lows);
  return (
    <>
      <h3>
        {title} <span class="hint">lines from {from} to 1</span>
      </h3>
      <table class="parts">
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                {production[name] && (
                  <Interval of={production[name]} side="production" from={from} />
                )}
                {challenger[name] && (
                  <Interval of={challenger[name]} side="challenger" from={from} />
                )}
              </td>
              <td class="parts-number">
                {production[name] ? measured(production[name]) : "–"}
                <br />
                {challenger[name] ? measured(challenger[name]) : "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
