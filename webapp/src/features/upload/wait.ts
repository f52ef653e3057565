/** Waits, but no longer than until the network is back; rejects when the signal aborts. */
export function waitForNetwork(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    const timer = setTimeout(end, milliseconds);
    function end(): void {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) failed(signal.reason);
      else done();
    }
    addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
