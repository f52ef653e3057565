import { now } from "../../../ui/clock";
import { clockTime } from "../../../ui/format";
import { CountsFor } from "./counts-for";
import type { DraftState } from "./drafts";
import type { Editor } from "./editor";
import { gradingChanges } from "./history";
import { Question } from "./question";
import type { Review } from "./review";
import { gradingsInWords, savingInWords } from "./saving-words";

interface SaveBarProps {
  review: Review;
  /** The name of the series on the screen. */
  seriesName: string;
  save: () => void;
  accept: () => void;
  confirm: () => void;
}

/** The two buttons that finish a scan, undo and redo, and the state of the draft. */
export function SaveBar({ review, seriesName, save, accept, confirm }: SaveBarProps) {
  const { editor } = review;
  const asked = review.asking.asked.value;
  return (
    <div class="save-bar">
      <div class="save-tools">
        <button
          class="quiet"
          onClick={() => review.undo()}
          disabled={!review.canUndo.value}
          title="Undo on this slice, a disc's finding or grading, or a discard (Ctrl+Z)"
        >
          ⟲ Undo
        </button>
        <button
          class="quiet"
          onClick={() => editor.redo()}
          disabled={!editor.canRedo.value}
          title="Redo on this slice, or a disc's finding or grading (Ctrl+Shift+Z)"
        >
          ⟳ Redo
        </button>
        <button
          class="quiet"
          aria-pressed={editor.drawing.value}
          onClick={() => (editor.drawing.value = !editor.drawing.value)}
          title="Draw a new box (n)"
        >
          + Box
        </button>
        <span class="editor-says" role="status">
          {editor.says.value}
        </span>
      </div>
      <DraftLine review={review} />
      <CountsFor review={review} own={seriesName} />
      {asked && <Question review={review} asked={asked} confirm={confirm} />}
      <button class="primary wide" onClick={save} aria-keyshortcuts="s">
        Save Labeled Corrections <kbd>S</kbd>
      </button>
      <button class="wide" onClick={accept} aria-keyshortcuts="a">
        Save Initial Model Predictions <kbd>A</kbd>
      </button>
      <p class="saving muted">
        {`${savingInWords(review.judged.value)} ${gradingsInWords(review.gradings.value)}`.trim()}
      </p>
    </div>
  );
}

/** The state of this tab's draft, and that another tab has one. */
function DraftLine({ review }: { review: Review }) {
  const besides = review.draftBesides();
  return (
    <>
      <OwnDraft review={review} />
      {besides !== null && (
        <p class="draft" data-draft="besides">
          Another tab has a draft of this scan, of {clock(besides)}. Both are kept: it is opened
          once this one is saved or discarded.
        </p>
      )}
    </>
  );
}

function OwnDraft({ review }: { review: Review }) {
  const draft = review.draft.value;
  if (review.canBringBack.value) {
    return (
      <p class="draft muted">
        No changes now ·{" "}
        <button class="link" onClick={() => review.undo()}>
          undo discard
        </button>
      </p>
    );
  }
  if (draft.kind === "none") return <p class="draft muted">No changes yet.</p>;
  return (
    <p class="draft" data-draft={draft.kind}>
      {inWords(draft, now.value)} · {editedInWords(review.editor)} ·{" "}
      <button class="link" onClick={() => review.discardDraft()}>
        discard
      </button>
    </p>
  );
}

function inWords(draft: Exclude<DraftState, { kind: "none" }>, nowMs: number): string {
  switch (draft.kind) {
    case "restored":
      return `Draft of ${clock(draft.at)} restored`;
    case "kept":
      return `Draft kept on this computer ${nowMs - draft.at < 60_000 ? "just now" : clock(draft.at)}`;
    case "failed":
      return (
        "The draft can't be kept on this computer: the browser's storage is full or blocked. " +
        "Save before you close this page"
      );
  }
}

function editedInWords({ edited, work }: Editor): string {
  const isGraded = gradingChanges(work.value.history).length > 0;
  const slices = edited.value.length > 0 ? [slicesInWords(edited.value)] : [];
  return [...slices, ...(isGraded ? ["gradings"] : [])].join(", ");
}

function slicesInWords(edited: readonly string[]): string {
  const numbers = edited.map((slice) => Number(slice) + 1).toSorted((a, b) => a - b);
  return `slice${numbers.length === 1 ? "" : "s"} ${numbers.join(", ")}`;
}

const clock = (ms: number): string => clockTime(new Date(ms));
