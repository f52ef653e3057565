import { type Auth, onAuthStateChanged, signInWithEmailAndPassword, signOut } from "@firebase/auth";
import type { Accounts } from "./cloud";
import { CloudError } from "./errors";
import { reach } from "./reach";

const SENTENCES: Record<string, string> = {
  "auth/invalid-credential": "Wrong email or password.",
  "auth/wrong-password": "Wrong email or password.",
  "auth/user-not-found": "Wrong email or password.",
  "auth/invalid-email": "This is not an email address.",
  "auth/user-disabled": "This account is switched off. Ask an administrator.",
  "auth/too-many-requests": "Too many tries. Wait a minute, then try again.",
  "auth/network-request-failed": "The sign-in service can't be reached. Check the network.",
};

export function connectAccounts(auth: Auth): Accounts {
  return {
    watch: (seen) => {
      const answered = reach.ask("sign-in");
      return onAuthStateChanged(auth, (user) => {
        answered();
        seen(user?.email ? { uid: user.uid, email: user.email } : null);
      });
    },
    signIn: async (email, password) => {
      try {
        await reach.answer("sign-in", signInWithEmailAndPassword(auth, email, password));
      } catch (error) {
        const code = (error as { code?: string }).code ?? "unknown";
        throw new CloudError(code, SENTENCES[code] ?? `Signing in failed (${code}).`);
      }
    },
    signOut: () => signOut(auth),
  };
}
