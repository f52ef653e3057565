import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";

const KEY = "theme";

function chosenBefore(): Theme | null {
  const stored = localStorage.getItem(KEY);
  return stored === "dark" || stored === "light" ? stored : null;
}

function systemTheme(): Theme {
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

/** The theme in use: the person's choice, or else the system's. */
export const theme = signal<Theme>("dark");

export function startTheme(): void {
  theme.value = chosenBefore() ?? systemTheme();
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
  });
}

export function toggleTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, theme.value);
}
