import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { LEVELS } from "../../anatomy";
import type { Scan } from "../../cloud/documents";
import { now } from "../../ui/clock";
import { discInWords, DiscMark, UnknownDiscMark } from "../../ui/disc-mark";
import type { DiscAtAGlance, Split } from "../../records";
import { age, dateTime, plural, probability } from "../../ui/format";
import { findingInWords, findingOf, thresholdInWords } from "../../ui/herniation";
import { scanAddress } from "../../ui/router";
import {
  failureInWords,
  fileName,
  isAbandoned,
  leftOutInWords,
  nothingReadInWords,
  originInWords,
  progressFraction,
  progressInWords,
  seriesName,
} from "../../ui/scan-words";
import { SeriesChips } from "./series-chips";
import { type ListRow, opened, seriesOf, titleOf } from "./study-rows";
import { Thumbnail } from "./thumbnail";
import type { Thumbnails } from "./thumbnails";
import { useNear } from "./use-near";
import { labelInWords, worstDisc } from "./words";
import type { Worklist } from "./worklist";

interface RowProps {
  row: ListRow;
  worklist: Worklist;
  thumbnails: Thumbnails;
}

/**
 * One scan, or one study with its series. The roles are written out because rows are laid out as
 * grids, which hides a table.
 */
export function Row({ row, worklist, thumbnails }: RowProps) {
  const element = useRef<HTMLTableRowElement>(null);
  const isNear = useNear(element);
  const { studyKey, lead: scan } = row;
  useEffect(
    () => (isNear && studyKey ? worklist.studies.follow(studyKey) : undefined),
    [isNear, studyKey],
  );
  const study = studyKey ? worklist.studies.of(studyKey).value : null;
  const series = seriesOf(row, study);
  const isStudy = series.length > 1;
  const title = titleOf(row);
  const address = isStudy ? opened(row, study) : scan.id;
  const created = scan.createdAt.toDate();
  return (
    <tr
      role="row"
      ref={element}
      data-status={scan.status}
      data-scan={scan.id}
      data-study={isStudy}
      onClick={openRow}
    >
      <td role="cell" class="cell-picture">
        <Thumbnail scan={scan} thumbnails={thumbnails} isNear={isNear} />
      </td>
      <td role="cell" class="cell-name">
        <a
          class="row-link"
          href={scanAddress(address)}
          title={title}
          data-scans={[...row.members, ...series.map(({ scanId: id }) => ({ id }))]
            .map(({ id }) => id)
            .join(" ")}
          onClick={() => (worklist.lastOpened.value = address)}
        >
          {title}
        </a>
        {isStudy ? (
          <SeriesChips
            series={series}
            leftOut={study?.leftOut ?? row.archive?.split?.leftOut ?? []}
          />
        ) : (
          <span class="row-origin">
            {originInWords(scan)}
            {scan.supersededBy && (
              <>
                {"; more slices came: "}
                <a href={scanAddress(scan.supersededBy)}>later scan</a>
              </>
            )}
          </span>
        )}
      </td>
      {scan.status === "done" ? (
        <Result
          scan={labelledOf(row)}
          discs={isStudy && study?.discs.length ? study.discs : scan.discs}
        />
      ) : (
        <Otherwise scan={scan} worklist={worklist} />
      )}
      <td role="cell" class="number muted cell-age">
        <time dateTime={created.toISOString()} title={dateTime(created)}>
          {age(created.getTime(), now.value)}
        </time>
      </td>
    </tr>
  );
}

/** The threshold of the model that read the scan; scans read by early versions have none stored. */
const thresholdOf = (scan: Scan): number => scan.herniationThreshold ?? 0.5;

/** Opens the scan on a click anywhere in the row except on its other links and buttons. */
function openRow({ target, currentTarget }: MouseEvent): void {
  if ((target as Element).closest("a, button")) return;
  (currentTarget as Element).querySelector<HTMLAnchorElement>("a.row-link")?.click();
}

/** The series whose label the row shows: the one it shows, or else any that somebody labelled. */
const labelledOf = ({ lead, members }: ListRow): Scan =>
  lead.lastLabelAt ? lead : (members.find(({ lastLabelAt }) => lastLabelAt) ?? lead);

interface ResultProps {
  scan: Scan;
  /** Of all series of the study, or of the scan. */
  discs: readonly DiscAtAGlance[];
}

function Result({ scan, discs }: ResultProps) {
  const worst = worstDisc(discs);
  return (
    <>
      <td role="cell">
        <DiscsAtAGlance discs={discs} threshold={thresholdOf(scan)} />
      </td>
      <td role="cell" class="worst">
        {worst && (
          <>
            <b>{probability(worst.herniation)}</b> {worst.level}
            <span class="muted" title={thresholdInWords(thresholdOf(scan))}>
              {" "}
              {findingInWords(findingOf(worst.herniation, thresholdOf(scan)))}
            </span>
          </>
        )}
      </td>
      <td role="cell" class="cell-label" data-label={scan.labelKind ?? "none"}>
        {labelInWords(scan)}
      </td>
      <td role="cell" class="cell-reviewer muted" title={scan.labelledBy.join("\n")}>
        {reviewers(scan.labelledBy)}
      </td>
    </>
  );
}

interface StateProps {
  scan: Scan;
  worklist: Worklist;
}

/** Progress or failure, shown in place of a result. */
function Otherwise({ scan, worklist }: StateProps) {
  return (
    <td role="cell" class="cell-state">
      <State scan={scan} worklist={worklist} />
    </td>
  );
}

function DiscsAtAGlance({ discs, threshold }: { discs: ResultProps["discs"]; threshold: number }) {
  const byLevel = new Map(discs.map((disc) => [disc.level, disc.herniation]));
  const known = LEVELS.filter((level) => byLevel.has(level));
  const words = known
    .map((level) => discInWords(level, byLevel.get(level) as number, threshold))
    .join("; ");
  const lines = [...words.split("; "), thresholdInWords(threshold)];
  return (
    <span class="glance" role="img" aria-label={words} title={lines.join("\n")}>
      {LEVELS.map((level) => {
        const herniation = byLevel.get(level);
        return herniation === undefined ? (
          <UnknownDiscMark key={level} />
        ) : (
          <DiscMark
            key={level}
            herniation={herniation}
            finding={findingOf(herniation, threshold)}
          />
        );
      })}
    </span>
  );
}

function State({ scan, worklist }: StateProps) {
  switch (scan.status) {
    case "queued":
      return <span class="muted">waiting to be read</span>;
    case "processing":
      return isAbandoned(scan, now.value) ? (
        <NotRead scan={scan} worklist={worklist}>
          The worker stopped before it was done.
        </NotRead>
      ) : (
        <Working scan={scan} />
      );
    case "done":
      return null; // the result says it
    case "split":
      return scan.split && <BecameSeries split={scan.split} />;
    case "failed":
    case "dead":
      return <FailedScan scan={scan} worklist={worklist} />;
  }
}

/** An archive of several series: each is a row of its own, or the reason why there is none. */
function BecameSeries({ split: { series, leftOut } }: { split: Split }) {
  if (series.length === 0) {
    const why = nothingReadInWords(leftOut);
    return (
      <span class="muted nothing-read" title={leftOut.map(leftOutInWords).join("\n")}>
        Nothing to read: {why}
      </span>
    );
  }
  return (
    <span class="became-series">
      {series.map((each) => (
        <a key={each.scanId} class="chip" href={scanAddress(each.scanId)}>
          {seriesName(each)}
        </a>
      ))}
      {leftOut.length > 0 && (
        <span class="muted" title={leftOut.map(leftOutInWords).join("\n")}>
          {plural(leftOut.length, "thing")} left out
        </span>
      )}
    </span>
  );
}

function FailedScan({ scan, worklist }: StateProps) {
  const why = failureInWords(scan);
  return (
    <NotRead scan={scan} worklist={worklist} why={why}>
      <strong>{scan.status === "dead" ? "Given up." : "Not read."}</strong> {why}
    </NotRead>
  );
}

interface NotReadProps extends StateProps {
  why?: string;
  children: ComponentChildren;
}

/** A scan that a person may have read once more. */
function NotRead({ scan, worklist, why, children }: NotReadProps) {
  const refused = worklist.retryErrors.value[scan.id];
  return (
    <span class="failure">
      <span class="failure-why" title={why}>
        {children}
        {refused && <em role="alert"> {refused}</em>}
      </span>
      <button onClick={() => void worklist.retry(scan.id)} aria-label={`Retry ${fileName(scan)}`}>
        Retry
      </button>
    </span>
  );
}

function Working({ scan }: { scan: Scan }) {
  const words = scan.progress ? progressInWords(scan.progress) : "starting";
  const fraction = scan.progress ? progressFraction(scan.progress) : 0;
  return (
    <span class="working">
      <progress max={1} value={fraction} aria-label={`Reading ${fileName(scan)}`} />
      <span>{words}</span>
    </span>
  );
}

/** The first reviewer and the number of others: "rad@hospital.org +2". */
function reviewers(emails: readonly string[]): string {
  const [first, ...others] = emails;
  if (!first) return "–";
  return others.length > 0 ? `${first} +${others.length}` : first;
}
