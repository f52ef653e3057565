import { beforeEach, describe, expect, it } from "vitest";
import { CloudError } from "../../cloud/errors";
import { FakeLabels } from "../../testing/fake-cloud";
import { aStorage } from "../../testing/fake-storage";
import { Outbox, type Outgoing } from "./outbox";

let labels: FakeLabels;
let storage: Storage;
let outbox: Outbox;

const outgoing: Outgoing = {
  labelId: "l1",
  scanId: "a",
  scanName: "a.mha",
  label: { kind: "acceptance", slices: {}, author: "me", authorEmail: "me@x", modelVersion: "v1" },
  savedAt: 1,
};
const settle = () => new Promise((done) => setTimeout(done));
const deliveries = (box: Outbox) => box.entries.value.map(({ delivery }) => delivery);

beforeEach(() => {
  labels = new FakeLabels();
  storage = aStorage();
  outbox = new Outbox(labels, storage);
  outbox.start("me");
});

describe("the outbox", () => {
  it("sends a label and forgets it once the server has it", async () => {
    outbox.add(outgoing);
    expect(deliveries(outbox)).toEqual(["sending"]);
    expect(storage.length).toBe(1);
    await settle();
    expect(deliveries(outbox)).toEqual(["arrived"]);
    expect(storage.length).toBe(0);
  });

  it("sends what an earlier visit could not, under the same id, and only its author's", async () => {
    labels.answer = () => new Promise(() => {}); // no network
    outbox.add(outgoing);
    const later = new FakeLabels();
    const afterReload = new Outbox(later, storage);
    afterReload.start("somebody else");
    expect(later.created).toEqual([]);
    afterReload.start("me");
    afterReload.start("me");
    await settle();
    expect(later.created.map(({ labelId }) => labelId)).toEqual(["l1"]);
    expect(storage.length).toBe(0);
  });

  it("shows nobody another reader's labels, and sends them once their author is back", async () => {
    labels.answer = async () => {
      throw new CloudError("refused", "Signed out meanwhile.");
    };
    outbox.add(outgoing);
    await settle();
    outbox.end();
    expect(outbox.entries.value).toEqual([]);
    outbox.start("somebody else");
    expect([outbox.unsent.value, outbox.latest.value]).toEqual([[], []]);
    outbox.discard("l1");
    expect(storage.length).toBe(1);

    labels.answer = async () => {};
    outbox.start("me");
    await settle();
    expect(deliveries(outbox)).toEqual(["arrived"]);
    expect(storage.length).toBe(0);
  });

  it("keeps a refused label with the reason until somebody decides", async () => {
    labels.answer = async () => {
      throw new CloudError("refused", "No longer a reviewer.");
    };
    outbox.add(outgoing);
    await settle();
    expect(outbox.unsent.value).toMatchObject([
      { delivery: "refused", reason: "No longer a reviewer." },
    ]);
    labels.answer = async () => {};
    outbox.retry("l1");
    await settle();
    expect(outbox.unsent.value).toEqual([]);

    outbox.add({ ...outgoing, labelId: "l2" });
    outbox.discard("l2");
    expect(storage.length).toBe(0);
  });

  it("sends all others where one that is kept is damaged, and keeps that one", async () => {
    storage.setItem("outbox l0", '{"labelId":"l0","label":{}}');
    storage.setItem("outbox l1", JSON.stringify(outgoing)); // as an early page stored it
    outbox.start("me");
    await settle();
    expect(labels.created.map(({ labelId }) => labelId)).toEqual(["l1"]);
    expect(storage.getItem("set aside outbox l0")).not.toBeNull();
    expect(storage.length).toBe(1);
  });
});
