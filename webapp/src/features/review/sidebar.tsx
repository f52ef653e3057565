import type { Prediction } from "../../records";
import type { Scan } from "../../cloud/cloud";
import { bytes, plural, probability, seconds } from "../../ui/format";
import { DiscMark } from "../../ui/disc-mark";
import { FINDING_WORDS, findingOf } from "../../ui/herniation";
import { fileName } from "../worklist/words";
import type { Review } from "./review";
import { Downloads } from "./downloads";

/** The discs, and where the reading comes from. */
export function Sidebar({ review }: { review: Review }) {
  const scan = review.scan.value;
  const prediction = review.prediction.value;
  return (
    <aside class="sidebar" aria-label="Result">
      <section>
        <h2>Discs</h2>
        {prediction ? <Discs review={review} prediction={prediction} /> : <NoDiscs scan={scan} />}
      </section>
      {prediction && <Provenance prediction={prediction} />}
      {scan && <Receipt scan={scan} />}
      {scan && prediction && (
        <Downloads
          urls={review.urls}
          modelVersion={prediction.modelVersion}
          scanName={fileName(scan)}
        />
      )}
    </aside>
  );
}

function NoDiscs({ scan }: { scan: Scan | null }) {
  const over = scan?.status === "failed" || scan?.status === "dead";
  return <p class="muted">{over ? "No discs: the scan was not read." : "Not read yet."}</p>;
}

function Discs({ review, prediction }: { review: Review; prediction: Prediction }) {
  return (
    <table class="discs">
      <thead>
        <tr>
          <th scope="col">Level</th>
          <th scope="col">Finding</th>
          <th scope="col" colSpan={2}>
            p(LDH)
          </th>
          <th scope="col" class="number">
            Slice
          </th>
        </tr>
      </thead>
      <tbody>
        {prediction.discs.map((disc) => {
          const here = String(review.slice.value) in disc.boxes;
          const selected = review.selectedLevel.value === disc.level;
          return (
            <tr
              key={disc.level}
              data-level={disc.level}
              data-selected={selected}
              data-here={here}
              onClick={() => review.select(disc)}
            >
              <td>
                <button
                  class="level"
                  aria-pressed={selected}
                  title={`Go to slice ${disc.slice + 1}`}
                >
                  {disc.level}
                </button>
              </td>
              <td class="finding">
                <DiscMark herniation={disc.herniation} />
                {FINDING_WORDS[findingOf(disc.herniation)]}
              </td>
              <td class="bar-cell">
                <span class="bar" style={{ "--p": disc.herniation }} />
              </td>
              <td class="number">{probability(disc.herniation)}</td>
              <td class="number muted">{disc.slice + 1}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Provenance({ prediction }: { prediction: Prediction }) {
  const total = Object.values(prediction.seconds).reduce((sum, value) => sum + value, 0);
  return (
    <section>
      <h2>Reading</h2>
      <dl class="facts">
        <dt>Model</dt>
        <dd title={prediction.modelDigest}>{prediction.modelVersion}</dd>
        <dt>Read in</dt>
        <dd title={stepsInWords(prediction.seconds)}>
          {seconds(total)} on {prediction.device}
        </dd>
        <dt>When</dt>
        <dd>{prediction.createdAt.toDate().toLocaleString()}</dd>
        <dt>Warnings</dt>
        <dd>
          {prediction.warnings.length === 0
            ? "none"
            : prediction.warnings.map((warning) => <p key={warning}>{warning}</p>)}
        </dd>
      </dl>
    </section>
  );
}

function stepsInWords(steps: Prediction["seconds"]): string {
  return Object.entries(steps)
    .map(([step, value]) => `${step} ${value.toFixed(2)} s`)
    .join(", ");
}

function Receipt({ scan }: { scan: Scan }) {
  return (
    <section>
      <h2>Scan</h2>
      <dl class="facts">
        <dt>Uploaded</dt>
        <dd>
          {scan.createdAt.toDate().toLocaleString()} by {scan.uploadedBy ?? "gsutil"}
        </dd>
        <dt>Size</dt>
        <dd>
          {bytes(scan.object.size)}
          {scan.sliceCount !== null && `, ${plural(scan.sliceCount, "slice")}`}
        </dd>
        <dt>Removed</dt>
        <dd>
          {scan.removedTags.length === 0 ? (
            "no identifying tags were found"
          ) : (
            <details>
              <summary>{plural(scan.removedTags.length, "identifying tag")}</summary>
              {scan.removedTags.join(", ")}
            </details>
          )}
        </dd>
        <dt>Id</dt>
        <dd>
          <code>{scan.id}</code>
        </dd>
      </dl>
    </section>
  );
}
