import type { Disc } from "../../../records";
import { probability } from "../../../ui/format";
import type { Review } from "../editing/review";
import { reasonShown } from "../picture/display";
import { sliceOfReason } from "./slices";
import "./reason.css";

interface ReasonProps {
  review: Review;
  goTo: (slice: number) => void;
}

/** Why the model gave the selected disc its probability; nothing where it has not said. */
export function Reason({ review, goTo }: ReasonProps) {
  const { editor, prediction } = review;
  // By the box's id, which is the model's level, as for the measures.
  const selected = editor.selectedId.value;
  const disc = prediction.discs.find(({ level }) => level === selected);
  if (!disc?.reason) return null;
  return (
    <section class="reason" aria-label="Reason">
      <h2>
        Why {probability(disc.herniation)} at {disc.level}
      </h2>
      <p>{disc.reason.text}</p>
      {disc.reason.backWalls.length > 0 && <OnPicture disc={disc} review={review} goTo={goTo} />}
    </section>
  );
}

/** Switches the drawing; it leads to a slice that has it, if the one that is shown has none. */
function OnPicture({ disc, review, goTo }: ReasonProps & { disc: Disc }) {
  const shown = reasonShown.value;
  const slice = sliceOfReason(disc, review.slice.value);
  const flip = (): void => {
    reasonShown.value = !shown;
    if (!shown) goTo(slice);
  };
  return (
    <p class="on-picture">
      <button class="toggle" aria-pressed={shown} onClick={flip} title="On the picture, or not (w)">
        Back walls on the picture
      </button>
      {shown && slice !== review.slice.value && (
        <button class="link" onClick={() => goTo(slice)}>
          Show slice {slice + 1}
        </button>
      )}
    </p>
  );
}
