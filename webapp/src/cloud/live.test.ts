import { initializeApp } from "@firebase/app";
import {
  collection,
  disableNetwork,
  doc,
  type Firestore,
  getFirestore,
  onSnapshot,
  setDoc,
} from "@firebase/firestore";
import { beforeAll, describe, expect, it } from "vitest";
import { followDocument, followRows } from "./live";

let db: Firestore;
beforeAll(async () => {
  db = getFirestore(initializeApp({ projectId: "demo-offline" }));
  await disableNetwork(db);
});

const fails = (error: Error): void => {
  throw error;
};

describe("without a network", () => {
  it("what is not remembered is not said to be missing", async () => {
    const said: unknown[] = [];
    followDocument(doc(db, "scans", "a"), (document) => said.push(document), fails);
    followRows(collection(db, "scans"), (rows) => said.push(rows), fails);
    await new Promise<void>((answered) => {
      onSnapshot(collection(db, "scans"), () => answered()); // the SDK has said that there is none
    });
    expect(said).toEqual([]);
  });

  it("what is remembered is shown", async () => {
    void setDoc(doc(db, "runs", "1"), { epoch: 1 });
    const run = await new Promise((seen) => followDocument(doc(db, "runs", "1"), seen, fails));
    expect(run).toEqual({ epoch: 1 });
  });
});
