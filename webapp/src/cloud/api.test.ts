import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectApi } from "./api";
import { CloudError } from "./errors";

let seen: Request;
let answer: () => Response | Promise<Response>;

const api = connectApi("https://web.test/api", async () => "token");

beforeEach(() => {
  vi.stubGlobal("fetch", async (request: Request) => {
    seen = request;
    return answer();
  });
});

afterEach(() => vi.unstubAllGlobals());

test("a call has its token, its place in the path and its body", async () => {
  answer = () => Response.json({ count: 3 }, { status: 202 });
  expect(await api.readAgain("a/b", 5)).toBe(3);
  expect(seen.method).toBe("POST");
  expect(seen.url).toBe("https://web.test/api/models/a%2Fb/read-again");
  expect(seen.headers.get("Authorization")).toBe("Bearer token");
  expect(seen.headers.get("Content-Type")).toBe("application/json");
  expect(await seen.json()).toEqual({ count: 5 });
});

test("a refusal of the api is told in its words", async () => {
  const error = { code: "not-retryable", message: "The scan is done; nothing to retry." };
  answer = () => Response.json({ error }, { status: 409 });
  await expect(api.retry("s")).rejects.toEqual(new CloudError(error.code, error.message));
});

test.each([
  [() => new Response("<html>", { status: 502 }), "unreachable"],
  [() => new Response("<html>", { status: 200 }), "unreachable"],
  [() => new Response("<html>", { status: 403 }), "refused"],
  [() => Promise.reject(new TypeError("Failed to fetch")), "unreachable"],
])("what is between us and the api may answer, too", async (something, code) => {
  answer = something;
  await expect(api.thumbnailUrl("s", "m")).rejects.toMatchObject({ code });
  await expect(api.thumbnailUrl("s", "m")).rejects.toBeInstanceOf(CloudError);
});

test("a token that can't be had is told as such", async () => {
  const signedOut = new CloudError("not-signed-in", "Sign in first.");
  const stranger = connectApi("https://web.test/api", () => Promise.reject(signedOut));
  await expect(stranger.retry("s")).rejects.toBe(signedOut);
});

test("a token that looks younger than it is, is renewed once, and the call made again", async () => {
  const asked: boolean[] = [];
  const reviewer = connectApi("https://web.test/api", async (isRefused) => {
    asked.push(isRefused);
    return isRefused ? "new" : "old";
  });
  const bodies: unknown[] = [];
  const order = { fileName: "a.mha", size: 3, contentType: "" };
  const session = { uploadUrl: "u", bucket: "b", objectName: "o" };
  answer = async () => {
    bodies.push(await seen.json());
    const isOld = seen.headers.get("Authorization") === "Bearer old";
    return isOld ? new Response("", { status: 401 }) : Response.json(session);
  };
  expect(await reviewer.createUpload(order)).toEqual(session);
  expect(asked).toEqual([false, true]);
  expect(bodies).toEqual([order, order]);

  answer = () =>
    Response.json({ error: { code: "unauthenticated", message: "No." } }, { status: 401 });
  await expect(reviewer.retry("s")).rejects.toMatchObject({ code: "unauthenticated" });
  expect(asked).toHaveLength(4);
});
