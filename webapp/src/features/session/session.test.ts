import { describe, expect, it } from "vitest";
import type { Accounts, User } from "../../cloud/cloud";
import { CloudError } from "../../cloud/errors";
import { Session } from "./session";

function accountsOf(password: string): Accounts {
  let seen: (user: User | null) => void = () => {};
  return {
    watch: (callback) => {
      seen = callback;
      return () => {};
    },
    signIn: async (email, given) => {
      if (given !== password) throw new CloudError("auth/x", "Wrong email or password.");
      seen({ uid: "u1", email });
    },
    signOut: async () => seen(null),
  };
}

describe("the session", () => {
  it("signs in and out", async () => {
    const session = new Session(accountsOf("right"));
    await session.signIn(" rad@hospital.org ", "right");
    expect(session.state.value).toEqual({
      kind: "signed-in",
      user: { uid: "u1", email: "rad@hospital.org" },
    });
    await session.signOut();
    expect(session.state.value).toEqual({ kind: "signed-out", busy: false, error: null });
  });

  it("says why it failed and can be tried again", async () => {
    const session = new Session(accountsOf("right"));
    await session.signIn("rad@hospital.org", "wrong");
    expect(session.state.value).toEqual({
      kind: "signed-out",
      busy: false,
      error: "Wrong email or password.",
    });
  });
});
