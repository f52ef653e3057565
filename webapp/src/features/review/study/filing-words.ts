import type { Study } from "../../../cloud/documents";
import type { Filed, FilingOrder } from "../../../records";
import { ago, clockTime } from "../../../ui/format";
import { seriesName } from "../../../ui/scan-words";
import { seriesInOrder } from "./words";

/** What became of one series' results: the series, in words, and whether somebody must look. */
export interface SeriesInArchive {
  scanId: string;
  series: string;
  words: string;
  title: string;
  isRefused: boolean;
}

const KINDS = { SEG: "segmentation", SR: "report", PDF: "page" } as const;

/** Why all of a study's results wait, or aren't filed at all; null if neither. */
export function problemInWords(
  order: FilingOrder,
  nowMs: number,
): { words: string; isFinal: boolean } | null {
  if (!order.problem) return null;
  const { message } = order.problem;
  if (!order.dueAt) return { words: message, isFinal: true };
  const due = order.dueAt.toMillis();
  const again = due > nowMs ? `tried again at ${clockTime(new Date(due))}` : "being tried again";
  return { words: `Waits for the archive, ${again}: ${message}`, isFinal: false };
}

/** What of each series is filed, waits or is refused, in the order of the study. */
export function seriesInArchive(
  order: FilingOrder,
  study: Study,
  nowMs: number,
): SeriesInArchive[] {
  return seriesInOrder(study).flatMap(([scanId, series]) => {
    const outcome = order.series[scanId];
    if (!outcome) return [];
    const filed = order.filed.filter((each) => each.of === scanId);
    const newest = newestOf(filed, nowMs);
    const reason = outcome.reason && `${outcome.reason.message} (${outcome.reason.code})`;
    const words = {
      filed: newest,
      unreviewed: [newest, "waits for a reviewer: saving an answer files it"]
        .filter(Boolean)
        .join("; "),
      nothing: reason,
      refused: [newest, `refused: ${reason}`].filter(Boolean).join("; "),
    }[outcome.state];
    return {
      scanId,
      series: seriesName(series),
      words: words ?? "",
      title: filed.map(inWords).join("\n"),
      isRefused: outcome.state === "refused",
    };
  });
}

/** The newest that lies in the archive of a series: "report with a reviewer's answers, 2 min ago". */
function newestOf(filed: readonly Filed[], nowMs: number): string {
  const last = filed.at(-1);
  if (!last) return "";
  const reviewed = filed.findLast((each) => each.kind === "SR")?.label;
  return `filed ${ago(last.at.toMillis(), nowMs)}, ${reviewed ? "with a reviewer's answers" : "as a draft"}`;
}

const inWords = (filed: Filed): string =>
  `${clockTime(filed.at.toDate())} ${KINDS[filed.kind]} of ${filed.modelVersion}${
    filed.label ? ", reviewed" : ""
  }`;
