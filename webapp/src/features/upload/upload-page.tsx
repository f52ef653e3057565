import { useEffect } from "preact/hooks";
import type { Rows } from "../../cloud/rows";
import { ARCHIVE_MAX_UNPACKED_BYTES, SCAN_MAX_BYTES } from "../../limits";
import { DropZone } from "./drop-zone";
import { Lines } from "./lines";
import { Previews } from "./question";
import type { UploadQueue } from "./queue";
import { summaryOf } from "./summary";

const BECOMES: readonly [string, string][] = [
  [".mha, .mhd with its .raw, .nii, .nii.gz, .nrrd", "one scan each"],
  [".zip", "one scan: the slices of one DICOM series or of one picture sequence"],
  ["DICOM files or folders", "one scan for each series, wherever its files lie"],
  ["JPG or PNG, numbered", "one scan, in the order of the numbers; else you are asked"],
  [
    "JPG or PNG in a folder with DICOM files",
    "left out; where they are numbered and may be a scan of their own, you are asked",
  ],
];

interface UploadPageProps {
  uploads: UploadQueue;
  rows: Rows;
  bucket: string;
}

/** All uploads, and a list of what each kind of file becomes. */
export function UploadPage({ uploads, rows, bucket }: UploadPageProps) {
  useEffect(() => {
    document.title = "Upload · DiscAI";
  }, []);
  const lines = uploads.uploads.value;
  const pictures = lines.find(({ scan, finished }) => scan.arePictures && !finished)?.scan;
  return (
    <main class="upload-page">
      <h1 class="visually-hidden">Upload</h1>
      <DropZone bucket={bucket} />
      <section class="panel upload-queue" aria-label="Uploads">
        <h2>
          Uploads <span class="hint">{summaryOf(lines)}</span>
        </h2>
        {lines.length === 0 ? (
          <p class="muted">
            No uploads. An upload goes on by itself after the page was closed or the network was
            lost, and it can be paused at any time.
          </p>
        ) : (
          <Lines uploads={uploads} rows={rows} />
        )}
        {pictures && <Previews key={pictures.name} files={pictures.files} />}
      </section>
      <section class="panel">
        <h2>What each file becomes</h2>
        <dl class="becomes">
          {BECOMES.map(([what, becomes]) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd>{becomes}</dd>
            </div>
          ))}
        </dl>
        <p class="muted">
          At most {SCAN_MAX_BYTES / 1024 ** 3} GiB a file, and{" "}
          {ARCHIVE_MAX_UNPACKED_BYTES / 1024 ** 3} GiB a scan of several. Names and numbers of
          patients are removed from headers before anything is shown; the scan's page lists what was
          removed.
        </p>
      </section>
    </main>
  );
}
