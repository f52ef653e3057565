/**
 * The waits that are measured for a browser's profiler and for benchmarks. Only the latest measure
 * of each is kept, so that a long day fills no memory.
 */
export type Wait = "first view" | "slice switch";

const NAMES: Record<Wait, string> = {
  "first view": "discai first view",
  "slice switch": "discai slice switch",
};

export function startWait(wait: Wait): void {
  performance.clearMarks(NAMES[wait]);
  performance.mark(NAMES[wait]);
}

/** Ends a wait at the next frame that the browser paints. */
export function endWait(wait: Wait): void {
  requestAnimationFrame(() => {
    const name = NAMES[wait];
    if (performance.getEntriesByName(name, "mark").length === 0) return; // nobody asked
    performance.clearMeasures(name);
    performance.measure(name, name);
    performance.clearMarks(name);
  });
}
