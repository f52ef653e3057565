import { defineConfig } from "vitest/config";

// The browsers of a hospital's current workstations; light-dark() needs these versions.
const BROWSERS = ["chrome123", "edge123", "firefox120", "safari17.5"];

export default defineConfig({
  build: {
    target: BROWSERS,
    cssTarget: BROWSERS,
    // A strict CSP allows no data: URL, so nothing may be inlined as one.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: "es" },
  test: { include: ["src/**/*.test.ts"], testTimeout: 20_000 }, // on a busy machine, too
});
