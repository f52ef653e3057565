import { LEVELS } from "../../anatomy";
import type { Scan } from "../../cloud/cloud";
import { now } from "../../ui/clock";
import { DiscMark, discInWords, UnknownDiscMark } from "../../ui/disc-mark";
import { age, probability } from "../../ui/format";
import { FINDING_WORDS, findingOf } from "../../ui/herniation";
import { scanAddress } from "../../ui/router";
import { failureInWords, fileName, progressFraction, progressInWords, worstDisc } from "./words";
import type { Worklist } from "./worklist";

export function Row({ scan, worklist }: { scan: Scan; worklist: Worklist }) {
  const worst = worstDisc(scan.discs);
  const created = scan.createdAt.toDate();
  return (
    <tr data-status={scan.status} data-scan={scan.id}>
      <td class="cell-name">
        <a
          class="row-link"
          href={scanAddress(scan.id)}
          data-scan={scan.id}
          onClick={() => (worklist.lastOpened.value = scan.id)}
        >
          {fileName(scan)}
        </a>
      </td>
      <td>{scan.status === "done" && <DiscsAtAGlance scan={scan} />}</td>
      <td>
        {scan.status === "done" && worst && (
          <span class="worst">
            <b>{probability(worst.herniation)}</b> {worst.level}
            <span class="muted"> {FINDING_WORDS[findingOf(worst.herniation)]}</span>
          </span>
        )}
      </td>
      <td class="cell-state">
        <State scan={scan} worklist={worklist} />
      </td>
      <td class="cell-from muted">{scan.uploadedBy ?? "gsutil"}</td>
      <td class="number muted">
        <time dateTime={created.toISOString()} title={created.toLocaleString()}>
          {age(created.getTime(), now.value)}
        </time>
      </td>
    </tr>
  );
}

function DiscsAtAGlance({ scan }: { scan: Scan }) {
  const byLevel = new Map(scan.discs.map((disc) => [disc.level, disc.herniation]));
  const known = LEVELS.filter((level) => byLevel.has(level));
  const words = known.map((level) => discInWords(level, byLevel.get(level) as number)).join("; ");
  return (
    <span class="glance" role="img" aria-label={words} title={words.replaceAll("; ", "\n")}>
      {LEVELS.map((level) => {
        const herniation = byLevel.get(level);
        return herniation === undefined ? (
          <UnknownDiscMark key={level} />
        ) : (
          <DiscMark key={level} herniation={herniation} />
        );
      })}
    </span>
  );
}

function State({ scan, worklist }: { scan: Scan; worklist: Worklist }) {
  switch (scan.status) {
    case "queued":
      return <span class="muted">waiting to be read</span>;
    case "processing":
      return <Working scan={scan} />;
    case "done":
      return scan.lastLabelAt ? <span>corrected</span> : <span>read</span>;
    case "failed":
    case "dead":
      return (
        <span class="failure">
          <span>
            <strong>{scan.status === "dead" ? "Given up." : "Not read."}</strong>{" "}
            {failureInWords(scan)}
            {worklist.retryErrors.value[scan.id] && (
              <em role="alert"> {worklist.retryErrors.value[scan.id]}</em>
            )}
          </span>
          <button onClick={() => void worklist.retry(scan.id)}>Retry</button>
        </span>
      );
  }
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
