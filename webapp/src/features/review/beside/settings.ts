import { effect, signal } from "@preact/signals";
import { fields, isFlag, isText } from "../../../ui/shape";
import { browserStorage } from "../../../ui/storage";
import { Stored } from "../../../ui/stored";

interface BesideSetting {
  shown: boolean;
  /** The sequence that was chosen last. */
  sequence: string;
}

const stored = new Stored<BesideSetting>(browserStorage, {
  prefix: "beside",
  what: "The setting of the series beside a scan",
  version: 1,
  shape: fields<BesideSetting>({ shown: isFlag, sequence: isText }),
});
const { shown, sequence } = stored.get("") ?? { shown: true, sequence: "" };

/** True if another series of the study stands beside the scan; it outlives the page. */
export const besideShown = signal(shown);
/** What somebody chose last; empty until somebody does. The scan is forgotten with the page. */
export const besideWanted = signal({ scanId: "", sequence });
/** Of the two series, the one that a narrow screen shows. */
export const besideFront = signal<"first" | "second">("first");

export const isNarrow = (): boolean => matchMedia(NARROW).matches;
/** As in the style sheet of the page. */
const NARROW = "(max-width: 960px)";

effect(() => {
  const now = { shown: besideShown.value, sequence: besideWanted.value.sequence };
  if (now.shown !== shown || now.sequence !== sequence || stored.get("")) stored.put("", now);
});
