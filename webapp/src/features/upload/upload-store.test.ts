import { describe, expect, it } from "vitest";
import { sortOut, type StoredUpload } from "./upload-store";

const WEEK_MS = 7 * 86_400_000;
const upload: StoredUpload = {
  id: "1",
  owner: "me@hospital.org",
  name: "a.mha",
  fingerprint: { name: "a.mha", size: 3, lastModified: 0, head: "00" },
  session: { uploadUrl: "https://x", bucket: "uploads", objectName: "r/a.mha" },
  paused: false,
  keptAtMs: 1_000,
};

describe("uploads that were stored", () => {
  it("are gone on with for a week, with a version or without", () => {
    const versioned = { ...upload, id: "2", version: 1 };
    const old = { ...upload, id: "3", keptAtMs: -WEEK_MS };
    expect(sortOut([upload, versioned, old], 2_000)).toEqual({
      uploads: [upload, versioned],
      expired: ["3"],
      aside: [],
    });
  });

  it.each([
    ["without a fingerprint", { ...upload, fingerprint: undefined }],
    ["with half a session", { ...upload, session: { bucket: "uploads" } }],
    ["without a time", { ...upload, keptAtMs: "yesterday" }],
    ["of a newer page", { ...upload, version: 2 }],
    ["of nothing but an id", { id: "1" }],
  ])("are set aside where they can't be read: %s", (_, record) => {
    const { uploads, aside } = sortOut([record, { ...upload, id: "2" }], 2_000);
    expect(uploads.map(({ id }) => id)).toEqual(["2"]);
    expect(aside).toEqual([{ id: "1", unreadable: record, keptAtMs: 2_000 }]);

    const later = sortOut(aside, 2_000 + WEEK_MS);
    expect(later).toEqual({ uploads: [], expired: [], aside: [] });
    expect(sortOut(aside, 2_001 + WEEK_MS).expired).toEqual(["1"]);
  });
});
