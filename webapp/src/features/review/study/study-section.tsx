import type { Scan, Study } from "../../../cloud/documents";
import type { StudyDisc } from "../../../records";
import { now } from "../../../ui/clock";
import { discInWords, DiscMark } from "../../../ui/disc-mark";
import { ago, probability } from "../../../ui/format";
import { answerWord, findingOf } from "../../../ui/herniation";
import { LeftOutList } from "../../../ui/left-out-list";
import { scanAddress } from "../../../ui/router";
import { seriesName } from "../../../ui/scan-words";
import { WarningChip } from "../../../ui/warning-chip";
import { Archive } from "./archive";
import type { OpenStudy } from "./open-study";
import { changesSince, seriesInOrder } from "./words";
import "./study.css";

interface StudySectionProps {
  scan: Scan;
  openStudy: OpenStudy;
}

/** The other series of the scan's study, one answer a disc of them all, and earlier studies. */
export function StudySection({ scan, openStudy }: StudySectionProps) {
  const study = openStudy.study.value;
  const others = openStudy.others.value;
  if (openStudy.problem.value) {
    return (
      <section>
        <h2>Study</h2>
        <p class="error">{openStudy.problem.value}</p>
      </section>
    );
  }
  const order = openStudy.filing.value;
  if (!study || (Object.keys(study.series).length < 2 && others.length === 0 && !order))
    return null;
  return (
    <section class="study">
      <h2>Study</h2>
      <nav class="study-series" aria-label="Series of the study">
        {seriesInOrder(study).map(([scanId, series]) => (
          <a
            key={scanId}
            class="chip"
            href={scanAddress(scanId)}
            aria-current={scanId === scan.id ? "page" : undefined}
            title="Next and previous series: . and ,"
          >
            {seriesName(series)}
            {series.status !== "done" && <span class="muted"> {series.status}</span>}
          </a>
        ))}
      </nav>
      {study.discs.length > 0 && <Answers study={study} threshold={scan.herniationThreshold} />}
      {study.warnings.map((warning) => (
        <p key={warning}>
          <WarningChip warning={warning} />
        </p>
      ))}
      {study.leftOut.length > 0 && (
        <details>
          <summary>Left out: {study.leftOut.map((thing) => thing.what).join("; ")}</summary>
          <LeftOutList leftOut={study.leftOut} />
        </details>
      )}
      {order && <Archive order={order} study={study} />}
      <Others openStudy={openStudy} study={study} threshold={scan.herniationThreshold} />
    </section>
  );
}

/** One answer a disc of all series, and what each of them says. */
function Answers({ study, threshold }: { study: Study; threshold: number }) {
  const series = seriesInOrder(study).filter(([, each]) => each.status === "done");
  return (
    <table class="study-discs">
      <thead>
        <tr>
          <th scope="col">Level</th>
          <th scope="col">All series</th>
          {series.map(([scanId, each]) => (
            <th scope="col" key={scanId}>
              {each.sequence ?? seriesName(each)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {study.discs.map((disc) => (
          <tr key={disc.level} data-level={disc.level}>
            <th scope="row">{disc.level}</th>
            <td title={discInWords(disc.level, disc.herniation, threshold)}>
              <Answer disc={disc} threshold={threshold} />
            </td>
            {series.map(([scanId]) => (
              <td key={scanId} class="muted">
                {scanId in disc.perSeries ? probability(disc.perSeries[scanId] as number) : "–"}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Answer({ disc, threshold }: { disc: StudyDisc; threshold: number }) {
  const finding = findingOf(disc.herniation, threshold);
  return (
    <>
      <DiscMark herniation={disc.herniation} finding={finding} />{" "}
      {answerWord(disc.verdict ?? finding.herniated)}{" "}
      {disc.verdict === undefined ? (
        <span class="muted">{probability(disc.herniation)}</span>
      ) : (
        <span class="tag">reviewed</span>
      )}
      {disc.disagreement && (
        <span class="unsure" title={disc.disagreement}>
          {" "}
          ⚠<span class="visually-hidden"> {disc.disagreement}</span>
        </span>
      )}
    </>
  );
}

/** The patient's other studies, each with what is different here. */
function Others({
  openStudy,
  study,
  threshold,
}: {
  openStudy: OpenStudy;
  study: Study;
  threshold: number;
}) {
  const others = openStudy.others.value;
  if (others.length === 0) return null;
  return (
    <>
      <h3>Other studies of this patient</h3>
      <ul class="other-studies">
        {others.map((other) => {
          const scanId = openStudy.counterpart(other);
          const changes = changesSince(other.discs, study.discs, threshold);
          return (
            <li key={other.key}>
              {scanId && (
                <a
                  href={scanAddress(scanId)}
                  title={other === openStudy.earlier.value ? "The study before this one (p)" : ""}
                >
                  came {ago(other.createdAt.toMillis(), now.value)}
                </a>
              )}{" "}
              <span class="muted">
                {changes.length === 0 ? "no other answers" : `here now: ${changes.join("; ")}`}
              </span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
