import { computed, signal } from "@preact/signals";
import { tellError } from "../../ui/toasts";
import { type DroppedFile, type PlannedScan, planScans, type Question } from "./plan";
import { Upload, type UploadDependencies } from "./upload";

const AT_ONCE = 2;
const NO_STORE =
  "This browser can't open its list of unfinished uploads. Uploads work, but end with this page: if " +
  "one was left unfinished, choose its file again.";

export interface QueueDependencies extends UploadDependencies {
  /**
   * Takes an upload for this tab and resolves to a function that releases it; null if another tab
   * has it.
   */
  claim: (id: string) => Promise<(() => void) | null>;
  /** Makes the id of the next upload; later ids sort behind earlier ones. */
  newId: () => string;
}

/** One scan of all pictures, one scan for each, or none. */
export type Answer = "one" | "many" | "none";

/** All uploads in the order in which they were dropped. */
export class UploadQueue {
  readonly uploads = signal<Upload[]>([]);
  /** Open questions about dropped pictures, the oldest first. */
  readonly questions = signal<Question[]>([]);
  /** True if closing the page now would lose something that the browser does not store. */
  readonly wouldLose = computed(
    () =>
      this.questions.value.length > 0 ||
      this.uploads.value.some(
        ({ finished, state, kept }) => !finished && state.value.kind !== "missing" && !kept.value,
      ),
  );

  private owner = "";
  private claims = new Map<string, () => void>();

  constructor(private readonly deps: QueueDependencies) {}

  /** Goes on with what this person left unfinished in this browser. */
  async start(owner: string): Promise<void> {
    this.owner = owner;
    const stored = await this.deps.store.list(owner).catch((error: unknown) => {
      // Where the browser's settings forbid a database, nothing was ever stored.
      if ((error as Error).name !== "SecurityError") tellError(NO_STORE);
      return [];
    });
    for (const { upload, body } of stored) {
      if (this.uploads.peek().some(({ id }) => id === upload.id)) continue;
      if (!(await this.claim(upload.id))) continue; // another tab has it
      this.uploads.value = [...this.uploads.peek(), Upload.fromStore(upload, body, this.deps)];
    }
    this.startWaiting();
  }

  /** Stops all uploads and keeps them stored for when this person is back. */
  end(): void {
    for (const upload of this.uploads.peek()) upload.putAway();
    this.uploads.value = [];
    this.questions.value = [];
    for (const giveBack of this.claims.values()) giveBack();
    this.claims.clear();
  }

  /** Takes what was dropped or chosen; what can't be read is refused at once, with the reason. */
  async add(files: readonly DroppedFile[]): Promise<void> {
    this.removeDone(); // so that the new lines are in sight
    const { scans, refusals, questions } = await planScans(files);
    for (const { name, reason } of refusals) {
      const [upload] = this.queue([{ name, files: [], arePictures: false }]);
      if (upload) upload.state.value = { kind: "refused", reason };
    }
    this.questions.value = [...this.questions.value, ...questions];
    this.queue(scans);
    this.startWaiting();
  }

  /** Acts on the answer to a question, once. */
  answer(question: Question, what: Answer): void {
    if (!this.questions.peek().includes(question)) return;
    this.questions.value = this.questions.peek().filter((each) => each !== question);
    if (what === "none") return;
    this.queue(what === "one" ? [question.asOne] : question.asMany);
    this.startWaiting();
  }

  pause(upload: Upload): void {
    upload.pause();
    this.startWaiting();
  }

  /** Goes on with a paused or doubtful upload, or tries a failed one again. */
  resume(upload: Upload): void {
    upload.resume();
    this.startWaiting();
  }

  /** Stops an upload where it is and takes it off the list; a finished one is just taken off. */
  remove(upload: Upload): void {
    upload.cancel();
    this.forget((each) => each === upload);
    this.startWaiting();
  }

  /** Removes finished uploads; refusals stay until somebody has read them. */
  removeDone(): void {
    this.forget(({ state }) => state.peek().kind === "done");
  }

  removeFinished(): void {
    this.forget((upload) => upload.finished);
  }

  private forget(which: (upload: Upload) => boolean): void {
    for (const { id } of this.uploads.peek().filter(which)) {
      this.claims.get(id)?.();
      this.claims.delete(id);
    }
    this.uploads.value = this.uploads.peek().filter((upload) => !which(upload));
  }

  /** Adds an upload for each scan; a scan whose earlier upload lost its file goes on there. */
  private queue(scans: readonly PlannedScan[]): Upload[] {
    const added: Upload[] = [];
    for (const scan of scans) {
      const all = [...this.uploads.peek(), ...added];
      const waiting = all.find(
        ({ state, scan: { name } }) => state.peek().kind === "missing" && name === scan.name,
      );
      if (waiting) {
        waiting.adopt(scan);
        continue;
      }
      const upload = new Upload(this.deps.newId(), this.owner, scan, this.deps);
      if (all.some((other) => !other.finished && isSameDrop(other.scan, scan))) {
        const sentence = "The same file is already being uploaded.";
        upload.state.value = { kind: "doubtful", earlier: { scanId: null, sentence } };
      }
      void this.claim(upload.id);
      added.push(upload);
    }
    this.uploads.value = [...this.uploads.peek(), ...added];
    return added;
  }

  private async claim(id: string): Promise<boolean> {
    const giveBack = await this.deps.claim(id);
    if (giveBack) this.claims.set(id, giveBack);
    return giveBack !== null;
  }

  private startWaiting(): void {
    const uploads = this.uploads.value;
    const waiting = uploads.filter(({ state }) => state.peek().kind === "waiting");
    const free = AT_ONCE - uploads.filter((upload) => upload.active).length;
    for (const upload of waiting.slice(0, Math.max(0, free))) {
      upload.state.value = { kind: "sending" };
      void upload.run().then(() => this.startWaiting());
    }
    void this.keepAhead();
  }

  /** Has the browser copy files that will be sent later, one after the other. */
  private async keepAhead(): Promise<void> {
    for (const upload of this.uploads.peek()) {
      if (["waiting", "paused"].includes(upload.state.peek().kind)) await upload.keepAhead();
    }
  }
}

function isSameDrop(a: PlannedScan, b: PlannedScan): boolean {
  const traits = ({ files }: PlannedScan): string =>
    files.map(({ file }) => `${file.name} ${file.size} ${file.lastModified}`).join("\n");
  return a.files.length > 0 && a.name === b.name && traits(a) === traits(b);
}
