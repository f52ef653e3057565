import { useRef } from "preact/hooks";
import type { Scan } from "../../cloud/documents";
import type { Thumbnails } from "./thumbnails";

interface ThumbnailProps {
  scan: Scan;
  thumbnails: Thumbnails;
  /** True while the row is near the window. */
  isNear: boolean;
}

/** The key slice with its discs, once the row has come near the window. */
export function Thumbnail({ scan, thumbnails, isNear }: ThumbnailProps) {
  const wasNear = useRef(false);
  wasNear.current ||= isNear;
  const url =
    wasNear.current && scan.status === "done" && scan.modelVersion
      ? thumbnails.of(scan.id, scan.modelVersion).value
      : null;
  return (
    <span class="thumbnail" data-loaded={url !== null}>
      {url && <img src={url} alt="" width={44} height={44} />}
    </span>
  );
}
