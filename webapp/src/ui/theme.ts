import { computed, effect, signal } from "@preact/signals";
import { browserStorage } from "./storage";

export type Theme = "dark" | "light";
export type ThemeChoice = Theme | "system";

const KEY = "theme";
const CHOICES: readonly ThemeChoice[] = ["system", "dark", "light"];

const systemTheme = signal<Theme>("dark");

/** The theme that the person chose; the system's until they choose. */
export const themeChoice = signal<ThemeChoice>("system");

export const theme = computed<Theme>(() =>
  themeChoice.value === "system" ? systemTheme.value : themeChoice.value,
);

export function startTheme(): void {
  const light = matchMedia("(prefers-color-scheme: light)");
  const follow = (): void => {
    systemTheme.value = light.matches ? "light" : "dark";
  };
  light.addEventListener("change", follow);
  follow();
  const stored = browserStorage.getItem(KEY);
  themeChoice.value = CHOICES.find((choice) => choice === stored) ?? "system";
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
  });
}

/** Switches from system to dark to light and back; the browser remembers the choice if it can. */
export function nextTheme(): void {
  const at = CHOICES.indexOf(themeChoice.value);
  themeChoice.value = CHOICES[(at + 1) % CHOICES.length] ?? "system";
  try {
    browserStorage.setItem(KEY, themeChoice.value);
  } catch {
    // holds until the page is closed
  }
}
