import { useState } from "preact/hooks";
import { fetchBlob } from "../../../cloud/fetch-blob";
import type { Api, ResultFile } from "../../../cloud/cloud";

interface DownloadsProps {
  api: Api;
  scanId: string;
  modelVersion: string;
  scanName: string;
}

const FILES: readonly ResultFile[] = ["segmentation.mha", "prediction.json"];

/** Download buttons; links are signed at the click, so that they work on a page open for long. */
export function Downloads({ api, scanId, modelVersion, scanName }: DownloadsProps) {
  const [error, setError] = useState("");
  const download = (file: ResultFile) => async () => {
    try {
      await saveAs(await api.fileUrl(scanId, modelVersion, file), `${scanName}.${file}`);
      setError("");
    } catch (reason) {
      setError(`${file} can't be downloaded. ${(reason as Error).message}`);
    }
  };
  return (
    <section class="downloads">
      <h2>Files</h2>
      {FILES.map((file) => (
        <button key={file} onClick={download(file)}>
          {file}
        </button>
      ))}
      <p class="error" role="alert">
        {error}
      </p>
    </section>
  );
}

/** Downloads by way of a blob, because `download` is ignored for another origin. */
async function saveAs(url: string, name: string): Promise<void> {
  const blobUrl = URL.createObjectURL(await fetchBlob(url));
  Object.assign(document.createElement("a"), { href: blobUrl, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(blobUrl), 60_000);
}
