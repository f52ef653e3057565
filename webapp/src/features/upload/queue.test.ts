import { describe, expect, it, vi } from "vitest";
import { FakeUploadStore } from "../../testing/fake-upload-store";
import { RemovableFile } from "../../testing/removable-file";
import { type Answer, type QueueDependencies, UploadQueue } from "./queue";
import { summaryOf } from "./summary";
import { UNREADABLE } from "./unreadable";
import { newUploadId } from "./upload-store";

const ME = "rad@hospital.org";
const MHA = "ObjectType = Image\nNDims = 3\n";
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A browser with a network on which every upload stands still until the test lets it through. */
class Browser {
  sending: (() => void)[] = [];
  ranges: string[] = [];
  openTabs = new Set<string>();

  constructor(readonly store = new FakeUploadStore()) {}

  /** A page of this person in this browser, as after loading it. */
  async open(changes: Partial<QueueDependencies> = {}): Promise<UploadQueue> {
    let lastId = this.store.uploads.size;
    const queue = new UploadQueue({
      openSession: async (name) => ({ uploadUrl: name, bucket: "b", objectName: `r/${name}` }),
      put: (_url, _body, range, _progress, signal) =>
        new Promise((done, failed) => {
          this.ranges.push(range);
          signal.addEventListener("abort", () => failed(signal.reason));
          this.sending.push(() => done({ status: 200, received: null }));
        }),
      wait: async () => {},
      pack: async (files) => new Blob(files.map(({ file }) => file)),
      now: () => 0,
      store: this.store,
      findEarlierUpload: async () => null,
      claim: async (id) => {
        if (this.openTabs.has(id)) return null;
        this.openTabs.add(id);
        return () => this.openTabs.delete(id);
      },
      newId: () => String(++lastId),
      ...changes,
    });
    await queue.start(ME);
    return queue;
  }
}

const mha = (name: string, content = MHA) => ({
  path: name,
  file: new File([content], name, { lastModified: 1 }),
});
const states = (queue: UploadQueue) => queue.uploads.value.map(({ state }) => state.value.kind);
/** Waits for the states: digests take an unknown number of turns of the event loop. */
const becomes = (queue: UploadQueue, kinds: string[]) =>
  vi.waitFor(() => expect(states(queue)).toEqual(kinds), { timeout: 5_000 });
const requested = (browser: Browser, count: number) =>
  vi.waitFor(() => expect(browser.ranges).toHaveLength(count), { timeout: 5_000 });
const bodiesStored = (browser: Browser, count: number) =>
  vi.waitFor(() => expect(browser.store.bodies.size).toBe(count), { timeout: 5_000 });

describe("the upload queue", () => {
  it("sends two at once and starts the next when one is done", async () => {
    const browser = new Browser();
    const queue = await browser.open();
    await queue.add([mha("a.mha"), mha("b.mha"), mha("c.mha")]);
    await requested(browser, 2);
    expect(states(queue)).toEqual(["sending", "sending", "waiting"]);
    browser.sending.shift()?.(); // the one whose digest was ready first
    await vi.waitFor(() =>
      expect(states(queue).toSorted()).toEqual(["done", "sending", "sending"]),
    );
    expect(summaryOf(queue.uploads.value)).toBe("2 on the way, 1 uploaded");
  });

  it("shows what it refuses, with the reason, and sends the rest", async () => {
    const queue = await new Browser().open();
    await queue.add([mha("a.mha"), { path: "x.txt", file: new File(["x"], "x.txt") }]);
    expect(states(queue)).toEqual(["refused", "sending"]);
  });

  it("gives the place of a paused upload to the next, and resumes it later", async () => {
    const browser = new Browser();
    const queue = await browser.open();
    await queue.add([mha("a.mha"), mha("b.mha"), mha("c.mha")]);
    await requested(browser, 2);
    const first = queue.uploads.value[0]!;
    queue.pause(first);
    await becomes(queue, ["paused", "sending", "sending"]);
    await requested(browser, 3);
    queue.resume(first);
    browser.sending.forEach((finish) => finish());
    await requested(browser, 4);
    browser.sending.at(-1)?.();
    await becomes(queue, ["done", "done", "done"]);
  });

  it("takes a cancelled upload off the list, and out of the store", async () => {
    const browser = new Browser();
    const queue = await browser.open();
    await queue.add([mha("a.mha")]);
    await bodiesStored(browser, 1);
    queue.remove(queue.uploads.value[0]!);
    expect(queue.uploads.value).toEqual([]);
    await bodiesStored(browser, 0);
    expect(browser.store.uploads.size).toBe(0);
  });

  it("forgets what is done when the person goes on, but no refusal", async () => {
    const browser = new Browser();
    const queue = await browser.open();
    await queue.add([mha("a.mha"), { path: "x.txt", file: new File(["x"], "x.txt") }]);
    await requested(browser, 1);
    browser.sending[0]?.();
    await becomes(queue, ["refused", "done"]);
    expect(browser.store.uploads.size).toBe(0);
    await queue.add([mha("b.mha")]);
    expect(states(queue)).toEqual(["refused", "sending"]);
    expect(queue.uploads.value.map(({ scan }) => scan.name)).toEqual(["x.txt", "b.mha"]);
  });

  it("packs a folder of numbered pictures into one upload", async () => {
    const browser = new Browser();
    const queue = await browser.open();
    await queue.add([picture("case/1.png"), picture("case/2.png")]);
    await requested(browser, 1);
    browser.sending[0]?.();
    await becomes(queue, ["done"]);
    const [upload] = queue.uploads.value;
    expect(upload?.object.value?.name).toBe("r/case.zip");
    expect(upload?.sentBytes.value).toBe(2 * PNG.length);
  });

  it("asks what pictures are where they do not say, and does as it is told", async () => {
    const queue = await new Browser().open();
    const pictures = [picture("front.png"), picture("side.png")];
    const answer = (what: Answer) => queue.answer(queue.questions.value[0]!, what);
    await queue.add(pictures);
    expect(queue.uploads.value).toEqual([]);
    expect(queue.wouldLose.value).toBe(true);
    answer("many");
    expect(queue.uploads.value.map(({ scan }) => scan.name)).toEqual(["front.png", "side.png"]);
    await queue.add(pictures);
    answer("none");
    expect(queue.uploads.value).toHaveLength(2);
    await queue.add(pictures);
    answer("one");
    expect(queue.uploads.value.at(-1)?.scan.files).toHaveLength(2);
  });

  it("takes no answer twice, which would be one to the next question", async () => {
    const queue = await new Browser().open();
    const folder = (name: string) => [picture(`${name}/front.png`), picture(`${name}/side.png`)];
    await queue.add([...folder("a"), ...folder("b")]);
    const [first, second] = queue.questions.value;
    queue.answer(first!, "one");
    queue.answer(first!, "one");
    expect(queue.questions.value).toEqual([second]);
    expect(queue.uploads.value.map(({ scan }) => scan.name)).toEqual(["a.zip"]);
  });

  it("tries again from the start when a person asks for it", async () => {
    const queue = await new Browser().open({ put: async () => ({ status: 403, received: null }) });
    await queue.add([mha("a.mha")]);
    await becomes(queue, ["failed"]);
    expect(queue.uploads.value[0]?.fraction.value).toBe(0);
  });
});

function picture(path: string) {
  return { path, file: new File([PNG], path.split("/").at(-1) as string) };
}

describe("the same file twice", () => {
  it("is doubted when the database knows a scan of it, and sent when the person insists", async () => {
    const earlier = { scanId: "s", sentence: "It was uploaded 3 min ago." };
    const browser = new Browser();
    const queue = await browser.open({ findEarlierUpload: async () => earlier });
    await queue.add([mha("a.mha")]);
    await becomes(queue, ["doubtful"]);
    expect(browser.ranges).toEqual([]);
    queue.resume(queue.uploads.value[0]!);
    await becomes(queue, ["sending"]);
  });

  it("is doubted while the first is still on its way", async () => {
    const queue = await new Browser().open();
    await queue.add([mha("a.mha")]);
    await queue.add([mha("a.mha"), mha("a.mha", `${MHA}Comment = other`)]);
    expect(states(queue)).toEqual(["sending", "doubtful", "sending"]);
  });
});

describe("an upload after a reload", () => {
  /** A browser with one upload of a page that was closed. */
  async function begun(browser: Browser): Promise<void> {
    const queue = await browser.open();
    await queue.add([mha("a.mha")]);
    await requested(browser, 1);
    queue.end();
    browser.ranges = [];
  }

  it("asks its session how far it came, and goes on", async () => {
    const browser = new Browser();
    await begun(browser);
    const queue = await browser.open();
    await requested(browser, 1);
    expect(browser.ranges).toEqual([`bytes */${MHA.length}`]);
    browser.sending.at(-1)?.();
    await becomes(queue, ["done"]);
    expect(browser.store.uploads.size).toBe(0);
  });

  it("stays paused if it was", async () => {
    const browser = new Browser();
    const before = await browser.open();
    await before.add([mha("a.mha")]);
    await bodiesStored(browser, 1);
    before.pause(before.uploads.value[0]!);
    before.end();
    expect(states(await browser.open())).toEqual(["paused"]);
  });

  it("is its owner's, and one tab's at a time", async () => {
    const browser = new Browser();
    await begun(browser);
    const [first, second] = [await browser.open(), await browser.open()];
    expect([states(first), states(second)]).toEqual([["sending"], []]);
    first.end();
    await first.start("somebody@else.org");
    expect(states(first)).toEqual([]);
  });

  it("was kept also if it only waited for its turn, and keeps its turn", async () => {
    const browser = new Browser();
    const before = await browser.open({ newId: newUploadId });
    const names = ["1.mha", "2.mha", "3.mha", "4.mha"];
    await before.add(names.map((name) => mha(name)));
    expect(before.wouldLose.value).toBe(true);
    await requested(browser, 2);
    await vi.waitFor(() => expect(before.wouldLose.value).toBe(false));
    expect(states(before)).toEqual(["sending", "sending", "waiting", "waiting"]);
    before.end();
    const queue = await browser.open({ newId: newUploadId });
    expect(queue.uploads.value.map(({ scan }) => scan.name)).toEqual(names);
    expect(states(queue)).toEqual(["sending", "sending", "waiting", "waiting"]);
  });

  it("asks for the file again where it could not be kept, and takes no other", async () => {
    const browser = new Browser(new FakeUploadStore(false));
    await begun(browser);
    const queue = await browser.open();
    expect(states(queue)).toEqual(["missing"]);
    await queue.add([mha("a.mha", `${MHA}x`)]);
    const [upload] = queue.uploads.value;
    await vi.waitFor(() =>
      expect(upload?.state.value).toMatchObject({
        kind: "missing",
        because: expect.stringContaining("another size"),
      }),
    );
    await queue.add([mha("a.mha")]);
    await requested(browser, 1);
    expect(browser.ranges).toEqual([`bytes */${MHA.length}`]);
  });

  it("needs no warning once the browser holds the file", async () => {
    const queue = await new Browser().open();
    await queue.add([mha("a.mha")]);
    expect(queue.wouldLose.value).toBe(true);
    await vi.waitFor(() => expect(queue.wouldLose.value).toBe(false));
  });

  it("is warned of while there is anything to do that the browser does not hold", async () => {
    const browser = new Browser(new FakeUploadStore(false));
    const earlier = { scanId: "s", sentence: "It was uploaded 3 min ago." };
    const queue = await browser.open({
      findEarlierUpload: async (name) => (name === "doubtful.mha" ? earlier : null),
      put: async () => ({ status: 403, received: null }),
    });
    await queue.add([mha("doubtful.mha"), mha("failed.mha"), mha("paused.mha")]);
    queue.pause(queue.uploads.value[2]!);
    await becomes(queue, ["doubtful", "failed", "paused"]);
    for (const upload of queue.uploads.value) {
      expect(queue.wouldLose.value).toBe(true);
      queue.remove(upload);
    }
    expect(queue.wouldLose.value).toBe(false);
  });
});

describe("a file on a drive that is removed while it waits for its turn", () => {
  /** Three uploads of which the last waits; its drive has been removed. */
  async function driveRemoved(browser: Browser) {
    const queue = await browser.open();
    const file = new RemovableFile([MHA], "c.mha", { lastModified: 1 });
    await queue.add([mha("a.mha"), mha("b.mha"), { path: file.name, file }]);
    await requested(browser, 2);
    if (browser.store.hasRoom) await bodiesStored(browser, 3);
    file.isRemoved = true;
    browser.sending.splice(0).forEach((finish) => finish());
    return { queue, file };
  }

  it("is said to be gone, and sent once the drive is back", async () => {
    const browser = new Browser(new FakeUploadStore(false));
    const { queue, file } = await driveRemoved(browser);
    await becomes(queue, ["done", "done", "failed"]);
    const last = queue.uploads.value[2]!;
    expect(last.state.value).toEqual({ kind: "failed", message: UNREADABLE });
    file.isRemoved = false;
    queue.resume(last);
    await requested(browser, 3);
    browser.sending[0]?.();
    await becomes(queue, ["done", "done", "done"]);
  });

  it("is sent from the browser's copy", async () => {
    const browser = new Browser();
    const { queue } = await driveRemoved(browser);
    await requested(browser, 3);
    browser.sending[0]?.();
    await becomes(queue, ["done", "done", "done"]);
  });

  it("is sent from a copy that was made while the database was asked", async () => {
    const browser = new Browser();
    const file = new RemovableFile([MHA], "a.mha");
    const queue = await browser.open({
      findEarlierUpload: async () => {
        await vi.waitFor(() => expect(queue.wouldLose.value).toBe(false));
        file.isRemoved = true;
        return null;
      },
    });
    await queue.add([{ path: file.name, file }]);
    await requested(browser, 1);
  });
});
