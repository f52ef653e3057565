import type { Api, Labels } from "../../cloud/cloud";
import type { Scan } from "../../cloud/documents";
import type { Prediction } from "../../records";
import { dateTime, seconds } from "../../ui/format";
import { thresholdInWords } from "../../ui/herniation";
import { scanAddress } from "../../ui/router";
import { fileName, seriesName, sizeInWords } from "../../ui/scan-words";
import type { Worklist } from "../worklist/worklist";
import { Downloads } from "./case/downloads";
import { Timeline } from "./case/timeline";
import { BoxForm } from "./editing/box-form";
import { Discs } from "./editing/discs";
import type { Review } from "./editing/review";
import { SaveBar } from "./editing/save-bar";
import { Gradings } from "./gradings/gradings";
import { Measures } from "./measures/measures";
import type { Viewport } from "./picture/display";
import type { OpenScan } from "./picture/open-scan";
import type { OpenReport } from "./report/open-report";
import { Report } from "./report/report";
import { NewLabelNotice, Readers } from "./readers/readers";
import { Reason } from "./reason/reason";
import type { OpenStudy } from "./study/open-study";
import { StudySection } from "./study/study-section";
import "./sidebar.css";

interface SidebarProps {
  openScan: OpenScan;
  openStudy: OpenStudy | null;
  review: Review | null;
  worklist: Worklist;
  api: Api;
  labels: Labels;
  save: () => void;
  accept: () => void;
  confirm: () => void;
  report: OpenReport | null;
  viewport: Viewport;
}

/** Discs, selected box, readers, timeline, the model's details and the save buttons. */
export function Sidebar(props: SidebarProps) {
  const {
    openScan,
    openStudy,
    review,
    worklist,
    api,
    labels,
    save,
    accept,
    confirm,
    report,
    viewport,
  } = props;
  const scan = openScan.scan.value;
  return (
    <aside class="sidebar" aria-label="Result">
      <div class="sidebar-scroll">
        {review && <NewLabelNotice review={review} />}
        <section>
          <h2>Discs</h2>
          {review ? <Discs review={review} /> : <NoDiscs scan={scan} />}
          {review && <BoxForm editor={review.editor} />}
        </section>
        {review && <Gradings review={review} />}
        {review && <Reason review={review} goTo={(slice) => openScan.goTo(slice)} />}
        {review && <Measures review={review} goTo={(slice) => openScan.goTo(slice)} />}
        {review && report && (
          <Report
            report={report}
            openScan={openScan}
            prediction={review.prediction}
            viewport={viewport}
          />
        )}
        {scan && openStudy && <StudySection scan={scan} openStudy={openStudy} />}
        {review && <Readers review={review} listed={worklist.visible} labels={labels} />}
        <Timeline openScan={openScan} review={review} />
        {review && <Provenance prediction={review.prediction} />}
        {scan && <Source scan={scan} />}
        {scan && review && (
          <Downloads
            api={api}
            scanId={openScan.scanId}
            modelVersion={review.prediction.modelVersion}
            scanName={fileName(scan)}
          />
        )}
      </div>
      {review && (
        <SaveBar
          review={review}
          seriesName={scan?.study ? seriesName(scan.study.series) : ""}
          save={save}
          accept={accept}
          confirm={confirm}
        />
      )}
    </aside>
  );
}

const NO_DISCS: Record<Scan["status"], string> = {
  queued: "Not read yet.",
  processing: "Not read yet.",
  done: "On their way …",
  split: "Its series have them.",
  failed: "No discs: the scan was not read.",
  dead: "No discs: the scan was not read.",
};

function NoDiscs({ scan }: { scan: Scan | null }) {
  const nothing = scan?.split?.series.length === 0;
  return <p class="muted">{nothing ? "Nothing was read." : NO_DISCS[scan?.status ?? "done"]}</p>;
}

function Provenance({ prediction }: { prediction: Prediction }) {
  const total = Object.values(prediction.seconds).reduce((sum, value) => sum + value, 0);
  return (
    <section>
      <h2>Reading</h2>
      <dl class="facts">
        <dt>Model</dt>
        <dd title={prediction.modelDigest}>{prediction.modelVersion}</dd>
        <dt>Threshold</dt>
        <dd>{thresholdInWords(prediction.herniationThreshold)}</dd>
        <dt>Read in</dt>
        <dd title={stepsInWords(prediction.seconds)}>
          {seconds(total)} on {prediction.device}
        </dd>
        <dt>When</dt>
        <dd>{dateTime(prediction.createdAt.toDate())}</dd>
        <dt>Warnings</dt>
        <dd>
          {prediction.warnings.length === 0
            ? "none"
            : prediction.warnings.map((warning) => <p key={warning}>{warning}</p>)}
        </dd>
      </dl>
    </section>
  );
}

function stepsInWords(steps: Prediction["seconds"]): string {
  return Object.entries(steps)
    .map(([step, value]) => `${step} ${value.toFixed(2)} s`)
    .join(", ");
}

function Source({ scan }: { scan: Scan }) {
  return (
    <section>
      <h2>Scan</h2>
      <dl class="facts">
        {scan.supersededBy && (
          <>
            <dt>Later</dt>
            <dd>
              More slices of this series came:{" "}
              <a href={scanAddress(scan.supersededBy)}>later scan</a>. Labels of this one stay here.
            </dd>
          </>
        )}
        <dt>Size</dt>
        <dd>{sizeInWords(scan)}</dd>
        {scan.study && (
          <>
            <dt>Series</dt>
            <dd>
              {seriesName(scan.study.series)}
              {scan.study.parent && (
                <>
                  {" of "}
                  <a href={scanAddress(scan.study.parent)}>its archive</a>
                </>
              )}
            </dd>
          </>
        )}
        <dt>Id</dt>
        <dd>
          <code>{scan.id}</code>
        </dd>
      </dl>
    </section>
  );
}
