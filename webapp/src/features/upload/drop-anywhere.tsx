import { useLayoutEffect, useState } from "preact/hooks";
import { filesOfDrop } from "./drop";
import { READABLE } from "./formats";
import type { UploadQueue } from "./queue";
import "./upload.css";

/** Takes files dropped anywhere on the page, and says so while they hover over it. */
export function DropAnywhere({ uploads }: { uploads: UploadQueue }) {
  const [hovering, setHovering] = useState(false);
  useLayoutEffect(() => {
    const carriesFiles = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setHovering(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setHovering(false); // left the window
    };
    const drop = (event: DragEvent): void => {
      if (!event.dataTransfer || !carriesFiles(event)) return;
      event.preventDefault();
      setHovering(false);
      void filesOfDrop(event.dataTransfer).then((files) => uploads.add(files));
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, [uploads]);

  if (!hovering) return null;
  return (
    <div class="drop-veil">
      <p>
        <strong>Drop to read</strong>
        {READABLE}. A folder of pictures or DICOM files becomes one scan.
      </p>
    </div>
  );
}
