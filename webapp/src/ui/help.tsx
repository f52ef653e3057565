import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Scope, type Shortcut, SHORTCUTS } from "./shortcuts";

export const helpOpen = signal(false);

const TITLES: Record<Scope, string> = {
  everywhere: "Everywhere",
  worklist: "Worklist",
  review: "Scan",
};

const MOUSE: readonly [string, string][] = [
  ["wheel", "slice"],
  ["swipe up or down", "slice; when zoomed, pan"],
  ["drag a box", "move it; its corners and edges resize it"],
  ["ctrl + wheel, pinch", "zoom"],
  ["drag, space + drag", "pan, when zoomed"],
  ["right drag", "window: across its width, up and down its level"],
  ["double click", "reset zoom and window"],
];

const KEY_NAMES: Record<string, string> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  ArrowLeft: "←",
  ArrowRight: "→",
  Escape: "Esc",
  Backspace: "⌫",
};

/** "Ctrl+Shift+z" as the keys to press; a modifier that all keys share is written once. */
function Keys({ keys }: { keys: readonly string[] }) {
  const [first = ""] = keys;
  const shared = first.slice(0, first.lastIndexOf("+", first.length - 2) + 1);
  const isShared = keys.length > 1 && keys.every((key) => key.startsWith(shared));
  const prefix = isShared ? shared.split("+").filter(Boolean) : [];
  const rest = isShared ? keys.map((key) => key.slice(shared.length)) : keys;
  return (
    <>
      {prefix.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
      {rest.map((combination) => (
        <kbd key={combination}>{nameOf(combination)}</kbd>
      ))}
    </>
  );
}

const nameOf = (combination: string): string =>
  combination === "+"
    ? combination
    : combination
        .split("+")
        .map((key) => KEY_NAMES[key] ?? key)
        .join(" ");

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
      <div class="help-scopes">
        {Object.entries<Record<string, Shortcut>>(SHORTCUTS).map(([scope, actions]) => (
          <section key={scope} data-scope={scope}>
            <h3>{TITLES[scope as Scope]}</h3>
            <dl>
              {Object.entries(actions).map(([action, { keys, does }]) => (
                <div key={action}>
                  <dt>
                    <Keys keys={keys} />
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
        <p class="help-foot">
          “Ctrl” is ⌘ on a Mac. Research use only: DiscAI is not a medical device and must not be
          used to diagnose or treat anybody.
        </p>
      </div>
    </dialog>
  );
}
