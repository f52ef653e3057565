import { seriesName } from "../../../ui/scan-words";
import type { Viewport } from "../picture/display";
import type { OpenScan } from "../picture/open-scan";
import type { Beside } from "./beside";
import { BesideControl } from "./controls";
import { SecondStage } from "./second-stage";
import { besideFront } from "./settings";

/** What a series beside the scan puts into the viewer. */
export function besideParts(beside: Beside, openScan: OpenScan, viewport: Viewport) {
  const own = openScan.scan.value?.study?.series;
  const name = own ? seriesName(own) : "";
  const stage = beside.isShown && (
    <SecondStage beside={beside} first={openScan} viewport={viewport} />
  );
  const control = <BesideControl beside={beside} own={name} />;
  return { name, stage, control, front: besideFront.value };
}
