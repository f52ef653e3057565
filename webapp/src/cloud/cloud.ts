import type { ReadonlySignal } from "@preact/signals";
import type { Event, FilingOrder, Gather, Prediction } from "../records";
import type {
  ArtifactUrls,
  FileUrl,
  RereadOrder,
  RereadReceipt,
  ScanReport,
  UploadOrder,
  UploadSession,
} from "./calls";
import type {
  LabelOfScan,
  NewDistance,
  NewLabel,
  SavedDistance,
  SavedLabel,
  Scan,
  Study,
} from "./documents";
import type { CloudError } from "./errors";
import type { Stop } from "./live";
import type { Models } from "./models";
import type { Rows } from "./rows";

export interface User {
  uid: string;
  email: string;
}

/** Contents of `/config.json`: the project, the API and the bucket that this site works with. */
export interface SiteConfig {
  projectId: string;
  apiKey: string;
  apiUrl: string;
  uploadsBucket: string;
  emulators: { firestore: string; auth: string } | null;
  demoUser: { email: string; password: string } | null;
}

/** Signing in and out, and who is signed in. */
export interface Accounts {
  watch(seen: (user: User | null) => void): Stop;
  signIn(email: string, password: string): Promise<void>;
  signOut(): Promise<void>;
}

/** Live views of Firestore: each calls `seen` now and at every change until stopped. */
export interface Scans {
  watchScan(
    scanId: string,
    seen: (scan: Scan | null) => void,
    failed: (error: CloudError) => void,
  ): Stop;
  /** Follows the predictions of every model that read the scan. */
  watchPredictions(
    scanId: string,
    seen: (predictions: Prediction[]) => void,
    failed: (error: CloudError) => void,
  ): Stop;
  /** Follows the scan's timeline, the oldest event first. */
  watchEvents(
    scanId: string,
    seen: (events: Event[]) => void,
    failed: (error: CloudError) => void,
  ): Stop;
}

/** Live views of studies: the series of one visit. */
export interface Studies {
  watch(
    studyKey: string,
    seen: (study: Study | null) => void,
    failed: (error: CloudError) => void,
  ): Stop;
  /** Follows what of a study is filed in the archive; null where nothing ever was to be. */
  watchFiling(
    studyKey: string,
    seen: (order: FilingOrder | null) => void,
    failed: (error: CloudError) => void,
  ): Stop;
  /** Follows all studies of one patient. */
  watchPatient(
    patientKey: string,
    seen: (studies: Study[]) => void,
    failed: (error: CloudError) => void,
  ): Stop;
}

/** A live view of series whose slices come in as files of their own. */
export interface Gathers {
  /** Follows those that are not yet whole. */
  watch(seen: (gathers: Gather[]) => void, failed: (error: CloudError) => void): Stop;
}

/** Labels that reviewers saved; none of them ever changes. */
export interface Labels {
  /** Follows every label of the scan, the oldest first. */
  watch(
    scanId: string,
    seen: (labels: SavedLabel[]) => void,
    failed: (error: CloudError) => void,
  ): Stop;
  /** Fetches the same once from the server; rejects with a `CloudError`. */
  list(scanId: string): Promise<SavedLabel[]>;
  /**
   * Saves what one save says of a scan, and of other series of its study: all of it or nothing.
   * Resolves once the server has it, also if an earlier try wrote it. Waits while there is no
   * network; rejects with a `CloudError` if a label is refused for good.
   */
  create(
    scanId: string,
    labelId: string,
    label: NewLabel,
    others?: readonly LabelOfScan[],
  ): Promise<void>;
}

/** What people have measured on the slices of a scan. */
export interface Annotations {
  /** Follows them, the oldest first; what this page writes is among them at once. */
  watch(
    scanId: string,
    seen: (distances: SavedDistance[]) => void,
    failed: (error: CloudError) => void,
  ): Stop;
  /** Resolves once the server has it, and waits while there is no network; rejects if refused. */
  add(scanId: string, distance: NewDistance): Promise<void>;
  /** Removes one of this person's own, in the same way. */
  remove(scanId: string, id: string): Promise<void>;
  /** True while the server lacks something, which closing the page would lose. */
  wouldLose: ReadonlySignal<boolean>;
}

/** A file of a reading, for people. */
export type ResultFile = "segmentation.mha" | "prediction.json";

/** The HTTP API; every call rejects with a `CloudError`. */
export interface Api {
  createUpload(order: UploadOrder): Promise<UploadSession>;
  /** Signed URLs of the pictures; without `pictures`, `slices[n]` and `masks[n]` belong to slice n. */
  artifactUrls(scanId: string, modelVersion: string): Promise<ArtifactUrls>;
  /** A signed URL of a file for people. */
  fileUrl(scanId: string, modelVersion: string, file: ResultFile): Promise<FileUrl["url"]>;
  /** A signed URL of the key slice with its discs. */
  thumbnailUrl(scanId: string, modelVersion: string): Promise<FileUrl["url"]>;
  /** What is known of a scan, in sentences. */
  report(scanId: string, modelVersion: string): Promise<ScanReport>;
  retry(scanId: string): Promise<void>;
  /** Puts an earlier model back into production; administrators only. */
  rollBack(modelVersion: string): Promise<void>;
  /**
   * Sends the newest scans that the model in production has not read to it; administrators only.
   * Resolves to their number.
   */
  readAgain(modelVersion: string, count: RereadOrder["count"]): Promise<RereadReceipt["count"]>;
}

/** Everything that the app needs from the network, so that tests can replace it. */
export interface Cloud {
  config: SiteConfig;
  accounts: Accounts;
  scans: Scans;
  studies: Studies;
  gathers: Gathers;
  rows: Rows;
  models: Models;
  labels: Labels;
  annotations: Annotations;
  api: Api;
}
