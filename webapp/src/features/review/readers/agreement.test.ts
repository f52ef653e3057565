import { describe, expect, it } from "vitest";
import { aLabel } from "../../../testing/fake-cloud";
import { agreementOf, type Answers, cohensKappa } from "./agreement";

const times = (count: number, ...pair: [boolean, boolean]): Answers =>
  Array.from({ length: count }, () => pair);

describe("Cohen's kappa", () => {
  it("is that of a worked example", () => {
    // 20 both yes, 5 and 10 differing, 15 both no: observed 0.7, by chance 0.5
    const answers = [
      ...times(20, true, true),
      ...times(5, true, false),
      ...times(10, false, true),
      ...times(15, false, false),
    ];
    const { kappa, agreed, discs } = cohensKappa([answers]);
    expect(kappa).toBeCloseTo(0.4);
    expect([agreed, discs]).toEqual([35, 50]);
  });

  it("is 1 for readers who agree, -1 for readers who never do, 0 by chance", () => {
    const both = [...times(3, true, true), ...times(3, false, false)];
    expect(cohensKappa([both]).kappa).toBe(1);
    expect(cohensKappa([[...times(3, true, false), ...times(3, false, true)]]).kappa).toBe(-1);
    const chance = [true, false].flatMap((a) => [true, false].flatMap((b) => times(1, a, b)));
    expect(cohensKappa([chance]).kappa).toBe(0);
  });

  it("says nothing where both say the same of everything, or there is nothing", () => {
    expect(cohensKappa([times(8, false, false)]).kappa).toBeNull();
    expect(cohensKappa([]).kappa).toBeNull();
  });

  it("has an interval over scans only where there are some", () => {
    const scan = [...times(2, true, true), ...times(2, false, false), ...times(1, true, false)];
    expect(cohensKappa([scan, scan]).interval).toBeNull();
    const { kappa, interval } = cohensKappa([scan, scan, [...scan, ...times(2, false, true)]]);
    expect(interval![0]).toBeLessThan(kappa!);
    expect(interval![1]).toBeGreaterThan(kappa!);
  });
});

describe("agreement over a scan set", () => {
  const box = { x: 0, y: 0, width: 9, height: 9, level: "L4-L5" as const, herniation: true };
  const by = (author: string, herniation: boolean) =>
    aLabel(`${author}-${herniation}`, {
      author,
      authorEmail: `${author}@x`,
      slices: { "4": [{ ...box, herniation }] },
    });

  it("pairs readers by their newest label of each scan", () => {
    const scans = [
      [by("anna", false), by("ben", true), by("anna", true)],
      [by("ben", false), by("anna", false), by("carl", false)],
      [by("ben", false)],
    ];
    const [first, ...others] = agreementOf(scans);
    expect(first).toMatchObject({ readers: ["anna@x", "ben@x"], kappa: 1, discs: 2, scans: 2 });
    expect(others.map(({ readers }) => readers.join())).toEqual(["anna@x,carl@x", "ben@x,carl@x"]);
  });

  it("counts no answer that a reader left as the model had it", () => {
    const judged = (author: string, ...how: ("confirmed" | "unseen")[]) =>
      aLabel(author, {
        author,
        authorEmail: `${author}@x`,
        slices: { "4": how.map((each) => ({ ...box, judged: each })) },
      });
    const accepted = (author: string) => ({ ...by(author, true), kind: "acceptance" as const });
    const both = [judged("anna", "confirmed"), judged("ben", "confirmed")];
    const one = [judged("anna", "confirmed"), judged("ben", "unseen")];
    const older = [judged("anna", "confirmed"), accepted("ben")];
    expect(agreementOf([both, one, older])).toMatchObject([{ discs: 1, agreed: 1, scans: 1 }]);
  });
});
