import { signal } from "@preact/signals";
import type { ArtifactUrls } from "../cloud/calls";
import type { Annotations, Api, Labels, Scans, Studies } from "../cloud/cloud";
import type { FramePlace } from "../features/review/picture/frames";
import type {
  LabelOfScan,
  NewDistance,
  NewLabel,
  SavedDistance,
  SavedLabel,
  Scan,
  Study,
} from "../cloud/documents";
import type { Event, FilingOrder, Gradings, Label, Prediction, SeriesOfStudy } from "../records";

export const timestamp = (ms: number): Scan["createdAt"] =>
  ({ toDate: () => new Date(ms), toMillis: () => ms }) as Scan["createdAt"];

const TIMESTAMP = timestamp(0);

export function aScan(id: string, changes: Partial<Scan> = {}): Scan {
  return {
    id,
    object: { bucket: "uploads", name: `r/${id}.mha`, generation: 1, size: 1000 },
    fileName: null,
    status: "queued",
    progress: null,
    error: null,
    uploadedBy: null,
    createdAt: TIMESTAMP,
    updatedAt: TIMESTAMP,
    timings: {
      queued: null,
      claimed: null,
      read: null,
      predicted: null,
      stored: null,
      done: null,
    },
    modelVersion: null,
    keySlice: null,
    sliceCount: null,
    lastLabelAt: null,
    lateLabelAt: null,
    labelKind: null,
    labelledBy: [],
    labelCount: 0,
    removedTags: [],
    attempt: 0,
    lease: null,
    discs: [],
    highestHerniation: null,
    uncertainty: null,
    herniationThreshold: 0.5,
    searchTerms: [],
    study: null,
    split: null,
    supersededBy: null,
    ...changes,
  };
}

/** Gradings as a model gives them. */
export const someGradings: Gradings = {
  pfirrmann: { grade: 4, probabilities: [0, 0.1, 0.2, 0.6, 0.1] },
  narrowing: { probability: 0.75, present: true },
  bulging: { probability: 0.1, present: false },
  spondylolisthesis: { probability: 0.05, present: false },
  modic: { probability: 0.5, present: true },
};

export function aPrediction(
  changes: Partial<Prediction> = {},
  gradings: Gradings | null = null,
): Prediction {
  const box = { x: 10, y: 20, width: 30, height: 10 };
  return {
    modelVersion: "v1",
    modelDigest: "sha256:0",
    createdAt: TIMESTAMP,
    device: "CPU",
    seconds: { segment: 1 },
    warnings: [],
    discs: [
      { ...disc("L4-L5", 0.81, 4, { "3": box, "4": box }), gradings },
      { ...disc("L5-S1", 0.12, 6, { "5": box, "6": box }), gradings },
    ],
    artifacts: {
      pictures: "",
      slices: null,
      masks: null,
      overlays: null,
      segmentation: "",
      prediction: "",
      thumbnail: null,
    },
    sliceCount: 9,
    keySlice: 4,
    sliceWidth: 100,
    sliceHeight: 100,
    herniationThreshold: 0.5,
    pixelMm: null,
    place: null,
    pictureBytes: PICTURE_BYTES,
    lordosisDeg: null,
    lateralCurve: null,
    windows: null,
    ...changes,
  };
}

function disc(
  level: string,
  herniation: number,
  slice: number,
  boxes: Prediction["discs"][number]["boxes"],
): Prediction["discs"][number] {
  const box = Object.values(boxes)[0] as (typeof boxes)[string];
  const unknown = {
    volumeMm3: null,
    centreMm: null,
    quantities: null,
    reason: null,
    gradings: null,
  };
  return { level, herniation, slice, box, boxes, confidence: 1, ...unknown };
}

/** A Firestore whose changes the test makes. */
export class FakeScans implements Scans {
  watchers = 0;
  scan: (scan: Scan | null) => void = () => {};
  predictions: (predictions: Prediction[]) => void = () => {};
  events: (events: Event[]) => void = () => {};

  watchScan(_: string, seen: (scan: Scan | null) => void): () => void {
    this.scan = seen;
    return this.watched();
  }

  watchPredictions(_: string, seen: (predictions: Prediction[]) => void): () => void {
    this.predictions = seen;
    return this.watched();
  }

  watchEvents(_: string, seen: (events: Event[]) => void): () => void {
    this.events = seen;
    return this.watched();
  }

  private watched(): () => void {
    this.watchers += 1;
    return () => (this.watchers -= 1);
  }
}

/** A study of series that were all read, by their sequences. */
export function aStudy(
  key: string,
  sequences: Record<string, SeriesOfStudy["sequence"]>,
  changes: Partial<Study> = {},
): Study {
  const series = Object.entries(sequences).map(
    ([scanId, sequence], at): [string, SeriesOfStudy] => [
      scanId,
      {
        number: at + 1,
        sequence,
        plane: "sagittal",
        slices: 9,
        digest: "",
        status: "done",
        fileName: null,
        keySlice: 4,
        createdAt: TIMESTAMP,
        supersededBy: null,
      },
    ],
  );
  return {
    key,
    patientKey: "patient",
    createdAt: TIMESTAMP,
    updatedAt: TIMESTAMP,
    series: Object.fromEntries(series),
    leftOut: [],
    discs: [],
    warnings: [],
    ...changes,
  };
}

/** Studies whose changes the test makes. */
export class FakeStudies implements Studies {
  watchers = 0;
  study: (study: Study | null) => void = () => {};
  patient: (studies: Study[]) => void = () => {};
  filing: (order: FilingOrder | null) => void = () => {};

  watch(_: string, seen: (study: Study | null) => void): () => void {
    this.study = seen;
    return this.watched();
  }

  watchFiling(_: string, seen: (order: FilingOrder | null) => void): () => void {
    this.filing = seen;
    return this.watched();
  }

  watchPatient(_: string, seen: (studies: Study[]) => void): () => void {
    this.patient = seen;
    return this.watched();
  }

  private watched(): () => void {
    this.watchers += 1;
    return () => (this.watchers -= 1);
  }
}

export function aLabel(id: string, changes: Partial<Label> = {}): SavedLabel {
  return {
    id,
    kind: "correction",
    slices: { "4": [] },
    author: "me",
    authorEmail: "me@hospital.org",
    createdAt: TIMESTAMP,
    modelVersion: "v1",
    ...changes,
  };
}

/** A database of labels whose answers the test gives. */
export class FakeLabels implements Labels {
  saved: (labels: SavedLabel[]) => void = () => {};
  created: { scanId: string; labelId: string; label: NewLabel }[] = [];
  /** Of the save that was made last, what it says of other series. */
  others: readonly LabelOfScan[] = [];
  answer: () => Promise<void> = async () => {};
  lists: Record<string, SavedLabel[]> = {};

  watch(_: string, seen: (labels: SavedLabel[]) => void): () => void {
    this.saved = seen;
    return () => {};
  }

  async list(scanId: string): Promise<SavedLabel[]> {
    return this.lists[scanId] ?? [];
  }

  create(
    scanId: string,
    labelId: string,
    label: NewLabel,
    others: readonly LabelOfScan[] = [],
  ): Promise<void> {
    this.created.push({ scanId, labelId, label });
    this.others = others;
    return this.answer();
  }
}

/** A database of distances, which shows at once what the page writes. */
export class FakeAnnotations implements Annotations {
  distances: SavedDistance[] = [];
  answer: () => Promise<void> = async () => {};
  readonly wouldLose = signal(false);
  private seen: (distances: SavedDistance[]) => void = () => {};

  watch(_: string, seen: (distances: SavedDistance[]) => void): () => void {
    this.seen = seen;
    seen(this.distances);
    return () => {};
  }

  add(_: string, distance: NewDistance): Promise<void> {
    this.show([...this.distances, { ...distance, createdAt: TIMESTAMP }]);
    return this.answer();
  }

  remove(_: string, id: string): Promise<void> {
    this.show(this.distances.filter((each) => each.id !== id));
    return this.answer();
  }

  show(distances: SavedDistance[]): void {
    this.distances = distances;
    this.seen(distances);
  }
}

/** The bytes of nine slices and masks: slice 4 begins at byte 401, its mask at 451. */
const PICTURE_BYTES = {
  starts: Array.from({ length: 18 }, (_, i) => 50 * i + 1),
  sizes: Array.from({ length: 18 }, () => 40),
};

/** The slice that a fake prediction has at a place. */
export const sliceAt = (place: FramePlace): number =>
  "pictures" in place ? (place.slice.start - 1) / 100 : Number(place.slice.split("-")[1]);

export const someUrls = (expiresAt: Date): ArtifactUrls => ({
  expiresAt: expiresAt.toISOString(),
  pictures: "pictures",
  slices: [],
  masks: [],
});

/** The URLs of what was read before all pictures were one file. */
export const earlierUrls = (expiresAt: Date): ArtifactUrls => ({
  expiresAt: expiresAt.toISOString(),
  pictures: null,
  slices: Array.from({ length: 9 }, (_, i) => `slice-${i}`),
  masks: Array.from({ length: 9 }, (_, i) => `mask-${i}`),
});

export function aFakeApi(changes: Partial<Api> = {}): Api {
  return {
    createUpload: async ({ fileName }) => ({
      uploadUrl: "session",
      bucket: "uploads",
      objectName: `random/${fileName}`,
    }),
    artifactUrls: async () => someUrls(new Date(Date.now() + 900_000)),
    fileUrl: async (_, __, file) => file,
    thumbnailUrl: async () => "thumbnail",
    report: async () => ({ findings: [], remarks: [] }),
    retry: async () => {},
    rollBack: async () => {},
    readAgain: async () => 0,
    ...changes,
  };
}
