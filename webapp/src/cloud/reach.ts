import { type ReadonlySignal, signal } from "@preact/signals";
import { serverTime } from "./server-time";

/** What the page asks questions of, besides the network in between. */
export const PARTS = ["sign-in", "database", "api"] as const;
export type Part = (typeof PARTS)[number];

/** A part that was asked and says nothing for so long isn't answering. */
export const PATIENCE_MS = 5_000;

/** Codes by which libraries say that there was no answer. */
const NO_ANSWER = /unavailable|network-request-failed|deadline-exceeded|cancelled/;

/** Ends a question: with true, or nothing, when it was answered; with false when it was given up. */
export type Answered = (isAnswer?: boolean) => void;

/** Which parts of the cloud can be reached: the one place where all questions and answers meet. */
export class Reach {
  /** True while the browser has a network. */
  readonly online: ReadonlySignal<boolean>;
  /** The parts that were asked and have not answered for five seconds. */
  readonly silent: ReadonlySignal<readonly Part[]>;
  /** The time of the database's latest answer, in milliseconds since 1970; null before the first. */
  readonly heardAt: ReadonlySignal<number | null>;
  /** Counts how often somebody asked to try again. */
  readonly tries: ReadonlySignal<number>;
  /** Connects the silent parts anew; set by what has the connections. */
  reconnect: (silent: readonly Part[]) => Promise<void> = async () => {};

  private readonly isOnline = signal(true);
  private readonly silentParts = signal<readonly Part[]>([]);
  private readonly latestAnswer = signal<number | null>(null);
  private readonly tried = signal(0);
  private readonly open = new Map<Part, Set<symbol>>(PARTS.map((part) => [part, new Set()]));
  private readonly timers = new Map<Part, ReturnType<typeof setTimeout>>();

  constructor(private readonly now: () => number = serverTime.now) {
    this.online = this.isOnline;
    this.silent = this.silentParts;
    this.heardAt = this.latestAnswer;
    this.tries = this.tried;
  }

  /** Follows what the browser says of its network. */
  watchNetwork(): void {
    this.isOnline.value = navigator.onLine;
    addEventListener("online", () => (this.isOnline.value = true));
    addEventListener("offline", () => (this.isOnline.value = false));
  }

  /** Notes a question to a part; the function returned notes its end. */
  ask(part: Part): Answered {
    const question = Symbol(part);
    const open = this.open.get(part) as Set<symbol>;
    open.add(question);
    if (!this.timers.has(part)) this.wait(part);
    return (isAnswer = true) => {
      if (!open.delete(question)) return;
      if (isAnswer) this.heard(part);
      else if (open.size === 0) this.stopWaiting(part);
    };
  }

  /** Asks a part something that comes with one answer; a refusal with a code is one, too. */
  async answer<T>(part: Part, question: Promise<T>): Promise<T> {
    const answered = this.ask(part);
    try {
      const answer = await question;
      answered();
      return answer;
    } catch (error) {
      const { code } = error as { code?: unknown };
      answered(typeof code === "string" && !NO_ANSWER.test(code));
      throw error;
    }
  }

  /** Notes that a part said something. */
  heard(part: Part): void {
    if (part === "database") this.latestAnswer.value = this.now();
    this.stopWaiting(part);
    if (this.silentParts.peek().includes(part)) this.setSilent(part, false);
    if (this.open.get(part)?.size) this.wait(part);
  }

  /** Connects anew, and waits as long as before with the next word on it. */
  tryAgain(): void {
    const silent = this.silentParts.peek();
    this.tried.value = this.tried.peek() + 1;
    for (const part of silent) {
      this.setSilent(part, false);
      this.wait(part);
    }
    void this.reconnect(silent);
  }

  private wait(part: Part): void {
    this.stopWaiting(part);
    const timer = setTimeout(() => {
      this.timers.delete(part);
      this.setSilent(part, true);
    }, PATIENCE_MS);
    this.timers.set(part, timer);
  }

  private stopWaiting(part: Part): void {
    clearTimeout(this.timers.get(part));
    this.timers.delete(part);
  }

  private setSilent(part: Part, isSilent: boolean): void {
    const silent = this.silentParts.peek();
    this.silentParts.value = PARTS.filter((each) =>
      each === part ? isSilent : silent.includes(each),
    );
  }
}

/** The page's own, of which there is one, as there is one network. */
export const reach = new Reach();
