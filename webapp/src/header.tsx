import type { Session } from "./features/session/session";
import { Unreached } from "./features/session/unreached";
import { queryOfView } from "./features/worklist/view";
import type { Worklist } from "./features/worklist/worklist";
import { helpOpen } from "./ui/help";
import { Mark } from "./ui/mark";
import { MODELS, page, type Page, UPLOAD, WORKLIST } from "./ui/router";
import { nextTheme, themeChoice } from "./ui/theme";

interface HeaderProps {
  email: string;
  session: Session;
  worklist: Worklist;
}

export function Header({ email, session, worklist }: HeaderProps) {
  const worklistAddress = WORKLIST + queryOfView(worklist.view.value);
  const toReview = worklist.counts.value.review;
  return (
    <header class="header">
      <a class="brand" href={worklistAddress} aria-label="DiscAI, worklist">
        <Mark />
        DiscAI
      </a>
      <nav aria-label="Pages">
        <PageLink name="worklist" address={worklistAddress} keys="W">
          Worklist
          {toReview !== undefined && (
            <span class="nav-count" title={`${toReview} to review`}>
              {toReview}
            </span>
          )}
        </PageLink>
        <PageLink name="upload" address={UPLOAD} keys="U">
          Upload
        </PageLink>
        <PageLink name="models" address={MODELS} keys="M">
          Models
        </PageLink>
      </nav>
      {page.value.name === "worklist" && <Search worklist={worklist} />}
      <div class="header-end">
        <button class="quiet" onClick={nextTheme} title="System, dark or light (t)">
          Theme: {themeChoice.value}
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
      <Unreached />
    </header>
  );
}

interface PageLinkProps {
  name: Page["name"];
  address: string;
  keys: string;
  children: preact.ComponentChildren;
}

function PageLink({ name, address, keys, children }: PageLinkProps) {
  const isHere = page.value.name === name;
  return (
    <a href={address} aria-current={isHere ? "page" : undefined} title={`Shift + ${keys}`}>
      {children}
    </a>
  );
}

function Search({ worklist }: { worklist: Worklist }) {
  return (
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
  );
}
