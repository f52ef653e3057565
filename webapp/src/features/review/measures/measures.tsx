import { Fragment } from "preact";
import type { Disc } from "../../../records";
import type { Review } from "../editing/review";
import { isMeasured, type Measure, measuresOf, spineMeasures } from "./words";
import "./measures.css";

/** What the model has measured of the selected disc and of the spine; nothing where it has not. */
export function Measures({ review, goTo }: { review: Review; goTo: (slice: number) => void }) {
  const { editor, prediction } = review;
  if (!isMeasured(prediction)) return null;
  const inMm = Boolean(prediction.pixelMm);
  // By the box's id, which is the model's level: other slices, and another name, are the same disc.
  const selected = editor.selectedId.value;
  const disc = prediction.discs.find(({ level }) => level === selected) ?? null;
  return (
    <section class="measures" aria-label="Measures">
      <h2>Measures{disc && ` of ${disc.level}`}</h2>
      {!inMm && <p class="no-spacing">No spacing in this scan: ratios only, no millimetres.</p>}
      {disc?.quantities ? (
        <Lines lines={measuresOf(disc.quantities, inMm)} />
      ) : (
        <p class="muted">{nothingOf(selected, disc)}</p>
      )}
      <BulgeSlice disc={disc} goTo={goTo} />
      <Lines lines={spineMeasures(prediction)} />
      <p class="whose">The model's, of its own outlines: moving a box changes none of them.</p>
    </section>
  );
}

function Lines({ lines }: { lines: readonly Measure[] }) {
  return (
    <dl class="facts">
      {lines.map(({ name, value, explained }) => (
        <Fragment key={name}>
          <dt title={explained}>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

/** Leads to the slice on which the disc reaches farthest. */
function BulgeSlice({ disc, goTo }: { disc: Disc | null; goTo: (slice: number) => void }) {
  const slice = disc?.quantities?.bulgeSlice;
  if (slice === null || slice === undefined) return null;
  return (
    <button class="link" onClick={() => goTo(slice)}>
      Show its bulge on slice {slice + 1}
    </button>
  );
}

const nothingOf = (selected: string | null, disc: Disc | null): string => {
  if (selected === null) return "Select a disc to see what the model has measured of it.";
  return disc ? "Nothing was measured of this disc." : "The model knows no such disc.";
};
