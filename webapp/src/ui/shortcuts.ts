import { useLayoutEffect } from "preact/hooks";

export interface Shortcut {
  keys: readonly string[];
  does: string;
  /** True if a key that is held counts once. */
  once?: true;
}

/**
 * Every key of the app, once: the pages bind actions by name, the help lists this table.
 * "Ctrl" is also the Mac's command key.
 */
export const SHORTCUTS = {
  everywhere: {
    help: { keys: ["?"], does: "all keys" },
    search: { keys: ["/"], does: "search the worklist" },
    upload: { keys: ["u"], does: "choose files to upload" },
    theme: { keys: ["t"], does: "theme: system, dark, light" },
    goToWorklist: { keys: ["W"], does: "worklist (with Shift)" },
    goToUpload: { keys: ["U"], does: "uploads (with Shift)" },
    goToModels: { keys: ["M"], does: "models (with Shift)" },
  },
  worklist: {
    next: { keys: ["j", "ArrowDown"], does: "next scan" },
    previous: { keys: ["k", "ArrowUp"], does: "previous scan" },
    showNew: { keys: ["n"], does: "show the scans that arrived" },
  },
  review: {
    nextSlice: { keys: ["ArrowDown"], does: "next slice (or the wheel)" },
    previousSlice: { keys: ["ArrowUp"], does: "previous slice" },
    level: {
      keys: ["1", "2", "3", "4", "5"],
      does: "L1-L2 to L5-S1: select that box, or name the selected one",
    },
    herniated: { keys: ["h"], does: "change the answer: herniated, or not" },
    confirm: {
      keys: ["c", "Enter"],
      does: "confirm the answer about the selected disc",
      once: true,
    },
    draw: { keys: ["n"], does: "draw a new box" },
    remove: { keys: ["Delete", "Backspace"], does: "remove the selected box" },
    nudge: {
      keys: ["Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown"],
      does: "move the selected box by a pixel",
    },
    stretch: {
      keys: [
        "Ctrl+Shift+ArrowLeft",
        "Ctrl+Shift+ArrowRight",
        "Ctrl+Shift+ArrowUp",
        "Ctrl+Shift+ArrowDown",
      ],
      does: "move its right or lower edge",
    },
    undo: {
      keys: ["Ctrl+z"],
      does: "undo on this slice, a disc's finding or grading, or a discard; while measuring, a distance",
    },
    redo: {
      keys: ["Ctrl+Shift+z", "Ctrl+y"],
      does: "redo on this slice, or a disc's finding or grading",
    },
    save: { keys: ["s"], does: "save labeled corrections, then the next scan", once: true },
    accept: {
      keys: ["a"],
      does: "save initial model predictions (asks for uncertain discs), then the next scan",
      once: true,
    },
    mask: { keys: ["m"], does: "mask on or off" },
    boxes: { keys: ["b"], does: "boxes on or off" },
    reason: { keys: ["w"], does: "why: back walls and what lies behind them, on or off" },
    invert: { keys: ["i"], does: "greys inverted, or not" },
    pixels: { keys: ["r"], does: "1:1, one pixel of the picture on one of the screen" },
    distance: { keys: ["d"], does: "measure a distance by two clicks, or leave it" },
    report: { keys: ["y"], does: "the report as text, which Enter copies" },
    gradings: { keys: ["e"], does: "gradings of the selected disc: then Tab, and Space to set" },
    ghosts: { keys: ["g"], does: "labels of others on or off" },
    zoom: { keys: ["+", "=", "-"], does: "zoom (or ctrl + wheel)" },
    pan: {
      keys: ["Ctrl+ArrowLeft", "Ctrl+ArrowRight", "Ctrl+ArrowUp", "Ctrl+ArrowDown"],
      does: "pan, when zoomed",
    },
    window: {
      keys: ["Alt+ArrowLeft", "Alt+ArrowRight", "Alt+ArrowUp", "Alt+ArrowDown"],
      does: "window: across its width, up and down its level",
    },
    nextWindow: { keys: ["l"], does: "next window: usual, T1, T2, STIR, fit" },
    allGreys: { keys: ["f"], does: "window that fits all greys" },
    reset: { keys: ["0"], does: "reset zoom and window" },
    nextScan: { keys: ["]"], does: "next scan" },
    previousScan: { keys: ["["], does: "previous scan" },
    nextSeries: { keys: ["."], does: "next series of the study" },
    previousSeries: { keys: [","], does: "previous series of the study" },
    beside: { keys: ["v"], does: "another series of the study beside this one, or not" },
    besideNext: { keys: ["x"], does: "next series beside this one" },
    earlierStudy: { keys: ["p"], does: "the patient's study before this one" },
    back: {
      keys: ["Escape"],
      does: "leave measuring or drawing, deselect the box, or back to the worklist",
    },
  },
} as const satisfies Record<string, Record<string, Shortcut>>;

export type Scope = keyof typeof SHORTCUTS;
type Actions<S extends Scope> = { [action in keyof (typeof SHORTCUTS)[S]]?: (key: string) => void };

/**
 * Binds a scope's keys while the component is shown; typing in a field never triggers one.
 *
 * In a layout effect, so that a page answers as soon as it can be seen. In the capture phase, so
 * that libraries (Annotorious undoes at Ctrl+Z) never get a key that the table has bound.
 */
export function useShortcuts<S extends Scope>(scope: S, actions: Actions<S>): void {
  useLayoutEffect(() => {
    const byKeys = new Map<string, { act: (key: string) => void; once: boolean }>();
    for (const [name, shortcut] of Object.entries<Shortcut>(SHORTCUTS[scope])) {
      const act = actions[name as keyof Actions<S>];
      const once = shortcut.once ?? false;
      if (act) for (const key of shortcut.keys) byKeys.set(key, { act, once });
    }
    function onKey(event: KeyboardEvent): void {
      if (event.isComposing) return;
      const press = pressesOf(event).find(({ keys }) => byKeys.has(keys));
      const bound = press && byKeys.get(press.keys);
      if (!bound || event.defaultPrevented || wantsKey(event)) return;
      event.preventDefault();
      event.stopPropagation();
      if (!(bound.once && event.repeat)) bound.act(press.key);
    }
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  });
}

type Typed = Pick<
  KeyboardEvent,
  "key" | "ctrlKey" | "altKey" | "shiftKey" | "metaKey" | "getModifierState"
>;

/** One way to read a press: `keys` as the table writes it, and its key without modifiers. */
interface Press {
  keys: string;
  key: string;
}

/**
 * The ways to read a press, the likeliest first: by what was typed; where that is of another script
 * or a sign in the place of a digit, by the place of the key as on an American keyboard.
 */
export function pressesOf(event: Typed & Pick<KeyboardEvent, "code">): Press[] {
  const typed = { keys: keysOf(event), key: event.key };
  const key = keyAtPlace(event);
  return key === null ? [typed] : [typed, { keys: keysOf(withKey(event, key)), key }];
}

/** The key as the table writes it, such as "Ctrl+Shift+z"; "?" and "[" name what was typed. */
export function keysOf(event: Typed): string {
  if (isTypedSymbol(event)) return event.key;
  const controlled = event.ctrlKey || event.metaKey;
  const letter = event.key.length === 1;
  const shifted = event.shiftKey && (controlled || !letter);
  const lowered = letter && (controlled || !event.shiftKey); // whatever caps lock says
  return [
    controlled && "Ctrl",
    event.altKey && "Alt",
    shifted && "Shift",
    lowered ? event.key.toLowerCase() : event.key,
  ]
    .filter(Boolean)
    .join("+");
}

/** Keys of an American keyboard whose signs the table uses, plain and with Shift. */
const SIGNS: Record<string, readonly [string, string]> = {
  Slash: ["/", "?"],
  BracketLeft: ["[", "{"],
  BracketRight: ["]", "}"],
  Minus: ["-", "_"],
  Equal: ["=", "+"],
};

/**
 * The key that an American keyboard has in that place, if what was typed says nothing: ы and ש are
 * no Latin letters, é and & lie where AZERTY has its digits. A Latin letter says where it lies by
 * itself (ü is no bracket), and with Alt or AltGr a sign of its own is typed.
 */
function keyAtPlace(event: Typed & Pick<KeyboardEvent, "code">): string | null {
  const { key, code, shiftKey } = event;
  if (event.altKey || event.getModifierState("AltGraph")) return null;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit) return shiftKey || /^[a-z]+$/i.test(key) ? null : digit; // "End" is on a numpad, too
  if (!isOfAnotherScript(key)) return null;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return shiftKey ? letter : letter.toLowerCase();
  return SIGNS[code]?.[shiftKey ? 1 : 0] ?? null;
}

/** True for what is typed in Cyrillic, Greek, Hebrew, Arabic, Thai …, or into an input method. */
const isOfAnotherScript = (key: string): boolean =>
  key === "Process" || /^(?!\p{Script=Latin})\P{ASCII}/u.test(key);

const withKey = (event: Typed, key: string): Typed => ({
  key,
  ctrlKey: event.ctrlKey,
  altKey: event.altKey,
  shiftKey: event.shiftKey,
  metaKey: event.metaKey,
  getModifierState: (name) => event.getModifierState(name),
});

/**
 * True if a sign was typed that is no letter or digit: many keyboards need AltGr (reported as Ctrl
 * and Alt under Windows) or a Mac's Option for "[". Letters with Alt are menus, digits are tabs.
 */
function isTypedSymbol(event: Typed): boolean {
  if (!/^[^\p{L}\p{N}]$/u.test(event.key) || event.metaKey) return false;
  return !event.ctrlKey || (event.altKey && event.getModifierState("AltGraph"));
}

/** True if an open dialog or the focused element uses this key itself. */
function wantsKey({ target, key, ctrlKey, metaKey }: KeyboardEvent): boolean {
  if (document.querySelector("dialog:modal")) return true; // a click in it can leave it the focus
  if (!(target instanceof HTMLElement)) return false;
  if (target.dataset["keys"] === "pass") return false;
  if (key === "Enter" && target.closest("button, a, summary")) return true;
  const isPlain = !(ctrlKey || metaKey);
  const isLetter = key.length === 1 && key !== " ";
  if (target instanceof HTMLSelectElement) return isPlain && (!isLetter || leadsTo(target, key));
  if (target.matches("input[type=range], input[type=checkbox]")) return isPlain && !isLetter;
  return target.matches("input, textarea") || target.isContentEditable;
}

/** True if typing the letter in a list selects an option that begins with it. */
const leadsTo = (list: HTMLSelectElement, letter: string): boolean =>
  [...list.options].some((option) => option.text.toLowerCase().startsWith(letter.toLowerCase()));
