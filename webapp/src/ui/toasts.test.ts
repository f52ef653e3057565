import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { tellError, tellErrorWhile, toasts } from "./toasts";

const sentences = () => toasts.value.map(({ sentence }) => sentence);

describe("an error that holds for a while", () => {
  it("is taken away when it no longer holds, for good; others stay", () => {
    const isUnkept = signal(true);
    tellErrorWhile(() => isUnkept.value, "Only here.");
    tellError("The network is down.");
    expect(sentences()).toEqual(["Only here.", "The network is down."]);
    isUnkept.value = false;
    expect(sentences()).toEqual(["The network is down."]);
    isUnkept.value = true;
    expect(sentences()).toEqual(["The network is down."]);
  });

  it("is not told when it does not hold, and takes no other of its words away", () => {
    tellErrorWhile(() => false, "Only here.");
    expect(sentences()).not.toContain("Only here.");
    tellErrorWhile(() => true, "Only here.");
    tellErrorWhile(() => false, "Only here.");
    expect(sentences()).toContain("Only here.");
  });
});
