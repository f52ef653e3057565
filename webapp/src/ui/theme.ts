import { computed, effect, signal } from "@preact/signals";
import { oneOf } from "./shape";
import { browserStorage } from "./storage";
import { Stored } from "./stored";

export type Theme = "dark" | "light";
export type ThemeChoice = Theme | "system";

const CHOICES: readonly ThemeChoice[] = ["system", "dark", "light"];

const stored = new Stored<ThemeChoice>(browserStorage, {
  prefix: "theme",
  what: "The choice of a theme",
  version: 1,
  shape: oneOf(CHOICES),
});

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
  themeChoice.value = stored.get("") ?? "system";
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
  });
}

/** Switches from system to dark to light and back; the browser remembers the choice if it can. */
export function nextTheme(): void {
  const at = CHOICES.indexOf(themeChoice.value);
  themeChoice.value = CHOICES[(at + 1) % CHOICES.length] ?? "system";
  stored.put("", themeChoice.value); // without room it holds until the page is closed
}
