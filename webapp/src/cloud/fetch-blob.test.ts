import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { fetchBlob } from "./fetch-blob";

let server: Server;

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const unreachable = {
  code: "unreachable",
  message: "The store can't be reached. Check the network.",
};

describe("a download", () => {
  it("gives what is there", async () => {
    const url = await serve((_, response) => response.end("pixels"));
    expect(await (await fetchBlob(url)).text()).toBe("pixels");
  });

  it("asks past the browser's cache and leaves nothing in it", async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.headers["cache-control"]);
      response.end("pixels");
    });
    await fetchBlob(url);
    expect(asked).toEqual(["no-cache"]);
  });

  it("gives the bytes that were asked for, by a range that needs no question of CORS", async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.headers.range);
      response.writeHead(206).end("xel");
    });
    expect(await (await fetchBlob(url, undefined, { start: 2, size: 3 })).text()).toBe("xel");
    expect(asked).toEqual(["bytes=2-4"]);
  });

  it("gives the bytes that were asked for where the whole file came", async () => {
    const url = await serve((_, response) => response.end("pixels"));
    expect(await (await fetchBlob(url, undefined, { start: 2, size: 3 })).text()).toBe("xel");
  });

  it("says what the store answered where it refuses", async () => {
    const url = await serve((_, response) => response.writeHead(403).end());
    await expect(fetchBlob(url)).rejects.toMatchObject({ message: "The store answered HTTP 403." });
  });

  it("ends in words where the store never answers", async () => {
    const url = await serve(() => {});
    await expect(fetchBlob(url, AbortSignal.timeout(50))).rejects.toMatchObject(unreachable);
  });

  it("ends in words where the line is cut in the middle", async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { "Content-Length": 100 }).write("pix");
      setTimeout(() => request.socket.destroy(), 20);
    });
    await expect(fetchBlob(url)).rejects.toMatchObject(unreachable);
  });
});
