import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The browsers of a hospital's current workstations; light-dark() needs these versions.
const BROWSERS = ["chrome123", "edge123", "firefox120", "safari17.5"];
const SERVICE_WORKER = "service-worker.js";

/** Tells the service worker which files the build has made, and a version that follows them. */
function keptFiles(): Plugin {
  let folder = "";
  return {
    name: "kept-files",
    apply: "build",
    configResolved: ({ build: { outDir }, root }) => {
      folder = join(root, outDir);
    },
    closeBundle: () => {
      const files = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== SERVICE_WORKER)
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
        .map((name) => (name === "/index.html" ? "/" : name))
        .toSorted();
      const index = readFileSync(join(folder, "index.html")); // names all others by their digests
      const version = createHash("sha256").update(index).digest("hex").slice(0, 12);
      const constants = `const FILES = ${JSON.stringify(files)};\nconst VERSION = "${version}";\n`;
      const worker = join(folder, SERVICE_WORKER);
      writeFileSync(worker, constants + readFileSync(worker, "utf8"));
    },
  };
}

export default defineConfig({
  plugins: [keptFiles()],
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
