import type { SiteConfig } from "../../cloud/cloud";
import { Mark } from "../../ui/mark";
import type { Session, SessionState } from "./session";
import "./session.css";

interface SignInProps {
  state: Extract<SessionState, { kind: "signed-out" }>;
  session: Session;
  demoUser: SiteConfig["demoUser"];
}

export function SignIn({ state, session, demoUser }: SignInProps) {
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    void session.signIn(textOf(fields, "email"), textOf(fields, "password"));
  }

  return (
    <main class="entry">
      <section class="entry-card">
        <h1>
          <Mark /> DiscAI
        </h1>
        <p class="muted">Reads lumbar-spine MRI: discs, levels, probability of herniation.</p>
        {demoUser && (
          <>
            <button
              class="primary wide"
              disabled={state.busy}
              onClick={() => void session.signIn(demoUser.email, demoUser.password)}
            >
              Continue as {demoUser.email}
            </button>
            <p class="or">or</p>
          </>
        )}
        <form onSubmit={submit}>
          <label>
            Email
            <input name="email" type="email" autocomplete="username" required />
          </label>
          <label>
            Password
            <input name="password" type="password" autocomplete="current-password" required />
          </label>
          <button class={demoUser ? "wide" : "primary wide"} disabled={state.busy}>
            {state.busy ? "Signing in …" : "Sign in"}
          </button>
        </form>
        <p class="error" role="alert">
          {state.error}
        </p>
      </section>
    </main>
  );
}

function textOf(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}
