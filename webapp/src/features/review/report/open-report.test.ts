import { beforeEach, describe, expect, it } from "vitest";
import type { ScanReport } from "../../../cloud/calls";
import { CloudError } from "../../../cloud/errors";
import { aStorage } from "../../../testing/fake-storage";
import { OpenReport } from "./open-report";
import { ReportTexts } from "./texts";

const PLACE = { uid: "u", scanId: "s", modelVersion: "v1" };
const WRITTEN: ScanReport = {
  findings: [
    { text: "L4-L5: disc herniation.", by: "reviewer", level: "L4-L5" },
    { text: "Lordosis from L1 to L5: 41 degrees.", by: "model", level: null },
  ],
  remarks: ["Research use only."],
};
const TEXT = "L4-L5: disc herniation.\nLordosis from L1 to L5: 41 degrees.\nResearch use only.";
const LATER: ScanReport = { ...WRITTEN, remarks: ["Labelled since."] };

let storage: Storage;
let answer: () => Promise<ScanReport>;
const aReport = (place = PLACE): OpenReport =>
  new OpenReport(() => answer(), new ReportTexts(storage, () => 0), place);

beforeEach(() => {
  storage = aStorage();
  answer = async () => WRITTEN;
});

describe("a report", () => {
  it("has a line for each finding and remark, unchanged", async () => {
    const report = aReport();
    await report.open();
    expect(report.state.value.kind).toBe("open");
    expect(report.text.value).toBe(TEXT);
    expect(report.isChanged.value).toBe(false);
  });

  it("keeps what its reader changed, for that reader and model alone", async () => {
    const report = aReport();
    await report.open();
    report.edit("Mine.");
    report.close();
    const again = aReport();
    await again.open();
    expect([again.text.value, again.isChanged.value, again.isOutdated.value]).toEqual([
      "Mine.",
      true,
      false,
    ]);
    const others = aReport({ ...PLACE, uid: "other" });
    await others.open();
    expect(others.text.value).toBe(TEXT);
  });

  it("says when labels have changed what it is based on, and starts again when asked to", async () => {
    const report = aReport();
    await report.open();
    report.edit("Mine.");
    report.close();
    answer = async () => LATER;
    await report.open();
    expect([report.text.value, report.isOutdated.value]).toEqual(["Mine.", true]);
    report.startAgain();
    expect(report.text.value).toContain("Labelled since.");
    expect([report.isChanged.value, report.isOutdated.value]).toEqual([false, false]);
    const again = aReport();
    await again.open();
    expect(again.text.value).toContain("Labelled since.");
  });

  it("takes a text that is as it was written for unchanged", async () => {
    const report = aReport();
    await report.open();
    report.edit("Mine.");
    report.edit(TEXT);
    expect(report.isChanged.value).toBe(false);
    expect(storage.length).toBe(0);
  });

  it("says why it can't be written, and tries again", async () => {
    answer = () => Promise.reject(new CloudError("unreachable", "Check the network."));
    const report = aReport();
    await report.open();
    expect(report.state.value).toEqual({ kind: "broken", message: "Check the network." });
    answer = async () => WRITTEN;
    await report.open();
    expect(report.text.value).toBe(TEXT);
  });

  it("stays closed if it was closed while it was being written", async () => {
    const report = aReport();
    const opened = report.open();
    report.close();
    await opened;
    expect(report.state.value.kind).toBe("closed");
  });

  it("says so if the computer can't keep its text", async () => {
    storage = aStorage(0);
    const report = aReport();
    await report.open();
    report.edit("Mine.");
    expect([report.text.value, report.isKept.value]).toEqual(["Mine.", false]);
  });
});

it("forgets texts that nobody changed for eight weeks", () => {
  const old = new ReportTexts(storage, () => 0);
  old.keep(PLACE, { text: "Old.", begun: "" });
  const later = new ReportTexts(storage, () => 57 * 86_400_000);
  later.keep({ ...PLACE, scanId: "new" }, { text: "New.", begun: "" });
  later.forgetOld();
  expect(later.get(PLACE)).toBeNull();
  expect(later.get({ ...PLACE, scanId: "new" })?.text).toBe("New.");
});
