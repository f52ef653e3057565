import type { Api, ArtifactUrls, UploadSession } from "./cloud";
import { CloudError } from "./errors";

/** A line that hangs says nothing by itself; what only reads may be asked for again. */
const PATIENCE_MS = 30_000;

/** The API at `apiUrl`; `idToken` gives a fresh token of the person who is signed in. */
export function connectApi(apiUrl: string, idToken: () => Promise<string>): Api {
  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const headers = new Headers({ Authorization: `Bearer ${await idToken()}` });
    if (body) headers.set("Content-Type", "application/json");
    let response: Response;
    try {
      response = await fetch(apiUrl + path, {
        method,
        headers,
        body: body ? JSON.stringify(body) : null,
        signal: method === "GET" ? AbortSignal.timeout(PATIENCE_MS) : null,
      });
    } catch {
      throw new CloudError("unreachable", "The server can't be reached. Check the network.");
    }
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) throw refusal(response.status, answer);
    return answer;
  }

  return {
    createUpload: (fileName, size, contentType) =>
      call("POST", "/uploads", { fileName, size, contentType }) as Promise<UploadSession>,
    artifactUrls: (scanId, modelVersion) =>
      call(
        "GET",
        `/scans/${encodeURIComponent(scanId)}/predictions/${encodeURIComponent(modelVersion)}/artifacts`,
      ) as Promise<ArtifactUrls>,
    thumbnailUrl: async (scanId, modelVersion) => {
      const path = `/scans/${encodeURIComponent(scanId)}/predictions/${encodeURIComponent(modelVersion)}`;
      const { url } = (await call("GET", `${path}/thumbnail`)) as { url: string };
      return url;
    },
    rollBack: async (modelVersion) => {
      await call("POST", `/models/${encodeURIComponent(modelVersion)}/rollback`);
    },
    readAgain: async (modelVersion, count) => {
      const path = `/models/${encodeURIComponent(modelVersion)}/read-again`;
      return ((await call("POST", path, { count })) as { count: number }).count;
    },
    retry: async (scanId) => {
      await call("POST", `/scans/${encodeURIComponent(scanId)}/retry`);
    },
  };
}

function refusal(status: number, answer: unknown): CloudError {
  const { error } = (answer ?? {}) as { error?: { code: string; message: string } };
  if (error) return new CloudError(error.code, error.message);
  if (status >= 500 || status === 429) {
    return new CloudError("unreachable", `The server is busy or broken (HTTP ${status}).`);
  }
  return new CloudError("refused", `The server refused the request (HTTP ${status}).`);
}
