import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Studies } from "../../cloud/cloud";
import type { Study } from "../../cloud/documents";
import type { Stop } from "../../cloud/live";

interface Followed {
  study: Signal<Study | null>;
  followers: number;
  stop: Stop;
}

/** Studies of the list: followed while their row is near the window, and remembered afterwards. */
export class ListedStudies {
  private readonly all = new Map<string, Followed>();

  constructor(private readonly feed: Pick<Studies, "watch">) {}

  /** What was heard of a study last; null if nothing was. */
  of(key: string): ReadonlySignal<Study | null> {
    return this.entry(key).study;
  }

  /** Follows a study until stopped. */
  follow(key: string): Stop {
    const entry = this.entry(key);
    if (entry.followers === 0) {
      entry.stop = this.feed.watch(
        key,
        (study) => (entry.study.value = study),
        () => {}, // the rows say when the database does not answer
      );
    }
    entry.followers += 1;
    return () => {
      entry.followers -= 1;
      if (entry.followers === 0) entry.stop();
    };
  }

  /** Forgets everything at sign-out. */
  forget(): void {
    for (const { followers, stop } of this.all.values()) if (followers > 0) stop();
    this.all.clear();
  }

  private entry(key: string): Followed {
    const known = this.all.get(key);
    if (known) return known;
    const entry = { study: signal<Study | null>(null), followers: 0, stop: () => {} };
    this.all.set(key, entry);
    return entry;
  }
}
