import { useEffect, useRef, useState } from "preact/hooks";
import type { Scan } from "../../cloud/documents";
import type { Thumbnails } from "./thumbnails";

interface ThumbnailProps {
  scan: Scan;
  thumbnails: Thumbnails;
}

/** The key slice with its discs, once the row comes near the window. */
export function Thumbnail({ scan, thumbnails }: ThumbnailProps) {
  const frame = useRef<HTMLSpanElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setNear(true), {
      rootMargin: "300px",
    });
    observer.observe(frame.current as Element);
    return () => observer.disconnect();
  }, []);
  const url =
    near && scan.status === "done" && scan.modelVersion
      ? thumbnails.of(scan.id, scan.modelVersion).value
      : null;
  return (
    <span class="thumbnail" ref={frame} data-loaded={url !== null}>
      {url && <img src={url} alt="" width={44} height={44} />}
    </span>
  );
}
