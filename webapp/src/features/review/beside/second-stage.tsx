import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { reach } from "../../../cloud/reach";
import type { Prediction } from "../../../records";
import { probability } from "../../../ui/format";
import { isHerniated } from "../../../ui/herniation";
import { scanAddress } from "../../../ui/router";
import { failureInWords, progressInWords, seriesName } from "../../../ui/scan-words";
import { WindowChoice } from "../picture/controls";
import { boxesShown, maskOpacity, maskShown, type Viewport } from "../picture/display";
import { useGestures } from "../picture/gestures";
import { FrameStatus } from "../picture/frame-status";
import { drawGreys } from "../picture/greys";
import { Marks } from "../picture/marks";
import type { OpenScan } from "../picture/open-scan";
import { canvas, draw } from "../picture/picture";
import { type Beside, type OpenBeside, show } from "./beside";
import { linkInWords } from "./words";

/** Nothing is drawn here: boxes belong to the scan's own picture. */
const NOT_DRAWING = signal(false);

interface SecondStageProps {
  beside: Beside;
  first: OpenScan;
  viewport: Viewport;
}

/** Another series of the study beside the scan's own picture, at the same place of the patient. */
export function SecondStage({ beside, first, viewport }: SecondStageProps) {
  const { chosen, open } = beside;
  const name = seriesName(chosen[1]);
  const prediction = open?.openScan.prediction.value ?? null;
  const own = first.prediction.value;
  return (
    <section class="second" aria-label={`${name}, beside`}>
      {open && prediction && own ? (
        <Stage open={open} prediction={prediction} own={own} viewport={viewport} />
      ) : (
        <div class="stage">
          <NoPicture open={open} name={name} />
        </div>
      )}
      <Caption beside={beside} />
    </section>
  );
}

interface StageProps {
  open: OpenBeside;
  prediction: Prediction;
  /** The reading of the scan's own picture, which says how large this one is. */
  own: Prediction;
  viewport: Viewport;
}

function Stage({ open, prediction, own, viewport }: StageProps) {
  const { openScan, link, view } = open;
  const stage = useRef<HTMLDivElement>(null);
  useGestures(stage, view, (step) => link.turnSecond(step), NOT_DRAWING);
  useEffect(() => {
    if (reach.online.value) openScan.again();
  }, [reach.online.value, reach.tries.value]);
  const { x, y } = viewport.pan.value;
  const over = link.overlay.value;
  const fitted = over ? own : prediction;
  const ratio = over?.ratio ?? 1;
  return (
    <div
      class="stage"
      ref={stage}
      style={{
        "--aspect": `${fitted.sliceWidth} / ${fitted.sliceHeight}`,
        "--own-aspect": `${prediction.sliceWidth} / ${prediction.sliceHeight}`,
        "--pixels": prediction.sliceWidth,
        "--zoom": viewport.zoom.value * ratio,
        "--pan-x": `calc(${100 * (over?.shiftX ?? 0)}% + ${x}px)`,
        "--pan-y": `calc(${100 * (over?.shiftY ?? 0)}% + ${y}px)`,
      }}
    >
      <div class="picture-area">
        <Layers openScan={openScan} prediction={prediction} window={view.own} />
        {boxesShown.value && openScan.frame.value && (
          <Boxes prediction={prediction} slice={openScan.slice.value} />
        )}
      </div>
      <Marks prediction={prediction} zoom={viewport.zoom.value * ratio} />
      <FrameStatus openScan={openScan} />
    </div>
  );
}

interface LayersProps {
  openScan: OpenScan;
  prediction: Prediction;
  /** Its window alone is used. */
  window: Viewport;
}

/** The slice and its mask, drawn when they change. */
function Layers({ openScan, prediction, window }: LayersProps) {
  const holder = useRef<HTMLDivElement>(null);
  const { sliceWidth, sliceHeight, modelVersion } = prediction;
  const layers = useMemo(
    () => ["slice", "mask"].map((name) => canvas(name, sliceWidth, sliceHeight)),
    [openScan, sliceWidth, sliceHeight],
  );
  useEffect(() => holder.current?.replaceChildren(...layers), [layers]);
  const frame = openScan.frame.value;
  const look = window.lookAt(prediction);
  useEffect(() => {
    const [slice, mask] = layers;
    const isShown = frame?.index === openScan.slice.peek() && frame.modelVersion === modelVersion;
    if (!slice || !mask || (frame && !isShown)) return;
    drawGreys(slice, frame?.slice ?? null, look);
    draw(mask, frame?.mask);
  }, [frame, layers, ...Object.values(look)]);
  const opacity = maskShown.value ? maskOpacity.value : 0;
  return <div class="picture" ref={holder} style={{ "--mask-opacity": opacity }} />;
}

/** Lines of text that fit the height of a slice, whatever its number of pixels. */
const LINES_OF_TEXT = 40;

/** The boxes of this series' own reading. */
function Boxes({ prediction, slice }: { prediction: Prediction; slice: number }) {
  const { discs, herniationThreshold, sliceWidth, sliceHeight } = prediction;
  return (
    <svg
      class="beside-boxes"
      viewBox={`0 0 ${sliceWidth} ${sliceHeight}`}
      font-size={sliceHeight / LINES_OF_TEXT}
      aria-hidden="true"
    >
      {discs.map(({ level, herniation, boxes }) => {
        const box = boxes[String(slice)];
        if (!box) return null;
        const { x, y, width, height } = box;
        return (
          <g
            key={level}
            data-level={level}
            data-herniated={isHerniated(herniation, herniationThreshold)}
          >
            <rect x={x} y={y} width={width} height={height} />
            <text x={x} y={y + height / 2} dx="-0.6em" dy="0.35em" text-anchor="end">
              {level} {probability(herniation)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** Which series this is, its slice, how it is linked, and its window. */
function Caption({ beside: { choices, chosen, open } }: { beside: Beside }) {
  const prediction = open?.openScan.prediction.value;
  return (
    <div class="stage-caption">
      {choices.length > 1 ? (
        <select
          aria-label="Series beside"
          title="Next series beside (x)"
          value={chosen[0]}
          onChange={({ currentTarget: { value } }) => {
            const choice = choices.find(([scanId]) => scanId === value);
            if (choice) show(choice);
          }}
        >
          {choices.map(([scanId, series]) => (
            <option key={scanId} value={scanId}>
              {seriesName(series)}
              {series.status !== "done" && `, ${series.status}`}
            </option>
          ))}
        </select>
      ) : (
        <span>{seriesName(chosen[1])}</span>
      )}
      {open && prediction && (
        <>
          <span>
            slice {open.openScan.slice.value + 1} / {prediction.sliceCount}
          </span>
          <span class="beside-link" data-linked={open.link.isByPlace.value}>
            {linkInWords(open.link.isByPlace.value, open.link.apartMm.value)}
          </span>
          <WindowChoice
            viewport={open.view.own}
            prediction={prediction}
            name="Window of the series beside"
          />
        </>
      )}
    </div>
  );
}

/** The reason why there is no picture, and what to do about it. */
function NoPicture({ open, name }: { open: OpenBeside | null; name: string }) {
  if (!open) return <p class="no-picture">Opening {name} …</p>;
  const { state, scan: record, scanId } = open.openScan;
  if (state.value.kind === "broken") {
    return <p class="no-picture">{state.value.message}</p>;
  }
  if (state.value.kind === "missing") {
    return <p class="no-picture">{name} is not there any more.</p>;
  }
  const scan = record.value;
  if (scan?.status === "failed" || scan?.status === "dead") {
    return (
      <p class="no-picture">
        {name} could not be read: {failureInWords(scan)} <a href={scanAddress(scanId)}>Open it</a>
      </p>
    );
  }
  const waits = scan?.status === "queued" || scan?.status === "processing";
  return (
    <p class="no-picture" role="status">
      {waits ? `${name} is still being read` : `Opening ${name}`}
      {waits && scan.progress ? `: ${progressInWords(scan.progress)}` : " …"}
    </p>
  );
}
