import { LEVELS } from "../../../anatomy";
import type { Level } from "./boxes";
import type { Editor } from "./editor";

/** A form for the selected box: level, finding, and a button that removes it. */
export function BoxForm({ editor }: { editor: Editor }) {
  const box = editor.selected.value;
  return (
    <fieldset class="box-form" disabled={!box}>
      <legend class="visually-hidden">Selected box</legend>
      <label>
        <span>Level</span>
        <select
          value={box?.level ?? ""}
          onChange={(event) => box && editor.setLevel(box.id, event.currentTarget.value as Level)}
        >
          {!box && <option value="">–</option>}
          {LEVELS.map((level) => (
            <option key={level}>{level}</option>
          ))}
        </select>
      </label>
      <label>
        <span>Herniated</span>
        <select
          value={box ? String(box.herniation) : ""}
          onChange={(event) =>
            box && editor.setHerniation(box.id, event.currentTarget.value === "true")
          }
        >
          {!box && <option value="">–</option>}
          <option value="true">yes (LDH)</option>
          <option value="false">no</option>
        </select>
      </label>
      <button class="quiet" onClick={() => editor.remove()} title="Remove the box (Delete)">
        Remove
      </button>
    </fieldset>
  );
}
