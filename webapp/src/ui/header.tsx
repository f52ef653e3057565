import type { Session } from "../features/session/session";
import { queryOfView } from "../features/worklist/view";
import type { Worklist } from "../features/worklist/worklist";
import { helpOpen } from "./help";
import { online } from "./network";
import { page, WORKLIST } from "./router";
import { theme, toggleTheme } from "./theme";

interface HeaderProps {
  email: string;
  session: Session;
  worklist: Worklist;
}

export function Header({ email, session, worklist }: HeaderProps) {
  const onWorklist = page.value.name === "worklist";
  return (
    <header class="header">
      <a class="brand" href={WORKLIST} aria-label="DiscAI, worklist">
        <Mark />
        DiscAI
      </a>
      <nav aria-label="Pages">
        <a
          href={WORKLIST + queryOfView(worklist.view.value)}
          aria-current={onWorklist ? "page" : undefined}
        >
          Worklist
        </a>
      </nav>
      {onWorklist && (
        <label class="search">
          <span class="visually-hidden">Search by name, id or person</span>
          <input
            id="search"
            type="search"
            placeholder="Search name, id, person"
            value={worklist.view.value.search}
            onInput={(event) => worklist.show({ search: event.currentTarget.value })}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          />
          <kbd>/</kbd>
        </label>
      )}
      {!online.value && (
        <span class="offline" role="status">
          No network. What you see may be old; it goes on by itself.
        </span>
      )}
      <div class="header-end">
        <button class="quiet" onClick={toggleTheme} title="Dark or light (t)">
          {theme.value === "dark" ? "Light" : "Dark"}
        </button>
        <button class="quiet" onClick={() => (helpOpen.value = true)} title="All keys (?)">
          Keys
        </button>
        <span class="who" title={email}>
          {email}
        </span>
        <button class="quiet" onClick={() => void session.signOut()}>
          Sign out
        </button>
      </div>
    </header>
  );
}

/** A disc between two vertebrae. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 20 24" width="17" height="20" aria-hidden="true">
      <rect x="3" y="1" width="12" height="6" rx="2" class="bone" />
      <rect x="2" y="9.25" width="16" height="5.5" rx="2.75" class="disc" />
      <rect x="3" y="17" width="12" height="6" rx="2" class="bone" />
    </svg>
  );
}
