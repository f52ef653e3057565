import {
  type DocumentReference,
  type FirestoreError,
  onSnapshot,
  type Query,
  type QuerySnapshot,
} from "@firebase/firestore";
import { CloudError } from "./errors";

/** Ends the live view or the watch that returned it. */
export type Stop = () => void;

type Failed = (error: CloudError) => void;

/**
 * Options of every live view. Without a network the SDK answers from its cache, and an empty cache
 * doesn't mean that there is nothing: such answers are ignored. The server's answer may then differ
 * from them in its metadata alone, which is why changes of metadata are followed.
 */
const TOLD_BY_SERVER = { includeMetadataChanges: true } as const;

/** Follows a document; null once the server says that there is none. */
export function followDocument<T>(
  reference: DocumentReference,
  seen: (document: T | null) => void,
  failed: Failed,
): Stop {
  return onSnapshot(
    reference,
    TOLD_BY_SERVER,
    (row) => {
      if (row.exists()) seen(row.data() as T);
      else if (!row.metadata.fromCache) seen(null);
    },
    (error) => failed(inWords(error)),
  );
}

/** Follows the rows of a query; none once the server says that there are none. */
export function followRows(
  query: Query,
  seen: (rows: QuerySnapshot) => void,
  failed: Failed,
): Stop {
  return onSnapshot(
    query,
    TOLD_BY_SERVER,
    (rows) => {
      if (!rows.empty || !rows.metadata.fromCache) seen(rows);
    },
    (error) => failed(inWords(error)),
  );
}

export function inWords(error: FirestoreError): CloudError {
  if (error.code === "permission-denied") {
    return new CloudError("not-a-reviewer", "This account is not a reviewer.");
  }
  return new CloudError(error.code, `The database does not answer (${error.code}).`);
}
