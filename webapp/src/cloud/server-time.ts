import { signal } from "@preact/signals";

/** Headers tell whole seconds, and take a while to arrive. */
const TOLERANCE_MS = 2_000;
const LOOK_MS = 15_000;
/** The clock was set, or the computer slept, if its time runs away from the steady one by so much. */
const JUMP_MS = 5_000;

/**
 * The server's time, counted on by a clock that nobody can set: this computer's may be minutes wrong,
 * and may be set while the page is open. Until a server has said its time, it is the computer's of
 * when the page was opened.
 */
export class ServerTime {
  /** True once a server has said its time. */
  readonly isKnown = signal(false);

  /** The time that the server had when the steady clock began. */
  private beginning: number;
  private computersBeginning: number;

  constructor(
    private readonly computer: () => number = Date.now,
    private readonly steady: () => number = () => performance.now(),
  ) {
    this.computersBeginning = computer() - steady();
    this.beginning = this.computersBeginning;
  }

  /** The time in milliseconds since 1970; never runs backwards by more than two seconds' doubt. */
  readonly now = (): number => this.beginning + this.steady();

  /** Takes the time from the headers of an answer that has just arrived. */
  note(headers: Pick<Headers, "get">): void {
    const seconds = Number(headers.get("Age") ?? 0); // spent in a cache on the way
    const time = Date.parse(headers.get("Date") ?? "") + 1_000 * seconds;
    if (Number.isNaN(time)) return;
    const beginning = time - this.steady();
    const isNews = Math.abs(beginning - this.beginning) > TOLERANCE_MS;
    if (isNews) this.beginning = beginning;
    this.isKnown.value = true;
  }

  /** True if the computer's clock was set, or stood still, since this was asked last. */
  hasJumped(): boolean {
    const beginning = this.computer() - this.steady();
    const jumped = Math.abs(beginning - this.computersBeginning) > JUMP_MS;
    this.computersBeginning = beginning;
    return jumped;
  }

  /** Asks the site for its time whenever the computer's clock has jumped. */
  watch(): void {
    setInterval(() => {
      if (!this.hasJumped()) return;
      fetch("/config.json", { method: "HEAD", cache: "no-store" })
        .then(({ headers }) => this.note(headers))
        .catch(() => {}); // without a network, the steady clock counts on
    }, LOOK_MS);
  }
}

/** The page's own. */
export const serverTime = new ServerTime();
