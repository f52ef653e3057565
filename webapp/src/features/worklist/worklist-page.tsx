import { useEffect, useRef } from "preact/hooks";
import type { Stores } from "../../start";
import { plural } from "../../ui/format";
import { Problem } from "../../ui/problem";
import { useShortcuts } from "../../ui/shortcuts";
import { DropZone } from "../upload/drop-zone";
import { Row } from "./row";
import type { Worklist } from "./worklist";
import "./worklist.css";

export function WorklistPage({ stores }: { stores: Stores }) {
  const { worklist, cloud } = stores;
  useEffect(() => {
    document.title = "DiscAI";
  }, []);
  return (
    <main class="worklist-page">
      <h1 class="visually-hidden">Worklist</h1>
      <DropZone bucket={cloud.config.uploadsBucket} />
      <Content worklist={worklist} />
    </main>
  );
}

function Content({ worklist }: { worklist: Worklist }) {
  const state = worklist.state.value;
  if (state.kind === "broken") {
    return (
      <Problem title="The worklist can't be shown" message={state.message}>
        No scan was lost. <button onClick={() => worklist.start()}>Try again</button>
      </Problem>
    );
  }
  if (state.kind === "loading") return <Skeleton />;
  if (worklist.scans.value.length === 0) return <Empty />;
  if (worklist.visible.value.length === 0) {
    return (
      <section class="empty">
        <h2>No scan matches “{worklist.search.value}”</h2>
        <button onClick={() => (worklist.search.value = "")}>Show all scans</button>
      </section>
    );
  }
  return <Table worklist={worklist} />;
}

function Table({ worklist }: { worklist: Worklist }) {
  const body = useRef<HTMLTableSectionElement>(null);
  const links = (): HTMLAnchorElement[] => [
    ...(body.current?.querySelectorAll<HTMLAnchorElement>("a.row-link") ?? []),
  ];

  function move(step: 1 | -1): void {
    const all = links();
    const at = all.findIndex((link) => link === document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
  }
  useShortcuts("worklist", { next: () => move(1), previous: () => move(-1) });

  useEffect(() => {
    const opened = worklist.lastOpened.peek();
    links()
      .find((link) => link.dataset["scan"] === opened)
      ?.focus({ preventScroll: false });
  }, []);

  const rows = worklist.visible.value;
  return (
    <section class="worklist" aria-label="Scans">
      <table>
        <thead>
          <tr>
            <th scope="col">Scan</th>
            <th scope="col">
              Discs <span class="hint">L1-L2 to L5-S1</span>
            </th>
            <th scope="col">Highest p(LDH)</th>
            <th scope="col">State</th>
            <th scope="col">From</th>
            <th scope="col" class="number">
              Age
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((scan) => (
            <Row key={scan.id} scan={scan} worklist={worklist} />
          ))}
        </tbody>
      </table>
      <p class="worklist-foot">
        {plural(rows.length, "scan")} shown, newest first.
        {worklist.hasMore.value && (
          <button class="quiet" onClick={() => worklist.showMore()}>
            Show older
          </button>
        )}
      </p>
    </section>
  );
}

function Empty() {
  return (
    <section class="empty">
      <h2>No scans yet</h2>
      <p>
        Drop a lumbar MRI anywhere on this page. It appears here within a second, and its discs as
        soon as they are read.
      </p>
    </section>
  );
}

/** The shape of what comes. */
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
