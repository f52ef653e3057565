import type { ReadonlySignal } from "@preact/signals";
import type { Labels } from "../../../cloud/cloud";
import type { SavedLabel, Scan } from "../../../cloud/documents";
import { clockTime, plural } from "../../../ui/format";
import type { Review } from "../editing/review";
import { ghostsShown } from "../picture/display";
import { AgreementPanel } from "./agreement-panel";
import { compare, compareGradings, compareSlices, type Difference } from "./compare";
import { agreementInWords, countedInWords, unseenInWords } from "./words";

interface ReadersProps {
  review: Review;
  /** The scans on the worklist. */
  listed: ReadonlySignal<readonly Scan[]>;
  labels: Labels;
}

/** The labels of other readers, compared with the boxes shown here. */
export function Readers({ review, listed, labels }: ReadersProps) {
  const others = review.others.value;
  const own = review.ownLabel.value;
  const correction = review.ownCorrection.value;
  return (
    <section class="readers">
      <h2>Readers</h2>
      {own && (
        <p>
          You {DID[own.kind]} at {clockTime(own.createdAt.toDate())}
          {basisInWords(own, correction)}
        </p>
      )}
      {others.length === 0 && <p class="muted">Nobody else has labelled this scan.</p>}
      {others.map((label) => (
        <Other key={label.id} label={label} review={review} />
      ))}
      {others.length > 0 && <Counted review={review} />}
      {others.length > 0 && (
        <button
          class="toggle"
          aria-pressed={ghostsShown.value}
          onClick={() => (ghostsShown.value = !ghostsShown.value)}
          title="Their boxes on the picture (g)"
        >
          Show ghosts
        </button>
      )}
      <Agreement listed={listed} labels={labels} />
    </section>
  );
}

/** The reader's label that the boxes shown build on. */
function basisInWords(own: SavedLabel, correction: SavedLabel | null): string {
  if (!correction) return ".";
  if (own === correction) return "; the boxes go on from there.";
  const time = clockTime(correction.createdAt.toDate());
  return `. Your corrections of ${time} count before that; the boxes go on from them.`;
}

function Other({ label, review }: { label: SavedLabel; review: Review }) {
  const { slices } = review.editor.work.value;
  const { count, agreeing, differences, unseen } = compare(slices, label);
  const graded = compareGradings(review.gradings.value, label.gradings ?? {});
  return (
    <div class="other" data-author={label.authorEmail}>
      <p>
        <b>{label.authorEmail}</b> {DID[label.kind]} at {clockTime(label.createdAt.toDate())}:{" "}
        {count > 0 && agreementInWords(count, agreeing)}
        {unseen > 0 && <span class="muted"> {unseenInWords(unseen)}</span>}
      </p>
      <Differences differences={[...differences, ...graded]} whose="they" />
    </div>
  );
}

/** What trains and is exported, against what stands here. */
function Counted({ review }: { review: Review }) {
  const counted = review.counted.value;
  if (!counted) return null;
  const { differences } = compareSlices(review.editor.work.value.slices, counted.slices);
  const graded = compareGradings(review.gradings.value, counted.gradings);
  return (
    <div class="counted">
      <p>For training and label files {countedInWords(counted)}.</p>
      <Differences differences={[...differences, ...graded]} whose="counts" />
    </div>
  );
}

interface DifferencesProps {
  differences: readonly Difference[];
  /** Who or what says otherwise. */
  whose: "they" | "counts";
}

function Differences({ differences, whose }: DifferencesProps) {
  if (differences.length === 0) return null;
  return (
    <ul class="differences">
      {differences.map(({ level, mine, theirs }) => (
        <li key={`${level} ${theirs}`}>
          <b>{level}</b> you: {mine} · {whose}: {theirs}
        </li>
      ))}
    </ul>
  );
}

const DID: Record<SavedLabel["kind"], string> = {
  correction: "saved corrections",
  acceptance: "accepted the predictions",
};

function Agreement({ listed, labels }: Omit<ReadersProps, "review">) {
  const scans = listed.value;
  return (
    <AgreementPanel
      scans={scans}
      setName={`the ${plural(scans.length, "scan")} on the worklist`}
      labels={labels}
    />
  );
}

/** A notice that somebody else has labelled the scan while it was open. */
export function NewLabelNotice({ review }: { review: Review }) {
  return (
    <>
      {review.arrivedMeanwhile.value.map((label) => (
        <p class="notice" role="status" key={label.id}>
          <b>{label.authorEmail}</b> {DID[label.kind]} while you had this scan open. Both labels
          stay; save yours as you see it.
        </p>
      ))}
    </>
  );
}
