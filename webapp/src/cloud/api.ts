import createClient from "openapi-fetch";
import type { Calls, ErrorBody } from "./calls";
import type { Api } from "./cloud";
import { CloudError } from "./errors";
import { reach } from "./reach";
import { serverTime } from "./server-time";

/** A line that hangs says nothing by itself; what only reads may be asked for again. */
const PATIENCE_MS = 30_000;

/**
 * The API at `apiUrl`; `idToken` gives a token of the person who is signed in, a new one if the last
 * was refused: where a clock was set back, a token looks younger than it is.
 */
export function connectApi(apiUrl: string, idToken: (isRefused: boolean) => Promise<string>): Api {
  async function send(request: Request, token: string): Promise<Response> {
    request.headers.set("Authorization", `Bearer ${token}`);
    const signal = request.method === "GET" ? AbortSignal.timeout(PATIENCE_MS) : null;
    const response = await reach.answer("api", fetch(request, { signal })).catch(() => {
      throw new CloudError("unreachable", "The server can't be reached. Check the network.");
    });
    serverTime.note(response.headers);
    return response;
  }

  const client = createClient<Calls>({
    baseUrl: apiUrl,
    fetch: async (request) => {
      const again = request.clone();
      const response = await send(request, await idToken(false));
      return response.status === 401 ? send(again, await idToken(true)) : response;
    },
  });

  return {
    createUpload: (order) => answerTo(client.POST("/uploads", { body: order })),
    artifactUrls: (scanId, modelVersion) =>
      answerTo(
        client.GET("/scans/{scanId}/predictions/{modelVersion}/artifacts", {
          params: { path: { scanId, modelVersion } },
        }),
      ),
    fileUrl: async (scanId, modelVersion, file) => {
      const path = { scanId, modelVersion, file };
      const call = client.GET("/scans/{scanId}/predictions/{modelVersion}/files/{file}", {
        params: { path },
      });
      return (await answerTo(call)).url;
    },
    thumbnailUrl: async (scanId, modelVersion) => {
      const path = { scanId, modelVersion };
      const call = client.GET("/scans/{scanId}/predictions/{modelVersion}/thumbnail", {
        params: { path },
      });
      return (await answerTo(call)).url;
    },
    report: (scanId, modelVersion) =>
      answerTo(
        client.GET("/scans/{scanId}/predictions/{modelVersion}/report", {
          params: { path: { scanId, modelVersion } },
        }),
      ),
    rollBack: async (modelVersion) => {
      const path = { modelVersion };
      await answerTo(client.POST("/models/{modelVersion}/rollback", { params: { path } }));
    },
    readAgain: async (modelVersion, count) => {
      const call = client.POST("/models/{modelVersion}/read-again", {
        params: { path: { modelVersion } },
        body: { count },
      });
      return (await answerTo(call)).count;
    },
    retry: async (scanId) => {
      await answerTo(client.POST("/scans/{scanId}/retry", { params: { path: { scanId } } }));
    },
  };
}

/** The body of a call's answer; rejects with a `CloudError`, whatever came back. */
async function answerTo<Body>(
  call: Promise<{ data?: Body; error?: unknown; response: Response }>,
): Promise<Body> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new CloudError("unreachable", "The server's answer can't be read. Check the network.");
  });
  if (data === undefined) throw refusal(response.status, error);
  return data;
}

function refusal(status: number, body: unknown): CloudError {
  if (isErrorBody(body)) return new CloudError(body.error.code, body.error.message);
  if (status >= 500 || status === 429) {
    return new CloudError("unreachable", `The server is busy or broken (HTTP ${status}).`);
  }
  return new CloudError("refused", `The server refused the request (HTTP ${status}).`);
}

/** Whether our API said no, and not something on the way to it. */
function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === "object" && body !== null && "error" in body;
}
