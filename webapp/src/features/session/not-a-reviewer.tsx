import type { Session } from "./session";
import "./session.css";

interface NotAReviewerProps {
  email: string;
  session: Session;
  checkAgain: () => void;
}

/** The page for somebody who is signed in but is no reviewer. */
export function NotAReviewer({ email, session, checkAgain }: NotAReviewerProps) {
  return (
    <main class="entry">
      <section class="entry-card" role="alert">
        <h1>No access yet</h1>
        <p>
          You are signed in as <strong>{email}</strong>, but this account is not a reviewer, so no
          scan can be shown.
        </p>
        <p class="muted">Ask an administrator to add this address to the reviewers.</p>
        <button class="primary wide" onClick={checkAgain}>
          Check again
        </button>
        <button class="wide" onClick={() => void session.signOut()}>
          Sign out
        </button>
      </section>
    </main>
  );
}
