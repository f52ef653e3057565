import { useEffect } from "preact/hooks";
import type { User } from "./cloud/cloud";
import { Deliveries } from "./features/labels/deliveries";
import { NotAReviewer } from "./features/session/not-a-reviewer";
import { SignIn } from "./features/session/sign-in";
import { Unreached } from "./features/session/unreached";
import { DropAnywhere } from "./features/upload/drop-anywhere";
import { DropZone } from "./features/upload/drop-zone";
import { choose, FilePicker } from "./features/upload/file-picker";
import { UploadQuestion } from "./features/upload/question";
import { Tray } from "./features/upload/tray";
import { UploadPage } from "./features/upload/upload-page";
import { Gathering } from "./features/worklist/gathering";
import { queryOfView } from "./features/worklist/view";
import { WorklistPage } from "./features/worklist/worklist-page";
import { Header } from "./header";
import type { Stores } from "./start";
import { Help, helpOpen } from "./ui/help";
import { lazily } from "./ui/lazily";
import { Problem } from "./ui/problem";
import { MODELS, navigate, page, UPLOAD, WORKLIST } from "./ui/router";
import { useShortcuts } from "./ui/shortcuts";
import { nextTheme } from "./ui/theme";
import { Toasts } from "./ui/toasts";

// Code that the first page does not need is fetched later, but ahead of time.
const Review = lazily(async () => (await import("./features/review/review-page")).ReviewPage);
const Models = lazily(async () => (await import("./features/models/models-page")).ModelsPage);

export function App({ stores }: { stores: Stores }) {
  return (
    <>
      <Entrance stores={stores} />
      <footer class="footer">
        <span>Research use only. Not a medical device.</span>
        <Deliveries outbox={stores.outbox} />
      </footer>
      <Toasts />
      <Help />
    </>
  );
}

/** The sign-in, a refusal or the pages, whichever the person may see. */
function Entrance({ stores }: { stores: Stores }) {
  const { session, worklist } = stores;
  const state = session.state.value;
  useShortcuts("everywhere", { help: () => (helpOpen.value = true), theme: nextTheme });
  if (state.kind === "starting") {
    return (
      <main class="starting" aria-busy="true">
        <Unreached />
      </main>
    );
  }
  if (state.kind === "signed-out") {
    return <SignIn state={state} session={session} demoUser={stores.cloud.config.demoUser} />;
  }
  if (worklist.state.value.kind === "refused") {
    return (
      <NotAReviewer
        email={state.user.email}
        session={session}
        checkAgain={() => worklist.again()}
      />
    );
  }
  return <Pages stores={stores} user={state.user} />;
}

function Pages({ stores, user }: { stores: Stores; user: User }) {
  const { cloud, session, worklist, thumbnails, uploads } = stores;
  const bucket = cloud.config.uploadsBucket;
  useShortcuts("everywhere", {
    search: () => {
      const focus = () => document.getElementById("search")?.focus();
      if (page.peek().name === "worklist") return focus(); // at once, for what is typed next
      navigate(WORKLIST);
      requestAnimationFrame(focus);
    },
    upload: () => choose("files"),
    goToWorklist: () => navigate(WORKLIST + queryOfView(worklist.view.peek())),
    goToUpload: () => navigate(UPLOAD),
    goToModels: () => navigate(MODELS),
  });
  const shown = page.value;
  useEffect(() => uploads.removeDone(), [shown]);
  useEffect(() => {
    Review.prepare();
    Models.prepare();
  }, []);
  return (
    <>
      <Header email={user.email} session={session} worklist={worklist} />
      <DropAnywhere uploads={uploads} />
      <FilePicker uploads={uploads} />
      {shown.name === "worklist" && (
        <WorklistPage worklist={worklist} thumbnails={thumbnails}>
          <DropZone bucket={bucket} />
          <Gathering gathers={cloud.gathers} />
        </WorklistPage>
      )}
      {shown.name === "scan" && (
        <Review.Page key={shown.scanId} scanId={shown.scanId} stores={stores} user={user} />
      )}
      {shown.name === "upload" && (
        <UploadPage uploads={uploads} rows={cloud.rows} bucket={bucket} />
      )}
      {shown.name === "models" && <Models.Page cloud={cloud} email={user.email} />}
      {shown.name === "nowhere" && (
        <main>
          <Problem title="Nothing here" message="No page of DiscAI has this address.">
            <a href={WORKLIST}>Go to the worklist</a>
          </Problem>
        </main>
      )}
      <UploadQuestion uploads={uploads} />
      {shown.name !== "upload" && <Tray uploads={uploads} rows={cloud.rows} />}
    </>
  );
}
