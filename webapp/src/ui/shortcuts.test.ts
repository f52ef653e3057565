import { describe, expect, it } from "vitest";
import { keysOf, pressesOf, type Shortcut, SHORTCUTS } from "./shortcuts";

type Modifier = "ctrlKey" | "altKey" | "shiftKey" | "metaKey" | "AltGraph";

const event = (key: string, code: string, held: readonly Modifier[]) => ({
  key,
  code,
  ctrlKey: held.includes("ctrlKey"),
  altKey: held.includes("altKey"),
  shiftKey: held.includes("shiftKey"),
  metaKey: held.includes("metaKey"),
  getModifierState: (name: string) => held.includes(name as Modifier),
});
const press = (key: string, ...held: Modifier[]): string => keysOf(event(key, "", held));

/** The first reading that some page binds, as `useShortcuts` chooses it. */
function bound(key: string, code: string, ...held: Modifier[]): string | undefined {
  const table = Object.values(SHORTCUTS).flatMap((scope) => Object.values(scope));
  const all = new Set<string>(table.flatMap(({ keys }) => keys));
  return pressesOf(event(key, code, held)).find(({ keys }) => all.has(keys))?.keys;
}

it.each(["worklist", "review"] as const)("no key means two things on the page %s", (scope) => {
  const keys = [SHORTCUTS.everywhere, SHORTCUTS[scope]]
    .flatMap((actions) => Object.values<Shortcut>(actions))
    .flatMap((shortcut) => shortcut.keys);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});

describe("a symbol counts as typed, whatever the keyboard needs for it", () => {
  it.each([
    ["on an American keyboard", "[", []],
    ["with AltGr on a German one under Windows", "[", ["ctrlKey", "altKey", "AltGraph"]],
    ["with AltGr on a German one under Linux", "]", ["AltGraph"]],
    ["with Option on a German Mac", "]", ["altKey"]],
    ["with Option and Shift on a French Mac", "[", ["altKey", "shiftKey"]],
    ["with Shift", "?", ["shiftKey"]],
  ] as [string, string, Modifier[]][])("%s", (_, key, held) => {
    expect(press(key, ...held)).toBe(key);
  });
});

describe("a shortcut of the browser is not taken for a typed key", () => {
  it.each([
    ["Cmd+[ (back)", "[", ["metaKey"], "Ctrl+["],
    ["Ctrl+- (smaller)", "-", ["ctrlKey"], "Ctrl+-"],
    ["Ctrl+Alt+[ without AltGr", "[", ["ctrlKey", "altKey"], "Ctrl+Alt+["],
    ["Cmd+Option+[", "[", ["metaKey", "altKey"], "Ctrl+Alt+["],
    ["Alt+1 (first tab)", "1", ["altKey"], "Alt+1"],
    ["Alt+h (menu)", "h", ["altKey"], "Alt+h"],
    ["AltGr+s", "s", ["ctrlKey", "altKey", "AltGraph"], "Ctrl+Alt+s"],
    ["Alt+ArrowLeft", "ArrowLeft", ["altKey"], "Alt+ArrowLeft"],
  ] as [string, string, Modifier[], string][])("%s", (_, key, held, expected) => {
    expect(press(key, ...held)).toBe(expected);
  });
});

describe("letters", () => {
  it("are the same with caps lock, and others with Shift", () => {
    expect(press("S")).toBe("s");
    expect(press("U", "shiftKey")).toBe("U");
    expect(press("Z", "ctrlKey", "shiftKey")).toBe("Ctrl+Shift+z");
  });
});

describe("a key of another script is read by its place", () => {
  it.each([
    ["Russian ы", "ы", "KeyS", [], "s"],
    ["Russian ы with caps lock", "Ы", "KeyS", [], "s"],
    ["Russian я with Ctrl", "я", "KeyZ", ["ctrlKey"], "Ctrl+z"],
    ["Russian я with Cmd and Shift", "Я", "KeyZ", ["metaKey", "shiftKey"], "Ctrl+Shift+z"],
    ["Russian Ц with Shift", "Ц", "KeyW", ["shiftKey"], "W"],
    ["Russian х", "х", "BracketLeft", [], "["],
    ["Ukrainian ї", "ї", "BracketRight", [], "]"],
    ["Greek σ", "σ", "KeyS", [], "s"],
    ["Greek Μ with Shift", "Μ", "KeyM", ["shiftKey"], "M"],
    ["Hebrew ד", "ד", "KeyS", [], "s"],
    ["Hebrew י", "י", "KeyH", [], "h"],
    ["Hebrew ז with Ctrl", "ז", "KeyZ", ["ctrlKey"], "Ctrl+z"],
    ["Arabic لا, two letters on one key", "لا", "KeyB", [], "b"],
    ["Arabic question mark", "؟", "Slash", ["shiftKey"], "?"],
    ["Arabic digit", "٣", "Digit3", [], "3"],
    ["Thai mark", "้", "KeyH", [], "h"],
    ["Korean ㄴ", "ㄴ", "KeyS", [], "s"],
    ["an input method", "Process", "KeyS", [], "s"],
  ] as [string, string, string, Modifier[], string][])("%s", (_, key, code, held, expected) => {
    expect(bound(key, code, ...held)).toBe(expected);
  });
});

describe("the row of digits", () => {
  it.each([
    ["AZERTY &", "&", "Digit1", [], "1"],
    ["AZERTY é", "é", "Digit2", [], "2"],
    ['AZERTY "', '"', "Digit3", [], "3"],
    ["AZERTY '", "'", "Digit4", [], "4"],
    ["AZERTY (", "(", "Digit5", [], "5"],
    ["AZERTY à", "à", "Digit0", [], "0"],
    ["AZERTY 1 with Shift", "1", "Digit1", ["shiftKey"], "1"],
    ["AZERTY - is a sign that zooms", "-", "Digit6", [], "-"],
    ["Czech ě", "ě", "Digit2", [], "2"],
    ["a numpad", "4", "Numpad4", [], "4"],
  ] as [string, string, string, Modifier[], string][])("%s", (_, key, code, held, expected) => {
    expect(bound(key, code, ...held)).toBe(expected);
  });

  it("names the disc by the digit, whatever was typed", () => {
    expect(pressesOf(event("&", "Digit1", [])).map(({ key }) => key)).toEqual(["&", "1"]);
  });
});

describe("what says by itself where it lies is no key of that place", () => {
  it.each([
    ["Dvorak o, where others have s", "o", "KeyS", []],
    ["German ü, where others have [", "ü", "BracketLeft", []],
    ["French q with Ctrl, where others have a", "q", "KeyA", ["ctrlKey"]],
    ["Polish ś, typed with AltGr", "ś", "KeyS", ["AltGraph"]],
    ["a Mac's ß, typed with Option", "ß", "KeyS", ["altKey"]],
    ["a Greek letter with Alt", "σ", "KeyS", ["altKey"]],
    ["# on an American keyboard", "#", "Digit3", ["shiftKey"]],
    ["§ on a German one", "§", "Digit3", ["shiftKey"]],
    ["End on a numpad", "End", "Numpad1", []],
  ] as [string, string, string, Modifier[]][])("%s", (_, key, code, held) => {
    expect(bound(key, code, ...held)).toBeUndefined();
  });
});
