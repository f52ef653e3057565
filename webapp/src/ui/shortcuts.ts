import { useLayoutEffect } from "preact/hooks";

export interface Shortcut {
  keys: readonly string[];
  does: string;
}

/** Every key of the app, once: the pages bind actions by name, the help lists this table. */
export const SHORTCUTS = {
  everywhere: {
    help: { keys: ["?"], does: "all keys" },
    search: { keys: ["/"], does: "search the worklist" },
    upload: { keys: ["u"], does: "choose files to upload" },
    theme: { keys: ["t"], does: "dark or light" },
  },
  worklist: {
    next: { keys: ["j", "ArrowDown"], does: "next scan" },
    previous: { keys: ["k", "ArrowUp"], does: "previous scan" },
  },
  review: {
    nextSlice: { keys: ["ArrowDown"], does: "next slice (or the wheel)" },
    previousSlice: { keys: ["ArrowUp"], does: "previous slice" },
    mask: { keys: ["m"], does: "mask on or off" },
    boxes: { keys: ["b"], does: "boxes on or off" },
    level: { keys: ["1", "2", "3", "4", "5"], does: "go to that disc, L1-L2 to L5-S1" },
    reset: { keys: ["0"], does: "reset zoom and window" },
    nextScan: { keys: ["]"], does: "next scan" },
    previousScan: { keys: ["["], does: "previous scan" },
    back: { keys: ["Escape"], does: "back to the worklist" },
  },
} as const satisfies Record<string, Record<string, Shortcut>>;

export type Room = keyof typeof SHORTCUTS;
type Actions<R extends Room> = { [action in keyof (typeof SHORTCUTS)[R]]?: (key: string) => void };

/**
 * Binds a room's keys while the component is shown; typing in a field never triggers one.
 * In a layout effect: what can be seen answers at once.
 */
export function useShortcuts<R extends Room>(room: R, actions: Actions<R>): void {
  useLayoutEffect(() => {
    const byKey = new Map<string, (key: string) => void>();
    for (const [name, { keys }] of Object.entries(SHORTCUTS[room])) {
      const action = actions[name as keyof Actions<R>];
      if (action) for (const key of keys) byKey.set(key, action);
    }
    function onKey(event: KeyboardEvent): void {
      const action = byKey.get(event.key);
      const modified = event.ctrlKey || event.metaKey || event.altKey;
      if (!action || modified || event.defaultPrevented || wantsKeys(event.target)) return;
      event.preventDefault();
      action(event.key);
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

/** Whether the element under the focus uses keys itself. */
function wantsKeys(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("dialog[open]")) return true;
  if (target.dataset["keys"] === "pass") return false;
  return target.matches("input, select, textarea") || target.isContentEditable;
}
