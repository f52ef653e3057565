import { signal } from "@preact/signals";

const SHOWN_MS = 8_000;

interface Toast {
  id: number;
  sentence: string;
  isError: boolean;
}

const toasts = signal<Toast[]>([]);
let nextId = 1;

/** Tells something in passing that no place on the page is there for. */
export function tell(sentence: string): void {
  show(sentence, false);
}

/** Tells what went wrong, whether anything was lost, and the next step; stays until read. */
export function tellError(sentence: string): void {
  show(sentence, true);
}

/** What nobody expected is still said, in words. */
export function watchUnexpected(): void {
  const say = (): void =>
    tellError("Something unexpected went wrong on this page. What was saved is safe: reload it.");
  addEventListener("error", ({ error }) => error && say());
  addEventListener("unhandledrejection", say);
}

function show(sentence: string, isError: boolean): void {
  if (toasts.peek().some((toast) => toast.sentence === sentence)) return;
  const toast = { id: nextId++, sentence, isError };
  toasts.value = [...toasts.peek(), toast];
  if (!isError) setTimeout(() => dismiss(toast.id), SHOWN_MS);
}

function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
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
