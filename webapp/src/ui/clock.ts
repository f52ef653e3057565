import { signal } from "@preact/signals";

const TICK_MS = 15_000;

/** The current time in milliseconds since 1970, updated often enough for ages in minutes. */
export const now = signal(Date.now());

/** Follows a clock: ages are of times that the server wrote, so it is best the server's. */
export function startClock(time: () => number): void {
  const tick = (): void => void (now.value = time());
  tick();
  setInterval(tick, TICK_MS);
}
