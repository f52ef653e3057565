/**
 * How long the reader waits, as measures that a browser's profiler and a benchmark can read. Only
 * the latest of each is kept, so that a long day fills no memory.
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

/** Ends at the frame that the browser paints next. */
export function endWait(wait: Wait): void {
  requestAnimationFrame(() => {
    const name = NAMES[wait];
    if (performance.getEntriesByName(name, "mark").length === 0) return; // nobody asked
    performance.clearMeasures(name);
    performance.measure(name, name);
    performance.clearMarks(name);
  });
}
