import { GRADINGS } from "../../../anatomy";
import type { Disc } from "../../../records";
import { probability } from "../../../ui/format";
import type { EditableBox } from "../editing/boxes";
import {
  type Answer,
  discIdOf,
  discWithId,
  type GradingName,
  modelsAnswer,
} from "../editing/gradings";
import type { Review } from "../editing/review";
import { type Choice, choicesOf, EXPLAINED, NAMES, whoseInWords } from "./words";
import "./gradings.css";

/** Gradings of the selected disc beside herniation: the model's, and the reader's. */
export function Gradings({ review }: { review: Review }) {
  const box = review.editor.selected.value;
  return (
    <section class="gradings" aria-label="Gradings">
      <h2>Gradings{box && ` of ${box.level}`}</h2>
      {box ? (
        <OfDisc review={review} box={box} />
      ) : (
        <p class="muted">Select a disc to see its gradings and to set them.</p>
      )}
    </section>
  );
}

/** Puts the focus on the gradings of the selected disc; false if none is selected. */
export function focusGradings(): boolean {
  const buttons = [...document.querySelectorAll<HTMLButtonElement>(".gradings button")];
  const first =
    buttons.find((button) => button.matches('[aria-pressed="true"], [data-model="true"]')) ??
    buttons[0];
  first?.focus();
  return first !== undefined;
}

function OfDisc({ review, box }: { review: Review; box: EditableBox }) {
  const { slices, gradings } = review.editor.work.value;
  const id = discIdOf(slices, box);
  const disc = discWithId(review.prediction.discs, id);
  return (
    <>
      {!disc?.gradings && (
        <p class="muted">
          {disc ? "This model gives none." : "The model knows no such disc."} What you set is saved.
        </p>
      )}
      {GRADINGS.map((name) => (
        <Grading
          key={name}
          name={name}
          disc={disc}
          own={gradings[id]?.[name]}
          set={(answer) => review.editor.grade(name, answer)}
        />
      ))}
    </>
  );
}

interface GradingProps {
  name: GradingName;
  disc: Disc | null;
  /** The reader's answer. */
  own: Answer | undefined;
  /** Sets an answer; the one that is set already is taken back. */
  set: (answer: Answer) => void;
}

function Grading({ name, disc, own, set }: GradingProps) {
  const models = modelsAnswer(disc, name);
  const isEdited = own !== undefined && own !== models;
  return (
    <div class="grading" role="group" aria-label={NAMES[name]} data-grading={name}>
      <span class="grading-name" title={EXPLAINED[name]}>
        {NAMES[name]}
      </span>
      <div class="grading-answers">
        {choicesOf(name, disc).map((choice) => (
          <ChoiceButton
            key={choice.word}
            choice={choice}
            isOwn={own === choice.answer}
            isModels={models === choice.answer}
            set={set}
          />
        ))}
      </div>
      <span class={isEdited ? "tag" : "whose-grading"}>{whoseInWords(own, models)}</span>
    </div>
  );
}

interface ChoiceProps extends Pick<GradingProps, "set"> {
  choice: Choice;
  isOwn: boolean;
  isModels: boolean;
}

/** One answer, with the probability that the model gives it as a bar. */
function ChoiceButton({ choice: { answer, word, p }, isOwn, isModels, set }: ChoiceProps) {
  const said = p === null ? "" : `${isModels ? "the model's answer, " : ""}p ${probability(p)}`;
  return (
    <button
      aria-pressed={isOwn}
      aria-label={said ? `${word}: ${said}` : word}
      data-model={isModels}
      title={isOwn ? "Yours: once more takes it back" : said}
      style={{ "--p": p ?? 0 }}
      onClick={() => set(answer)}
    >
      {word}
    </button>
  );
}
