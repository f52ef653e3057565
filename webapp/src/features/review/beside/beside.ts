import { useEffect, useMemo } from "preact/hooks";
import type { Cloud } from "../../../cloud/cloud";
import { useShortcuts } from "../../../ui/shortcuts";
import { Viewport } from "../picture/display";
import type { SteeredView } from "../picture/gestures";
import { loadFrame } from "../picture/load-frame";
import { OpenScan } from "../picture/open-scan";
import type { OpenStudy } from "../study/open-study";
import { type Choice, choose, otherSeries } from "./choice";
import { Link } from "./link";
import { besideFront, besideShown, besideWanted, isNarrow } from "./settings";

/** Zoom and pan are those of the scan's own picture, since both show one place; windows are not. */
export class FollowingView implements SteeredView {
  constructor(
    private readonly first: Viewport,
    /** Its window alone is used. */
    readonly own: Viewport,
  ) {}

  get isZoomed(): boolean {
    return this.first.isZoomed;
  }

  zoomAt(factor: number, x: number, y: number): void {
    this.first.zoomAt(factor, x, y);
  }

  panBy(dx: number, dy: number): void {
    this.first.panBy(dx, dy);
  }

  windowBy(dx: number, dy: number): void {
    this.own.windowBy(dx, dy);
  }

  reset(): void {
    this.first.reset();
    this.own.reset();
  }
}

/** A series that is open beside the scan. */
export interface OpenBeside {
  openScan: OpenScan;
  link: Link;
  view: FollowingView;
}

/** The other series of a scan's study, and the one beside it. */
export interface Beside {
  choices: readonly Choice[];
  chosen: Choice;
  isShown: boolean;
  /** Null while none is shown, and until the scan's own picture is there. */
  open: OpenBeside | null;
}

/** Opens another series of the study beside a scan; null where there is none. */
export function useBeside(
  openScan: OpenScan,
  openStudy: OpenStudy | null,
  viewport: Viewport,
  cloud: Pick<Cloud, "scans" | "api">,
): Beside | null {
  const study = openStudy?.study.value ?? null;
  const choices = study ? otherSeries(study, openScan.scanId) : [];
  const own = openScan.scan.value?.study?.series.sequence ?? null;
  const chosen = choose(choices, besideWanted.value, own);
  const first = useMemo(() => ({ wasShown: false }), [openScan]);
  first.wasShown ||= openScan.shownAt.value !== null; // before it, nothing else is loaded
  // In a folder may lie scans of many people: there, none is shown that nobody has asked for.
  const isSure = study?.patientKey || besideWanted.value.scanId === chosen?.[0];
  const isShown = chosen !== null && besideShown.value && Boolean(isSure);
  const scanId = isShown && first.wasShown ? chosen[0] : null;

  const open = useMemo(() => {
    if (scanId === null) return null;
    const other = new OpenScan(scanId, cloud.scans, cloud.api, loadFrame, false);
    const view = new FollowingView(viewport, new Viewport());
    return { openScan: other, link: new Link(openScan, other), view };
  }, [openScan, scanId]);
  useEffect(() => {
    if (!open) return;
    open.openScan.start();
    const stop = open.link.start();
    return () => {
      stop();
      open.openScan.end();
    };
  }, [open]);
  const sequence = chosen?.[1].sequence ?? "";
  useEffect(() => open?.view.own.showWindowOf(sequence), [open, sequence]);

  const beside = chosen && { choices, chosen, isShown, open };
  useShortcuts("review", {
    beside: () => beside && flip(beside),
    besideNext: () => beside && showNext(beside),
  });
  return beside;
}

/** Shows the other series or hides it; on a narrow screen, shows the one or the other. */
export function flip(beside: Beside): void {
  const isInFront = beside.isShown && besideFront.peek() === "second";
  if (isNarrow()) front(beside, isInFront ? "first" : "second");
  else if (beside.isShown) besideShown.value = false;
  else show(beside.chosen);
}

/** Shows one of the two on a narrow screen. */
export function front({ isShown, chosen }: Beside, which: "first" | "second"): void {
  if (!isShown && which === "second") show(chosen);
  besideFront.value = which;
}

/** Shows a series beside the scan, and later ones of its sequence beside later scans. */
export function show([scanId, { sequence }]: Choice): void {
  besideWanted.value = { scanId, sequence: sequence ?? "" };
  besideShown.value = true;
}

function showNext({ choices, chosen, isShown }: Beside): void {
  const at = choices.findIndex(([scanId]) => scanId === chosen[0]);
  const next = choices[(at + 1) % choices.length];
  if (next) show(isShown ? next : chosen);
}
