import { describe, expect, it } from "vitest";
import { keysOf } from "./shortcuts";

type Modifier = "ctrlKey" | "altKey" | "shiftKey" | "metaKey" | "AltGraph";

const press = (key: string, ...held: Modifier[]): string =>
  keysOf({
    key,
    ctrlKey: held.includes("ctrlKey"),
    altKey: held.includes("altKey"),
    shiftKey: held.includes("shiftKey"),
    metaKey: held.includes("metaKey"),
    getModifierState: (name) => held.includes(name as Modifier),
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
