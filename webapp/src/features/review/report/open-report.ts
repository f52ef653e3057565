import { computed, signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { ScanReport } from "../../../cloud/calls";
import type { Api } from "../../../cloud/cloud";
import type { CloudError } from "../../../cloud/errors";
import type { ReportTexts, TextPlace } from "./texts";

export type OpenReportState =
  { kind: "closed" } | { kind: "writing" } | { kind: "open" } | { kind: "broken"; message: string };

/** The report of one scan in its window: what DiscAI wrote, and what the reader made of it. */
export class OpenReport {
  readonly state = signal<OpenReportState>({ kind: "closed" });
  readonly text = signal("");
  /** True if the text is stored on this computer, or as DiscAI wrote it. */
  readonly isKept = signal(true);
  /** What DiscAI writes of the scan as it is labelled now. */
  private readonly written = signal("");
  /** What DiscAI had written when the reader began to change it. */
  private readonly begun = signal("");

  readonly isChanged = computed(() => this.text.value !== this.written.value);
  /** True if labels have changed what DiscAI writes since the reader began. */
  readonly isOutdated = computed(
    () => this.isChanged.value && this.begun.value !== this.written.value,
  );

  constructor(
    private readonly write: () => Promise<ScanReport>,
    private readonly texts: ReportTexts,
    private readonly place: TextPlace,
  ) {}

  async open(): Promise<void> {
    if (this.state.peek().kind === "open" || this.state.peek().kind === "writing") return;
    this.state.value = { kind: "writing" };
    try {
      const report = await this.write();
      if (this.state.peek().kind !== "writing") return; // closed meanwhile
      this.show(textOf(report));
    } catch (error) {
      this.state.value = { kind: "broken", message: (error as CloudError).message };
    }
  }

  close(): void {
    this.state.value = { kind: "closed" };
  }

  edit(text: string): void {
    this.text.value = text;
    if (this.isChanged.peek()) {
      this.isKept.value = this.texts.keep(this.place, { text, begun: this.begun.peek() });
    } else this.startAgain();
  }

  /** Takes what DiscAI writes now in place of the reader's text. */
  startAgain(): void {
    this.texts.forget(this.place);
    this.isKept.value = true;
    this.begun.value = this.text.value = this.written.peek();
  }

  private show(written: string): void {
    const kept = this.texts.get(this.place);
    this.written.value = written;
    this.begun.value = kept?.begun ?? written;
    this.text.value = kept?.text ?? written;
    this.state.value = { kind: "open" };
  }
}

/** The report of a scan as one model read it; null before any has. */
export function useReport(
  api: Pick<Api, "report">,
  texts: ReportTexts,
  place: TextPlace | null,
): OpenReport | null {
  return useMemo(
    () => place && new OpenReport(() => api.report(place.scanId, place.modelVersion), texts, place),
    [place?.uid, place?.scanId, place?.modelVersion],
  );
}

/** A report as text, a line for each finding. */
export const textOf = ({ findings, remarks }: ScanReport): string =>
  [...findings.map(({ text }) => text), ...remarks].join("\n");
