import { beforeEach, describe, expect, it } from "vitest";
import { aStorage } from "../testing/fake-storage";
import { fields, isNumber, isText, listOf, mapOf, oneOf, orNull, type Shape } from "./shape";
import { Stored } from "./stored";

interface Note {
  text: string;
  at: number | null;
}

const shape = fields<Note>({ text: isText, at: orNull(isNumber) });
const note: Note = { text: "L4-L5", at: 3 };
let storage: Storage;
let said: string[];

const notes = (version = 1, on = storage) =>
  new Stored<Note>(on, { prefix: "note ", what: "A note", version, shape }, (sentence) =>
    said.push(sentence),
  );
const keys = () => Array.from({ length: storage.length }, (_, i) => storage.key(i));

beforeEach(() => {
  storage = aStorage();
  said = [];
});

describe("a stored entry", () => {
  it("is found under its name, and others are not touched", () => {
    storage.setItem("other", "{");
    notes().put("a", note);
    notes().put("b", note);
    expect(notes().names()).toEqual(["a", "b"]);
    expect(notes().get("a")).toEqual(note);
    expect(notes().get("c")).toBeNull();
    notes().remove("a");
    expect(keys()).toEqual(["other", "note b"]);
    expect(said).toEqual([]);
  });

  it("is read from before there were versions", () => {
    storage.setItem("note a", JSON.stringify(note));
    expect(notes().get("a")).toEqual(note);
    storage.setItem("theme", "dark"); // no JSON, as it was stored once
    const theme = { prefix: "theme", what: "A theme", version: 1, shape: oneOf(["dark"]) };
    expect(new Stored(storage, theme).get("")).toBe("dark");
  });
});

describe("an entry that can't be read", () => {
  it.each([
    ["cut off", '{"version":1,"value":{"text":"L4'],
    ["empty", ""],
    ["null", "null"],
    ["of another form", '{"version":1,"value":{"text":5,"at":3}}'],
    ["without a field", '{"version":1,"value":{"text":"L4-L5"}}'],
    ["a list", "[]"],
    ["bytes of something else", "\u0000\uFFFD<html>"],
  ])("is set aside and said: %s", (_, text) => {
    storage.setItem("note a", text);
    notes().put("b", note);
    expect(notes().get("a")).toBeNull();
    expect(said).toEqual([
      "A note kept on this computer can't be read: it is damaged. It was set aside, and all else " +
        "goes on without it.",
    ]);
    expect(storage.getItem("set aside note a")).toBe(text);
    expect(notes().names()).toEqual(["b"]);
    expect(notes().get("a")).toBeNull();
    expect(said).toHaveLength(1);
  });

  it("stays beside one that was set aside before", () => {
    for (const text of ["{1", "{2"]) {
      storage.setItem("note a", text);
      notes().get("a");
    }
    expect(keys().map((key) => storage.getItem(key!))).toEqual(["{1", "{2"]);
  });

  it("comes back once a page can read it, for it was a newer one's", () => {
    notes(2).put("a", note);
    expect(notes(1).get("a")).toBeNull();
    expect(said[0]).toMatch(/another version of this page wrote it\. It was set aside/);
    expect(notes(1).names()).toEqual([]);
    expect(notes(2).get("a")).toEqual(note);
    expect(keys()).toEqual(["note a"]);
  });

  it("takes no place that is taken again by then", () => {
    notes(2).put("a", note);
    notes(1).get("a");
    notes(1).put("a", { ...note, text: "newer" });
    expect(notes(1).get("a")?.text).toBe("newer");
    expect(storage.getItem("set aside note a")).not.toBeNull();
  });

  it("stays where it is without room for a copy, and the page goes on", () => {
    storage.setItem("note a", "{");
    const setItem = storage.setItem.bind(storage);
    storage.setItem = (key, value) => {
      if (key.startsWith("set aside")) throw new DOMException("full", "QuotaExceededError");
      setItem(key, value);
    };
    expect(notes().get("a")).toBeNull();
    expect(storage.getItem("note a")).toBe("{");
    expect(said[0]).toMatch(/It stays where it is/);
  });
});

describe("a storage that refuses", () => {
  it("says so without an error when it is full", () => {
    storage = aStorage(1);
    expect(notes().put("a", note)).toBe(true);
    expect(notes().put("b", note)).toBe(false);
    expect(notes().get("a")).toEqual(note);
  });

  it("is empty when it is forbidden", () => {
    const forbidden = new Proxy(storage, {
      get: () => {
        throw new DOMException("denied", "SecurityError");
      },
    });
    const none = notes(1, forbidden);
    none.remove("a");
    expect([none.names(), none.get("a"), none.put("a", note)]).toEqual([[], null, false]);
  });
});

describe("a form", () => {
  it.each([
    ["a number that is none", isNumber, Number.NaN],
    ["a word that is no choice", oneOf(["a", "b"]), "c"],
    ["a list with one wrong", listOf(isText), ["a", 1]],
    ["a map with one wrong", mapOf(isText), { a: "a", b: null }],
    ["a list for a map", mapOf(isText), []],
  ] as [string, Shape<unknown>, unknown][])("refuses %s", (_, form, value) => {
    expect(form(value)).toBe(false);
  });
});
