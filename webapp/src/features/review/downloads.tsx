import { useState } from "preact/hooks";
import type { ArtifactUrls } from "../../cloud/cloud";
import type { SignedUrls } from "./signed-urls";

interface DownloadsProps {
  urls: SignedUrls;
  modelVersion: string;
}

/** Links are signed at the click, so that one on a page open for an hour still works. */
export function Downloads({ urls, modelVersion }: DownloadsProps) {
  const [error, setError] = useState("");
  const download = (artifact: "segmentation" | "prediction") => async () => {
    try {
      const signed: ArtifactUrls = await urls.get(modelVersion);
      location.assign(signed[artifact]);
      setError("");
    } catch (reason) {
      setError((reason as Error).message);
    }
  };
  return (
    <section class="downloads">
      <h2>Files</h2>
      <button onClick={download("segmentation")}>segmentation.mha</button>
      <button onClick={download("prediction")}>prediction.json</button>
      <p class="error" role="alert">
        {error}
      </p>
    </section>
  );
}
