import type { Review } from "../editing/review";
import type { OpenScan } from "../picture/open-scan";

/** The model whose boxes are shown; a choice if several models read the scan. */
export function ModelChoice({ openScan, review }: { openScan: OpenScan; review: Review }) {
  const { modelVersion } = review.prediction;
  const all = openScan.predictions.value;
  if (all.length < 2) return <span class="chip">model {modelVersion}</span>;
  const newest = all[0]?.modelVersion; // a labelled scan opens with another one
  const isOlder = newest !== modelVersion;
  return (
    <>
      <label class="model-choice">
        <span class="muted">model</span>
        <select
          value={modelVersion}
          onChange={(event) => (openScan.chosenVersion.value = event.currentTarget.value)}
        >
          {all.map(({ modelVersion: version }) => (
            <option key={version} value={version}>
              {version}
              {version === newest ? " (newest)" : ""}
            </option>
          ))}
        </select>
      </label>
      {openScan.rereadBy.value === modelVersion && (
        <span class="chip warning" role="status">
          {modelVersion} has read this scan meanwhile: its boxes are shown now
        </span>
      )}
      {isOlder && (
        <span class="chip warning" role="status">
          {newest} has read this scan since
          {review.editor.isDirty.value && "; your draft is about this model's boxes"}
        </span>
      )}
    </>
  );
}
