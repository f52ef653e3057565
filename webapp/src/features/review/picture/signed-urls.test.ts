import { describe, expect, it } from "vitest";
import { ServerTime } from "../../../cloud/server-time";
import { someUrls } from "../../../testing/fake-cloud";
import { SignedUrls } from "./signed-urls";

describe("signed URLs", () => {
  let now = 0;
  let asked = 0;
  const FIFTEEN_MINUTES = 15 * 60_000;
  const signedUrls = (time = () => now) =>
    new SignedUrls(async () => {
      asked += 1;
      return someUrls(new Date(now + FIFTEEN_MINUTES));
    }, time);

  it("are asked for once, and again before they expire", async () => {
    [now, asked] = [0, 0];
    const urls = signedUrls();
    await Promise.all([urls.get("v1"), urls.get("v1")]);
    now = FIFTEEN_MINUTES - 61_000;
    await urls.get("v1");
    expect(asked).toBe(1);
    now = FIFTEEN_MINUTES - 59_000;
    await urls.get("v1");
    expect(asked).toBe(2);
  });

  it("are renewed by the server's time on a computer that is 15 minutes behind", async () => {
    let computer = 0;
    let steady = 0;
    const time = new ServerTime(
      () => computer,
      () => steady,
    );
    time.note(new Headers({ Date: new Date(FIFTEEN_MINUTES).toUTCString() }));
    now = FIFTEEN_MINUTES;
    asked = 0;
    const urls = signedUrls(time.now);
    await urls.get("v1");
    [computer, steady] = [FIFTEEN_MINUTES, FIFTEEN_MINUTES];
    await urls.get("v1");
    expect(asked).toBe(2);
  });

  it("are asked for again once they did not work, whatever the time", async () => {
    asked = 0;
    const urls = signedUrls();
    await urls.get("v1");
    urls.forget();
    await urls.get("v1");
    expect(asked).toBe(2);
  });

  it("belong to one model", async () => {
    asked = 0;
    const urls = signedUrls();
    await urls.get("v1");
    await urls.get("v2");
    expect(asked).toBe(2);
  });

  it("are asked for again after a failure", async () => {
    let fails = true;
    const urls = new SignedUrls(async () => {
      if (fails) throw new Error("offline");
      return someUrls(new Date(Date.now() + FIFTEEN_MINUTES));
    });
    await expect(urls.get("v1")).rejects.toThrow("offline");
    fails = false;
    expect((await urls.get("v1")).pictures).toBe("pictures");
  });
});
