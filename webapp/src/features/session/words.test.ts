import { describe, expect, it } from "vitest";
import type { Part } from "../../cloud/reach";
import { clockTime } from "../../ui/format";
import { unreachedInWords } from "./words";

const HEARD = Date.UTC(2026, 10, 29, 12, 0);
const words = (silent: Part[], online = true, heardAt: number | null = HEARD) =>
  unreachedInWords({ online, silent, heardAt }, HEARD + 3 * 60_000);
const AGE = `What you see is of ${clockTime(new Date(HEARD))} (3 min ago) and may be old.`;
const WAIT = "Uploads and saved labels wait here.";

describe("what can't be reached", () => {
  it("is said only if there is something", () => {
    expect(words([])).toBeNull();
  });

  it("is named, with the age of what is shown of the database", () => {
    expect(words(["database"])).toBe(`The database doesn't answer. ${AGE} ${WAIT}`);
    expect(words(["api"])).toBe(`The server doesn't answer. ${WAIT}`);
    expect(words(["sign-in", "database", "api"])).toBe(
      `The sign-in service, the database and the server don't answer. ${AGE} ${WAIT}`,
    );
    expect(words(["database"], true, null)).toMatch(/Nothing can be shown until then/);
  });

  it("is the network before all that lies behind it", () => {
    expect(words(["database", "api"], false)).toBe(`No network. ${AGE} ${WAIT}`);
  });
});
