import type { Api, ArtifactUrls, CloudError, Scan, Scans } from "../cloud/cloud";
import type { Prediction } from "../records";

const TIMESTAMP = { toDate: () => new Date(0) } as Scan["createdAt"];

export function aScan(id: string, changes: Partial<Scan> = {}): Scan {
  return {
    id,
    object: { bucket: "uploads", name: `r/${id}.mha`, generation: 1, size: 1000 },
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
    labelKind: null,
    labelledBy: [],
    labelCount: 0,
    removedTags: [],
    attempt: 0,
    lease: null,
    discs: [],
    ...changes,
  };
}

export function aPrediction(changes: Partial<Prediction> = {}): Prediction {
  const box = { x: 10, y: 20, width: 30, height: 10 };
  return {
    modelVersion: "v1",
    modelDigest: "sha256:0",
    createdAt: TIMESTAMP,
    device: "CPU",
    seconds: { segment: 1 },
    warnings: [],
    discs: [
      disc("L4-L5", 0.81, 4, { "3": box, "4": box }),
      disc("L5-S1", 0.12, 6, { "5": box, "6": box }),
    ],
    artifacts: { slices: "", masks: "", overlays: "", segmentation: "", prediction: "" },
    sliceCount: 9,
    keySlice: 4,
    sliceWidth: 100,
    sliceHeight: 100,
    herniationThreshold: 0.5,
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
  return { level, herniation, slice, box, boxes, confidence: 1, volumeMm3: null };
}

/** A Firestore whose changes the test makes. */
export class FakeScans implements Scans {
  limit = 0;
  watchers = 0;
  rows: (scans: Scan[]) => void = () => {};
  rowsFail: (error: CloudError) => void = () => {};
  scan: (scan: Scan | null) => void = () => {};
  prediction: (prediction: Prediction | null) => void = () => {};
  watchedVersion: string | null = null;

  watchNewest(
    limit: number,
    seen: (scans: Scan[]) => void,
    failed: (error: CloudError) => void,
  ): () => void {
    [this.limit, this.rows, this.rowsFail] = [limit, seen, failed];
    return this.watched();
  }

  watchScan(_: string, seen: (scan: Scan | null) => void): () => void {
    this.scan = seen;
    return this.watched();
  }

  watchPrediction(
    _: string,
    modelVersion: string,
    seen: (prediction: Prediction | null) => void,
  ): () => void {
    [this.watchedVersion, this.prediction] = [modelVersion, seen];
    return this.watched();
  }

  private watched(): () => void {
    this.watchers += 1;
    return () => (this.watchers -= 1);
  }
}

export function someUrls(expiresAt: Date, sliceCount = 9): ArtifactUrls {
  const slices = Array.from({ length: sliceCount }, (_, i) => `slice-${i}`);
  const masks = Array.from({ length: sliceCount }, (_, i) => `mask-${i}`);
  return {
    expiresAt: expiresAt.toISOString(),
    slices,
    masks,
    overlays: [],
    segmentation: "segmentation",
    prediction: "prediction",
  };
}

export function aFakeApi(changes: Partial<Api> = {}): Api {
  return {
    createUpload: async (fileName) => ({
      uploadUrl: "session",
      bucket: "uploads",
      objectName: `random/${fileName}`,
    }),
    artifactUrls: async () => someUrls(new Date(Date.now() + 900_000)),
    retry: async () => {},
    ...changes,
  };
}
