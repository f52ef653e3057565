import { describe, expect, it } from "vitest";
import { UploadQueue } from "./queue";
import type { UploadSurroundings } from "./upload";

const MHA = "ObjectType = Image\nNDims = 3\n";
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A network on which every upload stands still until the test lets it through. */
function queueOnSlowNetwork(changes: Partial<UploadSurroundings> = {}) {
  const sending: (() => void)[] = [];
  const queue = new UploadQueue({
    openSession: async (name) => ({ uploadUrl: name, bucket: "b", objectName: `r/${name}` }),
    put: (_url, _body, _range, _progress, signal) =>
      new Promise((done, failed) => {
        signal.addEventListener("abort", () => failed(signal.reason));
        sending.push(() => done({ status: 200, received: null }));
      }),
    wait: async () => {},
    pack: async (files) => new Blob(files.map(({ file }) => file)),
    now: () => 0,
    ...changes,
  });
  return { queue, sending };
}

const mha = (name: string) => ({ path: name, file: new File([MHA], name) });
const states = (queue: UploadQueue) => queue.uploads.value.map(({ state }) => state.value.kind);
const settle = () => new Promise((done) => setTimeout(done));

describe("the upload queue", () => {
  it("sends two at once and starts the next when one is done", async () => {
    const { queue, sending } = queueOnSlowNetwork();
    await queue.add([mha("a.mha"), mha("b.mha"), mha("c.mha")]);
    await settle();
    expect(states(queue)).toEqual(["sending", "sending", "waiting"]);
    sending.shift()?.();
    await settle();
    expect(states(queue)).toEqual(["done", "sending", "sending"]);
    expect(queue.unfinished.value).toBe(2);
  });

  it("shows what it refuses, with the reason, and sends the rest", async () => {
    const { queue } = queueOnSlowNetwork();
    await queue.add([mha("a.mha"), { path: "x.txt", file: new File(["x"], "x.txt") }]);
    expect(states(queue)).toEqual(["refused", "sending"]);
  });

  it("gives the place of a paused upload to the next, and resumes it later", async () => {
    const { queue, sending } = queueOnSlowNetwork();
    await queue.add([mha("a.mha"), mha("b.mha"), mha("c.mha")]);
    await settle();
    const first = queue.uploads.value[0]!;
    queue.pause(first);
    await settle();
    expect(states(queue)).toEqual(["paused", "sending", "sending"]);
    queue.resume(first);
    sending.forEach((finish) => finish());
    await settle();
    sending.at(-1)?.();
    await settle();
    expect(states(queue)).toEqual(["done", "done", "done"]);
  });

  it("takes a cancelled upload off the list", async () => {
    const { queue } = queueOnSlowNetwork();
    await queue.add([mha("a.mha")]);
    queue.remove(queue.uploads.value[0]!);
    await settle();
    expect(queue.uploads.value).toEqual([]);
  });

  it("forgets what is done when the person goes on, but no refusal", async () => {
    const { queue, sending } = queueOnSlowNetwork();
    await queue.add([mha("a.mha"), { path: "x.txt", file: new File(["x"], "x.txt") }]);
    await settle();
    sending[0]?.();
    await settle();
    queue.removeDone();
    expect(states(queue)).toEqual(["refused"]);
  });

  it("packs a folder of pictures into one upload", async () => {
    const { queue, sending } = queueOnSlowNetwork();
    const picture = (name: string) => ({ path: `case/${name}`, file: new File([PNG], name) });
    await queue.add([picture("1.png"), picture("2.png")]);
    await settle();
    sending[0]?.();
    await settle();
    const [upload] = queue.uploads.value;
    expect(upload?.objectName.value).toBe("r/case.zip");
    expect(upload?.sentBytes.value).toBe(2 * PNG.length);
  });

  it("tries again from the start when a person asks for it", async () => {
    const { queue } = queueOnSlowNetwork({
      put: async () => ({ status: 403, received: null }),
    });
    await queue.add([mha("a.mha")]);
    await settle();
    expect(states(queue)).toEqual(["failed"]);
    expect(queue.uploads.value[0]?.fraction.value).toBe(0);
  });
});
