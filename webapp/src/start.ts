import { effect } from "@preact/signals";
import type { Cloud } from "./cloud/cloud";
import { serverTime } from "./cloud/server-time";
import { Outbox } from "./features/labels/outbox";
import { Drafts, forgetOldDrafts } from "./features/review/editing/drafts";
import { ReportTexts } from "./features/review/report/texts";
import { Session } from "./features/session/session";
import { findEarlierUpload } from "./features/upload/earlier-upload";
import { putChunk } from "./features/upload/put-chunk";
import { UploadQueue } from "./features/upload/queue";
import { BrowserUploadStore, claimInTab, newUploadId } from "./features/upload/upload-store";
import { waitForNetwork } from "./features/upload/wait";
import { zipInWorker } from "./features/upload/zip";
import { loadSmall, Thumbnails } from "./features/worklist/thumbnails";
import { Worklist } from "./features/worklist/worklist";
import { browserStorage } from "./ui/storage";

/** The state that stays when another page opens. */
export interface Stores {
  cloud: Cloud;
  session: Session;
  worklist: Worklist;
  thumbnails: Thumbnails;
  uploads: UploadQueue;
  outbox: Outbox;
  drafts: Drafts;
  reportTexts: ReportTexts;
}

/** Builds the stores on a cloud; the worklist follows Firestore while somebody is signed in. */
export function startApp(cloud: Cloud): Stores {
  const session = new Session(cloud.accounts);
  const worklist = new Worklist(cloud.rows, cloud.scans, cloud.api, cloud.studies);
  const thumbnails = new Thumbnails(
    loadSmall((id, version) => cloud.api.thumbnailUrl(id, version)),
  );
  const uploads = new UploadQueue({
    openSession: (name, body) =>
      cloud.api.createUpload({ fileName: name, size: body.size, contentType: body.type }),
    put: putChunk,
    wait: waitForNetwork,
    pack: zipInWorker,
    now: serverTime.now,
    store: new BrowserUploadStore(),
    findEarlierUpload: (name, bytes) =>
      findEarlierUpload((size) => cloud.rows.ofSize(size), name, bytes),
    claim: claimInTab,
    newId: newUploadId,
  });
  const outbox = new Outbox(cloud.labels, browserStorage);
  const reportTexts = new ReportTexts(browserStorage);
  effect(() => {
    // Not by the computer's own clock: if it is wrong, drafts of today look old.
    if (!serverTime.isKnown.value) return;
    forgetOldDrafts(browserStorage, serverTime.now());
    reportTexts.forgetOld();
  });
  const drafts = new Drafts(browserStorage);
  addEventListener("storage", () => drafts.changedElsewhere());
  effect(() => {
    const state = session.state.value;
    if (state.kind === "signed-in") {
      worklist.start(state.user.email);
      void uploads.start(state.user.email);
    } else {
      worklist.end();
      thumbnails.forget();
      uploads.end();
    }
  });
  effect(() => {
    const state = session.state.value;
    if (state.kind === "signed-in") outbox.start(state.user.uid);
    else outbox.end();
  });
  addEventListener("beforeunload", (event) => {
    const wouldLose = [uploads, outbox, drafts, cloud.annotations].some((store) =>
      store.wouldLose.peek(),
    );
    if (wouldLose) event.preventDefault(); // the browser asks first
  });
  return { cloud, session, worklist, thumbnails, uploads, outbox, drafts, reportTexts };
}
