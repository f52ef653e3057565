import type { OpenScan } from "./open-scan";

/** Says over a picture that its slice is on its way, or why it didn't come. */
export function FrameStatus({ openScan }: { openScan: OpenScan }) {
  return (
    <>
      {openScan.isLoading.value && (
        <p class="stage-hint" role="status">
          Loading slice {openScan.slice.value + 1} …
        </p>
      )}
      {openScan.frameError.value && (
        <p class="stage-error" role="alert">
          {openScan.frameError.value}
          <button onClick={() => openScan.again()}>Try again</button>
        </p>
      )}
    </>
  );
}
