import { signal } from "@preact/signals";

const TICK_MS = 15_000;

/** The current time in milliseconds since 1970, updated often enough for ages in minutes. */
export const now = signal(Date.now());

export function startClock(): void {
  setInterval(() => (now.value = Date.now()), TICK_MS);
}
