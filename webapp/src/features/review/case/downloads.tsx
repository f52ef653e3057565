import { useState } from "preact/hooks";
import { fetchBlob } from "../../../cloud/fetch-blob";
import type { SignedUrls } from "../picture/signed-urls";

interface DownloadsProps {
  urls: SignedUrls;
  modelVersion: string;
  scanName: string;
}

const FILES = { segmentation: "segmentation.mha", prediction: "prediction.json" } as const;

/** Download buttons; links are signed at the click, so that they work on a page open for long. */
export function Downloads({ urls, modelVersion, scanName }: DownloadsProps) {
  const [error, setError] = useState("");
  const download = (artifact: keyof typeof FILES) => async () => {
    try {
      const signed = await urls.get(modelVersion);
      await saveAs(signed[artifact], `${scanName}.${FILES[artifact]}`);
      setError("");
    } catch (reason) {
      setError(`${FILES[artifact]} can't be downloaded. ${(reason as Error).message}`);
    }
  };
  return (
    <section class="downloads">
      <h2>Files</h2>
      <button onClick={download("segmentation")}>{FILES.segmentation}</button>
      <button onClick={download("prediction")}>{FILES.prediction}</button>
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
