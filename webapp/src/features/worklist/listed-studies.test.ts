import { expect, it } from "vitest";
import { aStudy, FakeStudies } from "../../testing/fake-cloud";
import { ListedStudies } from "./listed-studies";

it("follows a study once while a row of it is near the window, and remembers it", () => {
  const feed = new FakeStudies();
  const studies = new ListedStudies(feed);
  const stops = [studies.follow("a"), studies.follow("a")];
  expect(feed.watchers).toBe(1);
  feed.study(aStudy("a", { t1: "T1" }));
  stops[0]?.();
  expect(feed.watchers).toBe(1);
  stops[1]?.();
  expect(feed.watchers).toBe(0);
  expect(studies.of("a").value?.key).toBe("a");
  studies.follow("a");
  studies.forget();
  expect([feed.watchers, studies.of("a").value]).toEqual([0, null]);
});
