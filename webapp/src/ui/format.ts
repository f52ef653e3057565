const UNITS = ["B", "kB", "MB", "GB"] as const;

/** 20 971 520 → "21.0 MB": decimal units, as file managers and networks count. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** The file's own name: object names are `<random id>/<file name>`. */
export const baseName = (objectName: string): string => objectName.split("/").at(-1) || objectName;

export const bytesPerSecond = (rate: number): string => `${bytes(rate)}/s`;

/** Time since then: "now", "2 min", "3 h", "4 d". */
export function age(fromMs: number, nowMs: number): string {
  const minutes = Math.floor((nowMs - fromMs) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / (24 * 60))} d`;
}

/** "just now", "2 min ago". */
export function ago(fromMs: number, nowMs: number): string {
  const long = age(fromMs, nowMs);
  return long === "now" ? "just now" : `${long} ago`;
}

/** "Nov 24, 2026, 6:13 AM", as the reader's own system writes it. */
export const dateTime = (at: Date): string =>
  at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

/** "14:05" of today; with its date of any other day. */
export function clockTime(at: Date): string {
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const isToday = at.toDateString() === new Date().toDateString();
  return isToday ? time : `${at.toLocaleDateString()} ${time}`;
}

export const probability = (p: number): string => p.toFixed(2);

export const seconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} s`;

/** "3 s left", "12 min left": no more exact than it can be known. */
export function timeLeft(secondsLeft: number): string {
  if (secondsLeft < 60) return `${Math.ceil(secondsLeft)} s left`;
  return `${Math.round(secondsLeft / 60)} min left`;
}

export const plural = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;
