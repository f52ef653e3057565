import {
  type DocumentReference,
  type FirestoreError,
  onSnapshot,
  type Query,
  type QuerySnapshot,
  type SnapshotMetadata,
} from "@firebase/firestore";
import { CloudError } from "./errors";
import { type Answered, PATIENCE_MS, reach } from "./reach";

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
  return follow(failed, (question, broken) =>
    onSnapshot(
      reference,
      TOLD_BY_SERVER,
      (row) => {
        question.hear(row.metadata);
        if (row.exists()) seen(row.data() as T);
        else if (!row.metadata.fromCache) seen(null);
      },
      broken,
    ),
  );
}

/** Follows the rows of a query; none once the server says that there are none. */
export function followRows(
  query: Query,
  seen: (rows: QuerySnapshot) => void,
  failed: Failed,
): Stop {
  return follow(failed, (question, broken) =>
    onSnapshot(
      query,
      TOLD_BY_SERVER,
      (rows) => {
        question.hear(rows.metadata);
        if (!rows.empty || !rows.metadata.fromCache) seen(rows);
      },
      broken,
    ),
  );
}

/** Begins a live view and its question; they break and end together. */
function follow(
  failed: Failed,
  begin: (question: Question, broken: (error: FirestoreError) => void) => Stop,
): Stop {
  const question = new Question();
  const stop = begin(question, (error) => {
    question.end();
    failed(inWords(error));
  });
  return () => {
    question.end(false);
    stop();
  };
}

/** What a live view waits for: the server's first answer, and the next after the line was lost. */
class Question {
  private answered: Answered | null = reach.ask("database");

  hear({ fromCache }: SnapshotMetadata): void {
    if (fromCache) this.answered ??= reach.ask("database");
    else if (this.answered) this.end();
    else reach.heard("database");
  }

  end(isAnswer = true): void {
    this.answered?.(isAnswer);
    this.answered = null;
  }
}

/** The answer to one question to the database; rejects if it says nothing for five seconds. */
export function soon<T>(question: Promise<T>): Promise<T> {
  return new Promise((answered, failed) => {
    const silent = new CloudError("unreachable", "The database does not answer.");
    const timer = setTimeout(() => failed(silent), PATIENCE_MS);
    reach
      .answer("database", question)
      .then(answered, failed)
      .finally(() => clearTimeout(timer));
  });
}

export function inWords(error: FirestoreError): CloudError {
  if (error.code === "permission-denied") {
    return new CloudError("not-a-reviewer", "This account is not a reviewer.");
  }
  return new CloudError(error.code, `The database does not answer (${error.code}).`);
}
