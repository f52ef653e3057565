import { LEVELS } from "../../../anatomy";
import type { Disc } from "../../../records";
import { DiscMark } from "../../../ui/disc-mark";
import { probability } from "../../../ui/format";
import { answerWord, thresholdInWords } from "../../../ui/herniation";
import type { Judged } from "../../../verdict";
import type { EditableBox } from "./boxes";
import type { Review } from "./review";
import { currentFinding, tintOf } from "./words";

interface DiscsProps {
  review: Review;
}

/** A table with a row for each level: the answer, the doubt about it, and the model's probability. */
export function Discs({ review }: DiscsProps) {
  const threshold = review.prediction.herniationThreshold;
  return (
    <table class="discs" style={{ "--threshold": threshold }}>
      <colgroup>
        <col class="level-column" />
        <col class="finding-column" />
        <col class="doubt-column" />
        <col />
        <col class="number-column" />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">Level</th>
          <th scope="col">Answer</th>
          <th scope="col">Doubt</th>
          <th scope="col" class="number" title={thresholdInWords(threshold)}>
            p(LDH)
            <span class="threshold">≥ {probability(threshold)}</span>
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
  const judged = review.judged.value.get(level);
  return (
    <tr
      data-level={level}
      data-selected={isSelected}
      data-here={isHere}
      data-judged={judged ?? "removed"}
      onClick={() => review.selectDisc(level)}
    >
      <td>
        <button class="level" aria-pressed={isSelected} title={`Go to ${level}`}>
          {level}
        </button>
      </td>
      <td class="finding">
        <Answer box={shown?.box} judged={judged} review={review} />
      </td>
      <td class="doubt">
        <Doubt box={shown?.box} judged={judged} review={review} />
      </td>
      <td class="number">{disc ? <Probability disc={disc} /> : "–"}</td>
      <td class="number muted">{disc ? disc.slice + 1 : "–"}</td>
    </tr>
  );
}

/** The probability as a number, and as a bar with a line at the threshold. */
const Probability = ({ disc: { herniation } }: { disc: Disc }) => (
  <>
    {probability(herniation)}
    <span class="bar" style={{ "--p": herniation }} />
  </>
);

interface FindingProps {
  /** The box shown for the level, if it has one on any slice. */
  box: EditableBox | undefined;
  judged: Judged | undefined;
  review: Review;
}

/** The answer that stands, the model's or the reader's. */
function Answer({ box, judged, review: { prediction } }: FindingProps) {
  if (!box) return <span class="muted">removed</span>;
  const finding = currentFinding(box, judged, prediction);
  const isEdited = judged === "changed" || judged === "added";
  return (
    <>
      <DiscMark herniation={tintOf(box, prediction)} finding={finding} />
      {answerWord(finding.herniated)}
      {isEdited && <span class="tag">edited</span>}
    </>
  );
}

/** The model's doubt, until the reader has judged the disc. */
function Doubt({ box, judged, review: { prediction } }: FindingProps) {
  if (!box) return null;
  if (judged === "confirmed") return <span title="You confirmed this answer">✓ yours</span>;
  return currentFinding(box, judged, prediction).isDoubtful ? (
    <span class="unsure" title="Near the threshold: look, then confirm (c) or change (h)">
      uncertain
    </span>
  ) : null;
}
