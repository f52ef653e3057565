import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Prediction } from "../../../records";
import type { Viewport } from "../picture/display";
import { drawGreys } from "../picture/greys";
import type { OpenScan } from "../picture/open-scan";
import { draw } from "../picture/picture";
import type { OpenReport } from "./open-report";
import "./report.css";

interface ReportProps {
  report: OpenReport;
  openScan: OpenScan;
  prediction: Prediction;
  viewport: Viewport;
}

/** The report in sentences, in a window where it can be changed, copied and printed. */
export function Report(props: ReportProps) {
  return (
    <section>
      <h2>Report</h2>
      <button onClick={() => void props.report.open()}>Write the report</button>
      <ReportWindow {...props} />
    </section>
  );
}

function ReportWindow(props: ReportProps) {
  const { report } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const { kind } = report.state.value;
  useEffect(() => {
    if (kind === "closed") dialog.current?.close();
    else if (!dialog.current?.open) dialog.current?.showModal();
  }, [kind]);
  const close = (): void => report.close();
  return (
    <dialog ref={dialog} class="ask report" aria-labelledby="report-title" onClose={close}>
      <header>
        <h2 id="report-title">Report</h2>
        <button class="quiet" onClick={close}>
          Close
        </button>
      </header>
      <Content {...props} />
    </dialog>
  );
}

function Content(props: ReportProps) {
  const { report } = props;
  const state = report.state.value;
  if (state.kind === "closed") return null;
  if (state.kind === "writing") return <p role="status">Writing …</p>;
  if (state.kind === "broken") {
    return (
      <>
        <p class="error" role="alert">
          The report can't be written. {state.message}
        </p>
        <button onClick={() => void report.open()}>Try again</button>
      </>
    );
  }
  const text = report.text.value;
  return (
    <>
      <div class="report-page">
        <KeySlice {...props} />
        <textarea
          aria-label="Text of the report"
          spellcheck
          value={text}
          onInput={({ currentTarget }) => report.edit(currentTarget.value)}
        />
        <pre class="report-printed">{text}</pre>
      </div>
      <Notices report={report} />
      <footer>
        <Copy text={text} />
        <button onClick={() => print()}>Print, or save as PDF</button>
        <button disabled={!report.isChanged.value} onClick={() => report.startAgain()}>
          Start again
        </button>
      </footer>
    </>
  );
}

function Notices({ report }: { report: OpenReport }) {
  return (
    <div class="report-notices" role="status">
      <p>
        Sentences marked “[not confirmed]” are the model's; confirm or change its answers on the
        page, and save, to have them in your words.
      </p>
      {report.isOutdated.value && (
        <p class="warning">
          The labels have changed since you began this text. “Start again” takes the new sentences.
        </p>
      )}
      {!report.isKept.value && (
        <p class="warning">
          This text can't be kept on this computer: copy it before you close the page.
        </p>
      )}
    </div>
  );
}

/** Copies the text; it has the focus when the window opens, so that Enter copies. */
function Copy({ text }: { text: string }) {
  const [done, setDone] = useState<"" | "Copied" | "Copying was refused">("");
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => button.current?.focus(), []); // before a key could close the window
  useEffect(() => setDone(""), [text]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setDone("Copied");
    } catch {
      setDone("Copying was refused");
    }
  };
  return (
    <button ref={button} class="primary" onClick={() => void copy()} aria-live="polite">
      {done || "Copy"}
    </button>
  );
}

/** The key slice with its outlines, through the window that the viewer has. */
function KeySlice({ openScan, prediction, viewport }: ReportProps) {
  const greys = useRef<HTMLCanvasElement>(null);
  const outlines = useRef<HTMLCanvasElement>(null);
  const [missing, setMissing] = useState(false);
  const { keySlice, sliceWidth, sliceHeight } = prediction;
  useEffect(() => {
    const show = async (): Promise<void> => {
      const { slice, mask } = await openScan.pictureOf(prediction, keySlice);
      if (!greys.current || !outlines.current) return; // closed meanwhile
      drawGreys(greys.current, slice, viewport.lookAt(prediction));
      draw(outlines.current, mask);
    };
    show().catch(() => setMissing(true));
  }, [prediction]);
  return (
    <figure>
      <div class="report-picture">
        <canvas ref={greys} width={sliceWidth} height={sliceHeight} />
        <canvas ref={outlines} width={sliceWidth} height={sliceHeight} />
      </div>
      <figcaption>
        {missing ? "The key slice can't be loaded." : `Key slice: ${keySlice + 1}`}
      </figcaption>
    </figure>
  );
}
