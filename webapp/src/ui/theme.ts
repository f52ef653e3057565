import { computed, effect, signal } from "@preact/signals";
import { browserStorage } from "./storage";

export type Theme = "dark" | "light";
export type ThemeChoice = Theme | "system";

const KEY = "theme";
const CHOICES: readonly ThemeChoice[] = ["system", "dark", "light"];

const systemTheme = signal<Theme>("dark");

/** What the person chose; the system's theme until they choose. */
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

/** System, dark, light, and around again; the choice is kept in this browser if it has room. */
export function nextTheme(): void {
  const at = CHOICES.indexOf(themeChoice.value);
  themeChoice.value = CHOICES[(at + 1) % CHOICES.length] ?? "system";
  try {
    browserStorage.setItem(KEY, themeChoice.value);
  } catch {
    // holds until the page is closed
  }
}
