import { describe, expect, it } from "vitest";
import cases from "../../tests/support/vectors/verdicts.json";
import type { SavedLabel } from "./cloud/documents";
import { putTogether } from "./cloud/label-parts";
import { timestamp } from "./testing/fake-cloud";
import { verdict } from "./verdict";

type Case = (typeof cases)[number];

/** Labels as the database's query gives them: by their time, then by their ids. */
function labelsOf(labels: Case["labels"]): SavedLabel[] {
  const saved = Object.entries(labels).map(([id, label]) => {
    return { ...label, id, createdAt: timestamp(Date.parse(label.createdAt)) } as SavedLabel;
  });
  const time = (label: SavedLabel): number => label.createdAt.toMillis();
  return saved.toSorted((a, b) => time(a) - time(b) || (a.id < b.id ? -1 : 1));
}

describe("of a scan's labels", () => {
  // tests/discai/records/test_verdict.py reads the same cases.
  it.each(cases)("$case", ({ labels, counts }) => {
    const counted = verdict(putTogether(labelsOf(labels)));
    const said = counted && {
      kind: counted.kind,
      reviewers: counted.labels.map(({ author }) => author),
      labelledAt: counted.newest.createdAt.toDate().toISOString().replace(".000", ""),
      slices: counted.slices,
      ...(Object.keys(counted.gradings).length > 0 && { gradings: counted.gradings }),
    };
    expect(said).toEqual(counts);
  });
});
