import type { Prediction, ScanRecord } from "../records";

/** `scans/{scanId}` together with its id. */
export interface Scan extends ScanRecord {
  id: string;
}

export interface User {
  email: string;
}

/** A failure that a person may be told as it is. */
export class CloudError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What `/config.json` says about the place where this bundle runs. */
export interface SiteConfig {
  projectId: string;
  apiKey: string;
  apiUrl: string;
  uploadsBucket: string;
  emulators: { firestore: string; auth: string } | null;
  demoUser: { email: string; password: string } | null;
}

export type Stop = () => void;

/** Who is signed in. */
export interface Accounts {
  watch(seen: (user: User | null) => void): Stop;
  signIn(email: string, password: string): Promise<void>;
  signOut(): Promise<void>;
}

/** Live views of Firestore: each calls `seen` now and at every change until stopped. */
export interface Scans {
  watchNewest(
    limit: number,
    seen: (scans: Scan[]) => void,
    failed: (error: CloudError) => void,
  ): Stop;
  watchScan(
    scanId: string,
    seen: (scan: Scan | null) => void,
    failed: (error: CloudError) => void,
  ): Stop;
  watchPrediction(
    scanId: string,
    modelVersion: string,
    seen: (prediction: Prediction | null) => void,
    failed: (error: CloudError) => void,
  ): Stop;
}

export interface UploadSession {
  uploadUrl: string;
  bucket: string;
  objectName: string;
}

/** Signed URLs of a prediction's artifacts; `slices[n]`, `masks[n]` belong to slice n. */
export interface ArtifactUrls {
  expiresAt: string;
  slices: string[];
  masks: string[];
  overlays: string[];
  segmentation: string;
  prediction: string;
}

/** The HTTP API; every call rejects with a `CloudError`. */
export interface Api {
  createUpload(fileName: string, size: number, contentType: string): Promise<UploadSession>;
  artifactUrls(scanId: string, modelVersion: string): Promise<ArtifactUrls>;
  retry(scanId: string): Promise<void>;
}

/** Everything outside this page, so that tests can bring their own. */
export interface Cloud {
  config: SiteConfig;
  accounts: Accounts;
  scans: Scans;
  api: Api;
}
