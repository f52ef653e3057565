import { seriesName } from "../../../ui/scan-words";
import { type Beside, flip, front } from "./beside";
import { besideFront } from "./settings";

/** Shows the other series or hides it; a narrow screen has a switch between the two. */
export function BesideControl({ beside, own }: { beside: Beside; own: string }) {
  const other = seriesName(beside.chosen[1]);
  const isInFront = beside.isShown ? besideFront.value : "first";
  return (
    <>
      <button
        class="toggle beside-toggle"
        aria-pressed={beside.isShown}
        onClick={() => flip(beside)}
        title="Another series of the study beside this one, or not (v)"
      >
        Beside: {other}
      </button>
      <div class="beside-switch" role="group" aria-label="Series shown">
        <button
          class="toggle"
          aria-pressed={isInFront === "first"}
          onClick={() => front(beside, "first")}
        >
          {own}
        </button>
        <button
          class="toggle"
          aria-pressed={isInFront === "second"}
          onClick={() => front(beside, "second")}
        >
          {other}
        </button>
      </div>
    </>
  );
}
