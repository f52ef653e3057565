import { LEVELS } from "../../../anatomy";
import type { Prediction } from "../../../records";
import { probability } from "../../../ui/format";

/** The differences between a model's reading and an earlier model's, disc by disc. */
export function changedReading(before: Prediction, after: Prediction): string[] {
  return LEVELS.flatMap((level) => {
    const [old, now] = [before, after].map(({ discs }) => discs.find((d) => d.level === level));
    if (!old && !now) return [];
    if (!old) return [`${level} found (${probability(now!.herniation)})`];
    if (!now) return [`${level} no longer found`];
    const [from, to] = [probability(old.herniation), probability(now.herniation)];
    if (from === to) return [];
    const answers = [
      old.herniation >= before.herniationThreshold,
      now.herniation >= after.herniationThreshold,
    ];
    const turned = answers[0] === answers[1] ? "" : answers[1] ? ", now LDH" : ", no longer LDH";
    return [`${level} ${from} → ${to}${turned}`];
  });
}
