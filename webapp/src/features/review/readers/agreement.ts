import type { SavedLabel } from "../../../cloud/documents";
import { byReviewer, judgements } from "../../../verdict";

/** Two readers' answers on the same discs of one scan: herniated or not. */
export type Answers = readonly (readonly [boolean, boolean])[];

export interface Kappa {
  /** Null if chance alone would agree on everything: kappa is undefined then. */
  kappa: number | null;
  /** 95 % interval, by a jackknife over scans: discs of one scan are no independent draws. */
  interval: readonly [number, number] | null;
  agreed: number;
  discs: number;
  scans: number;
}

export interface ReaderPair extends Kappa {
  readers: readonly [string, string];
}

/** The fewest scans for which an interval is given. */
const FEWEST_SCANS = 3;

/** Cohen's kappa (Educational and Psychological Measurement 20:37, 1960) over a set of scans. */
export function cohensKappa(scans: readonly Answers[]): Kappa {
  const all = scans.flat();
  return {
    kappa: kappaOf(all),
    interval: jackknife(scans),
    agreed: all.filter(([a, b]) => a === b).length,
    discs: all.length,
    scans: scans.filter((answers) => answers.length > 0).length,
  };
}

function kappaOf(answers: Answers): number | null {
  const count = answers.length;
  if (count === 0) return null;
  const share = (matches: (pair: readonly [boolean, boolean]) => boolean): number =>
    answers.filter(matches).length / count;
  const observed = share(([a, b]) => a === b);
  const [first, second] = [share(([a]) => a), share(([, b]) => b)];
  const byChance = first * second + (1 - first) * (1 - second);
  return byChance === 1 ? null : (observed - byChance) / (1 - byChance);
}

function jackknife(scans: readonly Answers[]): readonly [number, number] | null {
  const whole = kappaOf(scans.flat());
  if (whole === null || scans.length < FEWEST_SCANS) return null;
  const without = scans.map((_, left) => kappaOf(scans.filter((_, i) => i !== left).flat()));
  if (without.some((value) => value === null)) return null;
  const values = without as number[];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(((values.length - 1) / values.length) * spread);
  return [Math.max(-1, whole - 1.96 * error), Math.min(1, whole + 1.96 * error)];
}

/**
 * Every pair of readers over a set of scans, the pair with most discs first.
 *
 * Of each reader the one label counts that is theirs, with the discs that both judged: an answer that
 * was left as the model had it is no reader's.
 */
export function agreementOf(scans: readonly (readonly SavedLabel[])[]): ReaderPair[] {
  const pairs = new Map<string, { readers: [string, string]; scans: Answers[] }>();
  for (const labels of scans) {
    const readers = byReviewer(labels).toSorted((a, b) =>
      a.authorEmail.localeCompare(b.authorEmail),
    );
    for (const [index, first] of readers.entries()) {
      for (const second of readers.slice(index + 1)) {
        const key = `${first.author} ${second.author}`;
        const emails: [string, string] = [first.authorEmail, second.authorEmail];
        const pair = pairs.get(key) ?? { readers: emails, scans: [] };
        pair.scans.push(answersOf(first, second));
        pairs.set(key, pair);
      }
    }
  }
  return [...pairs.values()]
    .map((pair) => ({ readers: pair.readers, ...cohensKappa(pair.scans) }))
    .toSorted((a, b) => b.discs - a.discs);
}

function answersOf(first: SavedLabel, second: SavedLabel): Answers {
  const other = judgements(second);
  return [...judgements(first)].flatMap(([level, herniation]) => {
    const answer = other.get(level);
    return answer === undefined ? [] : [[herniation, answer] as const];
  });
}
