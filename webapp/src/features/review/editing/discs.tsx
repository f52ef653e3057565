import { LEVELS } from "../../../anatomy";
import type { Disc } from "../../../records";
import { DiscMark } from "../../../ui/disc-mark";
import { probability } from "../../../ui/format";
import { FINDING_WORDS, findingOf } from "../../../ui/herniation";
import type { EditableBox } from "./boxes";
import type { Review } from "./review";
import { currentFinding, isChanged } from "./words";

interface DiscsProps {
  review: Review;
}

/** A table with a row for each level: the current finding and the model's probability. */
export function Discs({ review }: DiscsProps) {
  return (
    <table class="discs">
      <colgroup>
        <col class="level-column" />
        <col class="finding-column" />
        <col />
        <col class="number-column" />
        <col class="number-column" />
      </colgroup>
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
        {LEVELS.map((level) => (
          <Row key={level} level={level} review={review} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ level, review }: DiscsProps & { level: (typeof LEVELS)[number] }) {
  const { editor, prediction } = review;
  const disc = prediction.discs.find((each) => each.level === level);
  const shown = review.boxOf(level);
  if (!disc && !shown) return null;
  const isHere = shown?.slice === review.slice.value;
  const isSelected = isHere && shown.box.id === editor.selectedId.value;
  return (
    <tr
      data-level={level}
      data-selected={isSelected}
      data-here={isHere}
      onClick={() => review.selectDisc(level)}
    >
      <td>
        <button class="level" aria-pressed={isSelected} title={`Go to ${level}`}>
          {level}
        </button>
      </td>
      <td class="finding">
        <Finding {...shown} disc={disc} review={review} />
      </td>
      <td class="bar-cell">{disc && <span class="bar" style={{ "--p": disc.herniation }} />}</td>
      <td class="number">{disc ? probability(disc.herniation) : "–"}</td>
      <td class="number muted">{disc ? disc.slice + 1 : "–"}</td>
    </tr>
  );
}

interface FindingProps {
  /** The box shown for the level, if it has one on any slice. */
  box?: EditableBox;
  slice?: number;
  disc: Disc | undefined;
  review: Review;
}

function Finding({ box, slice, disc, review: { prediction } }: FindingProps) {
  if (!box || slice === undefined) return <span class="muted">removed</span>;
  const finding = currentFinding(box, prediction);
  const model = disc && findingOf(disc.herniation, prediction.herniationThreshold);
  const tint = finding === model && disc ? disc.herniation : Number(box.herniation);
  return (
    <>
      <DiscMark herniation={tint} finding={finding} />
      {FINDING_WORDS[finding]}
      {isChanged(box, slice, prediction) && <span class="tag">edited</span>}
    </>
  );
}
