import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Room, type Shortcut, SHORTCUTS } from "./shortcuts";

export const helpOpen = signal(false);

const TITLES: Record<Room, string> = {
  everywhere: "Everywhere",
  worklist: "Worklist",
  review: "Scan",
};

const MOUSE: readonly [string, string][] = [
  ["wheel", "slice"],
  ["ctrl + wheel", "zoom"],
  ["drag", "pan, when zoomed"],
  ["right drag", "window: across contrast, up and down brightness"],
  ["double click", "reset zoom and window"],
];

const KEY_NAMES: Record<string, string> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  Escape: "Esc",
};

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (helpOpen.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [helpOpen.value]);

  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={() => (helpOpen.value = false)}
    >
      <header>
        <h2 id="help-title">Keys</h2>
        <button class="quiet" onClick={() => (helpOpen.value = false)}>
          Close
        </button>
      </header>
      <div class="help-rooms">
        {Object.entries<Record<string, Shortcut>>(SHORTCUTS).map(([room, actions]) => (
          <section key={room}>
            <h3>{TITLES[room as Room]}</h3>
            <dl>
              {Object.entries(actions).map(([action, { keys, does }]) => (
                <div key={action}>
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key}>{KEY_NAMES[key] ?? key}</kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3>On the picture</h3>
          <dl>
            {MOUSE.map(([gesture, does]) => (
              <div key={gesture}>
                <dt>{gesture}</dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </dialog>
  );
}
