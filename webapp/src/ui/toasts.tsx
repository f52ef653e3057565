import { effect, type ReadonlySignal, signal } from "@preact/signals";

const SHOWN_MS = 8_000;

interface Toast {
  id: number;
  sentence: string;
  isError: boolean;
}

const told = signal<readonly Toast[]>([]);
export const toasts: ReadonlySignal<readonly Toast[]> = told;
let nextId = 1;

/** Shows a short notice for which the page has no place of its own. */
export function tell(sentence: string): void {
  show(sentence, false);
}

/** Shows what went wrong, whether anything was lost, and the next step; stays until dismissed. */
export function tellError(sentence: string): void {
  show(sentence, true);
}

/** Shows an error for as long as `holds` returns true, and removes it then for good. */
export function tellErrorWhile(holds: () => boolean, sentence: string): void {
  let toast: Toast | null = null;
  effect(function () {
    if (holds()) return void (toast ??= show(sentence, true));
    if (toast) dismiss(toast.id);
    this.dispose();
  });
}

/** Shows errors that no other code handles. */
export function watchUnexpected(): void {
  const say = (): void =>
    tellError("Something unexpected went wrong on this page. What was saved is safe: reload it.");
  addEventListener("error", ({ error }) => error && say());
  addEventListener("unhandledrejection", say);
}

function show(sentence: string, isError: boolean): Toast {
  const same = told.peek().find((toast) => toast.sentence === sentence);
  if (same) return same;
  const toast = { id: nextId++, sentence, isError };
  told.value = [...told.peek(), toast];
  if (!isError) setTimeout(() => dismiss(toast.id), SHOWN_MS);
  return toast;
}

function dismiss(id: number): void {
  told.value = told.peek().filter((toast) => toast.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, sentence, isError }) => (
        <p key={id} class="toast" data-error={isError}>
          {sentence}
          <button class="quiet" onClick={() => dismiss(id)}>
            Dismiss
          </button>
        </p>
      ))}
    </div>
  );
}
