import type { Stop } from "../cloud/live";
import type { Models } from "../cloud/models";
import type {
  Comparison,
  ModelVersion,
  ProductionPointer,
  Reread,
  RetrainingControl,
  RetrainingRun,
  Reviewer,
} from "../records";

const TIMESTAMP = {
  toDate: () => new Date(0),
  toMillis: () => 0,
} as RetrainingRun["createdAt"];

export function aRun(epoch: number, changes: Partial<RetrainingRun> = {}): RetrainingRun {
  return {
    epoch,
    key: "",
    state: "succeeded",
    trigger: "labels",
    cutoff: TIMESTAMP,
    count: 50,
    threshold: 50,
    retrainSegmentation: false,
    createdAt: TIMESTAMP,
    updatedAt: TIMESTAMP,
    endedAt: null,
    lease: null,
    jobName: null,
    jobUrl: null,
    steps: [],
    dataset: null,
    refused: [],
    modelVersion: null,
    comparison: null,
    decision: null,
    reason: null,
    error: null,
    ...changes,
  };
}

export function aComparison(productionVersion: string): Comparison {
  const difference = { value: 0.04, low: 0, high: 0.08, count: 145, patients: 29 };
  return {
    metric: "auroc",
    productionVersion,
    difference,
    pValue: 0.02,
    guards: [],
    changedScans: 7,
  };
}

export function aReread(scanId: string, changes: Partial<Reread> = {}): Reread {
  return {
    scanId,
    modelVersion: "second",
    objectName: `r/${scanId}.mha`,
    state: "read",
    askedAt: TIMESTAMP,
    askedBy: "admin@hospital.org",
    updatedAt: TIMESTAMP,
    lease: null,
    begun: 0,
    progress: null,
    comparedWith: "first",
    changes: [],
    largestShift: 0,
    error: null,
    ...changes,
  };
}

/** A pointer that moved through these versions to the last one. */
export function aPointer(...versions: string[]): ProductionPointer {
  return {
    modelVersion: versions.at(-1) ?? "",
    modelDigest: "sha256:0",
    since: TIMESTAMP,
    history: versions.map((modelVersion) => ({
      modelVersion,
      at: TIMESTAMP,
      by: "run 1",
      reason: "better",
    })),
  };
}

/** Documents about models whose changes the test makes. */
export class FakeModels implements Models {
  watchers = 0;
  watchedModels: string[] = [];
  rereadsOf: string[] = [];
  production: (pointer: ProductionPointer | null) => void = () => {};
  retraining: (control: RetrainingControl | null) => void = () => {};
  runs: (runs: RetrainingRun[]) => void = () => {};
  rereads: (rereads: Reread[]) => void = () => {};
  newestReading: (version: string | null) => void = () => {};
  role: (role: Reviewer["role"] | null) => void = () => {};

  watchProduction(seen: (pointer: ProductionPointer | null) => void): Stop {
    this.production = seen;
    return this.watched();
  }

  watchRetraining(seen: (control: RetrainingControl | null) => void): Stop {
    this.retraining = seen;
    return this.watched();
  }

  watchRuns(_: number, seen: (runs: RetrainingRun[]) => void): Stop {
    this.runs = seen;
    return this.watched();
  }

  watchModel(version: string, seen: (model: ModelVersion | null) => void): Stop {
    this.watchedModels.push(version);
    seen(null);
    return this.watched();
  }

  watchRereads(version: string, _: number, seen: (rereads: Reread[]) => void): Stop {
    this.rereadsOf.push(version);
    this.rereads = seen;
    const stop = this.watched();
    return () => {
      this.rereadsOf = this.rereadsOf.filter((each) => each !== version);
      stop();
    };
  }

  watchNewestReading(seen: (version: string | null) => void): Stop {
    this.newestReading = seen;
    return this.watched();
  }

  watchRole(_: string, seen: (role: Reviewer["role"] | null) => void): Stop {
    this.role = seen;
    return this.watched();
  }

  private watched(): Stop {
    this.watchers += 1;
    return () => (this.watchers -= 1);
  }
}
