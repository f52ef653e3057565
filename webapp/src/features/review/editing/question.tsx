import { probability } from "../../../ui/format";
import { answerWord, isHerniated, thresholdInWords } from "../../../ui/herniation";
import type { Level } from "./boxes";
import type { Review } from "./review";

interface QuestionProps {
  review: Review;
  asked: Level;
  confirm: () => void;
}

/** The question that an acceptance asks for each doubtful disc, with a key for either answer. */
export function Question({ review, asked, confirm }: QuestionProps) {
  const { discs, herniationThreshold: threshold } = review.prediction;
  const herniation = discs.find(({ level }) => level === asked)?.herniation ?? threshold;
  const answer = isHerniated(herniation, threshold);
  const left = review.asking.unanswered.value.length;
  const confirmAsked = (): void => {
    review.asking.turnToAsked();
    confirm();
  };
  const change = (): void => {
    review.asking.turnToAsked();
    review.asking.change();
  };
  return (
    <div class="question" role="group" aria-label={`Is ${asked} right?`}>
      <p role="status">
        <b>{asked}</b> is uncertain: {answerWord(answer)} at {probability(herniation)} (
        {thresholdInWords(threshold)}).{left > 1 && ` ${left} to answer.`}
      </p>
      <div>
        <button onClick={confirmAsked}>
          Confirm: {answerWord(answer)} <kbd>C</kbd>
        </button>
        <button onClick={change}>
          Change: {answerWord(!answer)} <kbd>H</kbd>
        </button>
      </div>
      <button class="link" onClick={() => review.asking.stop()} title="Save nothing (Esc)">
        not now
      </button>
    </div>
  );
}
