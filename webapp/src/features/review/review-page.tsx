import { useEffect, useMemo } from "preact/hooks";
import type { Stores } from "../../start";
import { navigate, scanAddress, WORKLIST } from "../../ui/router";
import { Problem } from "../../ui/problem";
import { useShortcuts } from "../../ui/shortcuts";
import { LEVELS } from "../../anatomy";
import { fileName } from "../worklist/words";
import { boxesShown, maskShown, Viewport } from "./display";
import { loadFrame } from "./load-frame";
import { Pending } from "./pending";
import { Review as ReviewStore } from "./review";
import { Sidebar } from "./sidebar";
import { Viewer } from "./viewer";
import "./review.css";

export function Review({ scanId, stores }: { scanId: string; stores: Stores }) {
  const { cloud, worklist } = stores;
  const review = useMemo(
    () => new ReviewStore(scanId, cloud.scans, cloud.api, loadFrame),
    [scanId],
  );
  const viewport = useMemo(() => new Viewport(), [scanId]);
  useEffect(() => {
    worklist.lastOpened.value = scanId;
    review.start();
    return () => review.end();
  }, [review]);

  const open = (step: 1 | -1) => () => {
    const neighbour = worklist.neighbour(scanId, step);
    if (neighbour) navigate(scanAddress(neighbour.id));
  };
  useShortcuts("review", {
    nextSlice: () => review.step(1),
    previousSlice: () => review.step(-1),
    mask: () => (maskShown.value = !maskShown.value),
    boxes: () => (boxesShown.value = !boxesShown.value),
    level: (key) => review.selectLevel(LEVELS[Number(key) - 1] ?? ""),
    reset: () => viewport.reset(),
    nextScan: open(1),
    previousScan: open(-1),
    back: () => navigate(WORKLIST),
  });

  return (
    <main class="review-page">
      <Content review={review} viewport={viewport} stores={stores} />
    </main>
  );
}

interface ContentProps {
  review: ReviewStore;
  viewport: Viewport;
  stores: Stores;
}

function Content({ review, viewport, stores }: ContentProps) {
  const state = review.state.value;
  const scan = review.scan.value;
  const name = scan ? fileName(scan) : null;
  useEffect(() => {
    document.title = name ? `${name} · DiscAI` : "DiscAI";
  }, [name]);

  if (state.kind === "broken") {
    return (
      <Problem title="This scan can't be shown" message={state.message}>
        Nothing was lost. Reload the page, or <a href={WORKLIST}>go to the worklist</a>.
      </Problem>
    );
  }
  if (state.kind === "missing") {
    return (
      <Problem title="No such scan" message="No scan has this address. It may have been removed.">
        <a href={WORKLIST}>Go to the worklist</a>
      </Problem>
    );
  }
  const prediction = review.prediction.value;
  return (
    <>
      <div class="review-bar">
        <a href={WORKLIST} title="Worklist (Esc)">
          ← Worklist
        </a>
        <h1>{name ?? "…"}</h1>
        {prediction && <span class="chip">model {prediction.modelVersion}</span>}
        {prediction?.warnings.map((warning) => (
          <span class="chip warning" key={warning}>
            <span aria-hidden="true">⚠ </span>
            {warning}
          </span>
        ))}
      </div>
      <div class="review-body">
        {prediction ? (
          <Viewer review={review} viewport={viewport} prediction={prediction} />
        ) : (
          <Pending scan={scan} worklist={stores.worklist} />
        )}
        <Sidebar review={review} />
      </div>
    </>
  );
}
