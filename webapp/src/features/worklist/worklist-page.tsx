import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Problem } from "../../ui/problem";
import { page, WORKLIST } from "../../ui/router";
import { RetryAll } from "./retry-all";
import { Table } from "./table";
import type { Thumbnails } from "./thumbnails";
import { NewScans, Toolbar } from "./toolbar";
import { FIRST_VIEW, queryOfView, viewOfQuery } from "./view";
import type { Worklist } from "./worklist";
import "./worklist.css";

interface WorklistPageProps {
  worklist: Worklist;
  thumbnails: Thumbnails;
  /** Shown above the list: the drop zone for new scans. */
  children: ComponentChildren;
}

export function WorklistPage({ worklist, thumbnails, children }: WorklistPageProps) {
  useEffect(() => {
    document.title = "DiscAI";
  }, []);
  useViewInAddress(worklist);
  useLayoutEffect(() => {
    worklist.hold("away", false);
    return () => worklist.hold("away", true);
  }, []);
  return (
    <main class="worklist-page">
      <h1 class="visually-hidden">Worklist</h1>
      {children}
      <Toolbar worklist={worklist} />
      <NewScans worklist={worklist} />
      <RetryAll worklist={worklist} />
      <Content worklist={worklist} thumbnails={thumbnails} />
    </main>
  );
}

/** Keeps the view in the page's address, so that it can be shared and the back button works. */
function useViewInAddress(worklist: Worklist): void {
  const arrived = useRef(false);
  const shown = page.value;
  useLayoutEffect(() => {
    const fromScan = !arrived.current && location.search === "";
    arrived.current = true;
    if (!fromScan) worklist.show(viewOfQuery(location.search));
  }, [shown]);

  const view = worklist.view.value;
  useEffect(() => {
    const query = queryOfView(view);
    if (query === location.search) return;
    const before = viewOfQuery(location.search);
    const chosen = before.show !== view.show || before.order !== view.order;
    const address = WORKLIST + query;
    if (chosen) history.pushState(null, "", address);
    else history.replaceState(null, "", address); // no step back for each letter typed
  }, [view]);
}

interface ContentProps {
  worklist: Worklist;
  thumbnails: Thumbnails;
}

function Content({ worklist, thumbnails }: ContentProps) {
  const state = worklist.state.value;
  if (state.kind === "broken") {
    return (
      <Problem title="The worklist can't be shown" message={state.message}>
        No scan was lost. <button onClick={() => worklist.again()}>Try again</button>
      </Problem>
    );
  }
  if (state.kind === "loading") return <Skeleton />;
  if (worklist.visible.value.length === 0) {
    return worklist.changing.value ? <Skeleton /> : <Nothing worklist={worklist} />;
  }
  return <Table worklist={worklist} thumbnails={thumbnails} />;
}

/** The reason for an empty list, and what to do about it. */
function Nothing({ worklist }: { worklist: Worklist }) {
  const { show, search } = worklist.view.value;
  if (search.trim()) {
    return (
      <section class="empty">
        <h2>No scan matches “{search.trim()}”</h2>
        <p>Words are found by their beginning, in names, ids and addresses of people.</p>
        <button onClick={() => worklist.show(FIRST_VIEW)}>Show all scans</button>
      </section>
    );
  }
  const words = {
    all: {
      title: "No scans yet",
      text: "Drop a lumbar MRI anywhere on this page. It appears here within a second, and its discs as soon as they are read.",
    },
    review: {
      title: "Nothing to review",
      text: "Every scan that was read has a label. New ones appear here by themselves.",
    },
    failed: { title: "No failed scan", text: "Every scan could be read." },
    dead: {
      title: "No dead-lettered scan",
      text: "Scans that could not be read after many tries appear here, with the reason.",
    },
    mine: {
      title: "No scan of yours yet",
      text: "Scans that you upload or label appear here.",
    },
  }[show];
  return (
    <section class="empty">
      <h2>{words.title}</h2>
      <p>{words.text}</p>
      {show !== "all" && <button onClick={() => worklist.show(FIRST_VIEW)}>Show all scans</button>}
    </section>
  );
}

/** Placeholder rows while the list loads. */
function Skeleton() {
  return (
    <section class="worklist skeleton" aria-busy="true" aria-label="Loading the worklist">
      {Array.from({ length: 8 }, (_, row) => (
        <div class="skeleton-row" key={row}>
          <i />
          <i />
          <i />
        </div>
      ))}
    </section>
  );
}
