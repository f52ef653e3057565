import { signal } from "@preact/signals";

/** True while the browser has a network. */
export const online = signal(navigator.onLine);

export function watchNetwork(): void {
  addEventListener("online", () => (online.value = true));
  addEventListener("offline", () => (online.value = false));
}
