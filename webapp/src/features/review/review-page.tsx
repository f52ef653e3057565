import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { LEVELS } from "../../anatomy";
import type { Cloud, User } from "../../cloud/cloud";
import type { Scan } from "../../cloud/documents";
import { serverTime } from "../../cloud/server-time";
import { Problem } from "../../ui/problem";
import { navigate, scanAddress, WORKLIST } from "../../ui/router";
import { fileName } from "../../ui/scan-words";
import { useShortcuts } from "../../ui/shortcuts";
import { tell, tellErrorWhile } from "../../ui/toasts";
import { WarningChip } from "../../ui/warning-chip";
import type { Outbox } from "../labels/outbox";
import type { Worklist } from "../worklist/worklist";
import { type Beside, useBeside } from "./beside/beside";
import { besideParts } from "./beside/parts";
import { ModelChoice } from "./case/model-choice";
import { Pending } from "./case/pending";
import type { Drafts } from "./editing/drafts";
import { DistanceControl, MeasuringHint } from "./distances/distance-control";
import { DistanceLayer } from "./distances/distance-layer";
import { Distances } from "./distances/distances";
import { SELECT_FIRST } from "./editing/editor";
import { Review } from "./editing/review";
import { Siblings } from "./editing/siblings";
import { focusGradings } from "./gradings/gradings";
import {
  boxesShown,
  ghostsShown,
  inverted,
  maskShown,
  reasonShown,
  Viewport,
  windowsOf,
} from "./picture/display";
import { loadFrame } from "./picture/load-frame";
import { OpenScan } from "./picture/open-scan";
import { type OpenReport, useReport } from "./report/open-report";
import type { ReportTexts } from "./report/texts";
import { Viewer } from "./picture/viewer";
import { Ghosts } from "./readers/ghosts";
import { BackWalls } from "./reason/back-walls";
import { Sidebar } from "./sidebar";
import { OpenStudy, useStudyKeys } from "./study/open-study";
import { othersOf, READABLE } from "./study/words";
import "./review.css";
import "./beside/beside.css";
import "./distances/distances.css";

/** The part of the app's state that the page uses. */
interface ReviewPageStores {
  cloud: Pick<Cloud, "scans" | "studies" | "labels" | "annotations" | "api">;
  session: { uid: ReadonlySignal<string | null> };
  worklist: Worklist;
  outbox: Outbox;
  drafts: Drafts;
  reportTexts: ReportTexts;
}

interface ReviewPageProps {
  scanId: string;
  stores: ReviewPageStores;
  user: User;
}

export function ReviewPage({ scanId, stores, user }: ReviewPageProps) {
  const { cloud, session, worklist, outbox, drafts, reportTexts } = stores;
  const openScan = useMemo(() => new OpenScan(scanId, cloud.scans, cloud.api, loadFrame), [scanId]);
  const viewport = useMemo(() => new Viewport(), [scanId]);
  useEffect(() => {
    worklist.lastOpened.value = scanId;
    openScan.chosenVersion.value = drafts.versionOf(user.uid, scanId);
    openScan.start();
    return () => openScan.end();
  }, [openScan]);

  const siblings = useMemo(() => new Siblings(cloud.scans, cloud.labels), [openScan]);
  const prediction = openScan.prediction.value;
  const review = useMemo(
    () =>
      prediction &&
      new Review(openScan, prediction, {
        user,
        drafts,
        outbox,
        siblings,
        labels: cloud.labels,
        newId: () => crypto.randomUUID(),
        now: serverTime.now,
        steady: () => performance.now(),
      }),
    [openScan, prediction?.modelVersion],
  );
  useEffect(() => {
    review?.start((error) => (openScan.state.value = { kind: "broken", message: error.message }));
    return () => {
      if (!review) return;
      review.end();
      const place = { uid: user.uid, scanId, modelVersion: review.prediction.modelVersion };
      const isAtRisk = (): boolean => session.uid.value === user.uid && drafts.isOnlyHere(place);
      tellErrorWhile(isAtRisk, onlyHere(nameOf(openScan.scan.peek())));
    };
  }, [review]);

  const distances = useMemo(
    () =>
      prediction &&
      new Distances(scanId, prediction, openScan.slice, {
        user,
        annotations: cloud.annotations,
        newId: () => crypto.randomUUID(),
      }),
    [openScan, prediction?.modelVersion],
  );
  useEffect(() => {
    const stop = distances?.startWatching();
    return () => {
      stop?.();
      tellErrorWhile(() => cloud.annotations.wouldLose.value, NOT_YET_SAVED);
    };
  }, [distances]);
  const reportPlace = prediction && {
    uid: user.uid,
    scanId,
    modelVersion: prediction.modelVersion,
  };
  const report = useReport(cloud.api, reportTexts, reportPlace);

  const place = openScan.scan.value?.study;
  const openStudy = useMemo(
    () => place && new OpenStudy(scanId, place, cloud.studies),
    [scanId, place?.studyKey, place?.patientKey],
  );
  useEffect(() => {
    openStudy?.start();
    return () => openStudy?.end();
  }, [openStudy]);

  const study = openStudy?.study.value ?? null;
  useEffect(
    () => siblings.follow(study ? othersOf(study, scanId, READABLE) : []),
    [siblings, study],
  );
  useEffect(() => () => siblings.end(), [siblings]);

  const sequence = place?.series.sequence ?? "";
  useEffect(() => viewport.showWindowOf(sequence), [viewport, sequence]);
  const beside = useBeside(openScan, openStudy ?? null, viewport, cloud);

  const name = nameOf(openScan.scan.value);
  const openNext = async (): Promise<void> => {
    const labelled = new Set([scanId, ...outbox.scanIds.value]);
    const next = await worklist.nextToReview(scanId, labelled);
    if (location.pathname !== scanAddress(scanId)) return; // somebody has gone elsewhere meanwhile
    if (typeof next === "string") tell(NO_NEXT[next]);
    navigate(typeof next === "string" ? WORKLIST : scanAddress(next.id));
  };
  const save = (): void => void (review?.saveCorrections(name) && openNext());
  const accept = (): void => void (review?.acceptPredictions(name) && openNext());
  const confirm = (): void => {
    if (review?.asking.confirm()) accept();
  };
  const reset = (): void => (beside?.open?.view ?? viewport).reset();
  const openReport = (): void => void report?.open();
  const done = { save, accept, confirm, reset, report: openReport };
  useReviewKeys(openScan, review, distances, viewport, worklist, done);
  useStudyKeys(openStudy);

  return (
    <main class="review-page">
      <Content
        openScan={openScan}
        openStudy={openStudy ?? null}
        beside={beside}
        review={review}
        distances={distances}
        viewport={viewport}
        stores={stores}
        save={save}
        accept={accept}
        confirm={confirm}
        report={report}
      />
    </main>
  );
}

/** The reason why no next scan opens after a save. */
const NO_NEXT = {
  none: "No other scan on this worklist waits for a review.",
  unknown: "The database can't say right now whether another scan waits for a review.",
} as const;

const nameOf = (scan: Scan | null): string => (scan ? fileName(scan) : "…");

const onlyHere = (name: string): string =>
  `Your changes to ${name} can't be kept on this computer. They are still there when you go back ` +
  "to it: save them before you close this page.";

const NOT_YET_SAVED =
  "Not all distances are saved yet: they are sent once there is a network, if this page stays open.";

function useReviewKeys(
  openScan: OpenScan,
  review: Review | null,
  distances: Distances | null,
  viewport: Viewport,
  worklist: Worklist,
  done: Record<"save" | "accept" | "confirm" | "reset" | "report", () => void>,
): void {
  const editor = review?.editor;
  const open = (step: 1 | -1) => () => {
    const neighbour = worklist.neighbour(openScan.scanId, step);
    if (neighbour) navigate(scanAddress(neighbour.id));
  };
  useShortcuts("review", {
    nextSlice: () => openScan.step(1),
    previousSlice: () => openScan.step(-1),
    level: (key) => {
      const level = LEVELS[Number(key) - 1];
      if (level && review && !editor?.pressLevel(level)) review.selectDisc(level);
    },
    herniated: () => review?.asking.change(),
    draw: () => editor && (editor.drawing.value = !editor.drawing.value),
    remove: () => editor?.remove(),
    nudge: (key) => editor?.nudge(...along(key, 1)),
    stretch: (key) => editor?.stretch(...along(key, 1)),
    undo: () => (distances?.isMeasuring.value ? distances.undo() : review?.undo()),
    redo: () => editor?.redo(),
    ...done,
    mask: () => (maskShown.value = !maskShown.value),
    boxes: () => (boxesShown.value = !boxesShown.value),
    reason: () => (reasonShown.value = !reasonShown.value),
    invert: () => (inverted.value = !inverted.value),
    pixels: () => review && viewport.showPixels(review.prediction.sliceWidth),
    distance: () => distances?.flip(),
    gradings: () => focusGradings() || editor?.refuse(SELECT_FIRST),
    ghosts: () => (ghostsShown.value = !ghostsShown.value),
    zoom: (key) => viewport.zoomAt(key === "-" ? 1 / ZOOM_STEP : ZOOM_STEP, 0, 0),
    pan: (key) => viewport.panBy(...along(key, -PAN_STEP_PX)),
    window: (key) => viewport.windowBy(...along(key, WINDOW_STEP)),
    nextWindow: () => review && viewport.chooseNext(windowsOf(review.prediction)),
    allGreys: () => review?.prediction.windows && viewport.choose("fit"),
    nextScan: open(1),
    previousScan: open(-1),
    back: () => {
      if (distances?.stop()) return;
      if (editor?.drawing.value) editor.drawing.value = false;
      else if (review?.asking.stop()) editor?.select(null);
      else if (editor?.selected.value) editor.select(null);
      else navigate(WORKLIST);
    },
  });
}

const ZOOM_STEP = 1.25;
const PAN_STEP_PX = 40;
const WINDOW_STEP = 15;

/** A step in the direction of an arrow key. */
const along = (arrow: string, step: number): [dx: number, dy: number] => [
  step * (Number(arrow === "ArrowRight") - Number(arrow === "ArrowLeft")),
  step * (Number(arrow === "ArrowDown") - Number(arrow === "ArrowUp")),
];

interface ContentProps {
  openScan: OpenScan;
  openStudy: OpenStudy | null;
  beside: Beside | null;
  review: Review | null;
  distances: Distances | null;
  viewport: Viewport;
  stores: ReviewPageStores;
  save: () => void;
  accept: () => void;
  confirm: () => void;
  report: OpenReport | null;
}

function Content(props: ContentProps) {
  const { openScan, openStudy, beside, review, distances, viewport, stores } = props;
  const { save, accept, confirm, report } = props;
  const state = openScan.state.value;
  const scan = openScan.scan.value;
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
  return (
    <>
      <div class="review-bar">
        <a href={WORKLIST} title="Worklist (Esc)">
          ← Worklist
        </a>
        <h1>{name ?? "…"}</h1>
        {review && <ModelChoice openScan={openScan} review={review} />}
        {review?.prediction.warnings.map((warning) => (
          <WarningChip key={warning} warning={warning} />
        ))}
      </div>
      <div class="review-body">
        {review && distances ? (
          <Viewer
            openScan={openScan}
            review={review}
            viewport={viewport}
            beside={beside && besideParts(beside, openScan, viewport)}
            isTaken={distances.isMeasuring}
            hint={<MeasuringHint distances={distances} prediction={review.prediction} />}
            controls={
              <DistanceControl
                distances={distances}
                prediction={review.prediction}
                goTo={(slice) => openScan.goTo(slice)}
              />
            }
          >
            <Ghosts review={review} />
            <BackWalls review={review} />
            <DistanceLayer distances={distances} prediction={review.prediction} />
          </Viewer>
        ) : (
          <Pending scan={scan} worklist={stores.worklist} />
        )}
        <Sidebar
          openScan={openScan}
          openStudy={openStudy}
          review={review}
          worklist={stores.worklist}
          api={stores.cloud.api}
          labels={stores.cloud.labels}
          save={save}
          accept={accept}
          confirm={confirm}
          report={report}
          viewport={viewport}
        />
      </div>
    </>
  );
}
