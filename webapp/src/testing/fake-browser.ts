import { Outbox } from "../features/labels/outbox";
import { Drafts } from "../features/review/editing/drafts";
import { Review } from "../features/review/editing/review";
import { Siblings } from "../features/review/editing/siblings";
import type { Frame } from "../features/review/picture/frames";
import { OpenScan } from "../features/review/picture/open-scan";
import type { Prediction, StudyOfScan } from "../records";
import { aFakeApi, aPrediction, aScan, FakeLabels, FakeScans } from "./fake-cloud";
import { aStorage } from "./fake-storage";

const me = { uid: "me", email: "me@hospital.org" };

/** A reviewer's browser with this storage, in which a scan is open that was read. */
export class FakeBrowser {
  readonly labels = new FakeLabels();
  readonly openScan: OpenScan;
  /** The outbox of the tab that was opened last. */
  outbox: Outbox;
  drafts: Drafts;
  /** What the database says of one more series of the study. */
  readonly siblingFeed = new FakeScans();
  readonly siblingLabels = new FakeLabels();
  readonly siblings = new Siblings(this.siblingFeed, this.siblingLabels);
  clock = 1_000;
  /** Milliseconds since the page was opened. */
  steady = 1_000;

  readonly storage: Storage;

  constructor({
    storage = aStorage(),
    study = null,
    prediction = aPrediction(),
  }: Partial<{ storage: Storage; study: StudyOfScan | null; prediction: Prediction }> = {}) {
    this.storage = storage;
    const feed = new FakeScans();
    this.outbox = new Outbox(this.labels, storage);
    this.drafts = new Drafts(storage);
    this.openScan = new OpenScan("a", feed, aFakeApi(), async () => ({}) as Frame);
    this.openScan.start();
    feed.scan(aScan("a", { status: "done", modelVersion: "v1", study }));
    feed.predictions([prediction]);
    this.openScan.shownAt.value = 0;
  }

  /** Opens the scan in another tab, or again after a reload. */
  open(): Review {
    this.outbox = new Outbox(this.labels, this.storage);
    this.outbox.start(me.uid);
    this.drafts = new Drafts(this.storage, () => this.clock);
    return this.openAgain();
  }

  /** Opens the scan again in the same tab after another page was shown. */
  openAgain(): Review {
    const review = new Review(this.openScan, this.openScan.prediction.value!, {
      user: me,
      labels: this.labels,
      drafts: this.drafts,
      outbox: this.outbox,
      siblings: this.siblings,
      newId: () => `label-${this.clock++}`,
      now: () => this.clock,
      steady: () => this.steady,
    });
    review.start(() => {});
    return review;
  }
}

/** Changes the finding of L4-L5 to the opposite. */
export function correct(review: Review): void {
  review.editor.select("L4-L5");
  review.editor.toggleHerniation();
}
