import { computed, signal } from "@preact/signals";
import type { Accounts, User } from "../../cloud/cloud";
import type { CloudError } from "../../cloud/errors";

export type SessionState =
  | { kind: "starting" }
  | { kind: "signed-out"; busy: boolean; error: string | null }
  | { kind: "signed-in"; user: User };

/** The person who is signed in, or the sign-in under way. */
export class Session {
  readonly state = signal<SessionState>({ kind: "starting" });
  /** The user id of whoever is signed in. */
  readonly uid = computed(() => {
    const state = this.state.value;
    return state.kind === "signed-in" ? state.user.uid : null;
  });

  constructor(private readonly accounts: Accounts) {
    accounts.watch((user) => {
      this.state.value = user
        ? { kind: "signed-in", user }
        : { kind: "signed-out", busy: false, error: null };
    });
  }

  async signIn(email: string, password: string): Promise<void> {
    this.state.value = { kind: "signed-out", busy: true, error: null };
    try {
      await this.accounts.signIn(email.trim(), password);
    } catch (error) {
      const { message } = error as CloudError;
      this.state.value = { kind: "signed-out", busy: false, error: message };
    }
  }

  signOut(): Promise<void> {
    return this.accounts.signOut();
  }
}
