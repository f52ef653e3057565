import { listed, type Counting, type Sibling } from "./siblings";
import type { NamedOtherwise } from "./naming";
import type { Review } from "./review";

interface CountsForProps {
  review: Review;
  /** The name of the series on the screen. */
  own: string;
}

/** The series of the study for which a save counts, and a question for each that names discs otherwise. */
export function CountsFor({ review, own }: CountsForProps) {
  const all = review.forStudy.counting.value;
  if (all.length === 0) return null;
  const namesOf = (kinds: (counting: Counting) => boolean): string[] =>
    all.filter(({ counting }) => kinds(counting)).map(({ sibling }) => sibling.name);
  const counted = namesOf(isCounted);
  const unread = namesOf((counting) => counting.kind === "waits" && !counting.isRead);
  const unknown = namesOf((counting) => counting.kind === "waits" && counting.isRead);
  return (
    <div class="counts-for">
      <p class="muted" role="status">
        Counts for {listed([own, ...counted])}.
        {unread.length > 0 && ` Not for ${listed(unread)}: not read yet.`}
        {unknown.length > 0 && ` Not for ${listed(unknown)}: the database has not told it yet.`}
      </p>
      {all.map(({ sibling, counting }) => (
        <Naming key={sibling.scanId} review={review} sibling={sibling} counting={counting} />
      ))}
    </div>
  );
}

const isCounted = (counting: Counting): boolean =>
  counting.kind === "counts" || (counting.kind === "decided" && counting.decision === "renamed");

interface NamingProps {
  review: Review;
  sibling: Sibling;
  counting: Counting;
}

/** The question what shall become of a series that names discs otherwise, or what was decided. */
function Naming({ review, sibling: { scanId, name }, counting }: NamingProps) {
  if (counting.kind === "decided") {
    return (
      <p class="muted">
        {counting.decision === "renamed"
          ? `${name} gets the names that discs have here.`
          : `${name} is left alone: it names discs otherwise.`}{" "}
        <button class="link" onClick={() => review.forStudy.decide(scanId, null)}>
          change
        </button>
      </p>
    );
  }
  if (counting.kind === "uncertain") {
    return (
      <p class="muted">
        Not for {name}: nothing in its file says that it is of the same person.{" "}
        <button class="link" onClick={() => review.forStudy.decide(scanId, "same person")}>
          it is
        </button>
      </p>
    );
  }
  if (counting.kind !== "asks") return null;
  return (
    <div class="question" role="group" aria-label={`What shall count for ${name}?`}>
      <p>
        <b>{name}</b> names discs otherwise, by their place: {namedInWords(counting.named)}.
      </p>
      <div>
        {counting.canRename && (
          <button onClick={() => review.forStudy.decide(scanId, "renamed")}>
            Rename them there
          </button>
        )}
        <button onClick={() => review.forStudy.decide(scanId, "left alone")}>
          Leave {name} alone
        </button>
      </div>
    </div>
  );
}

/** "its L4-L5 is L5-S1 here" */
export const namedInWords = (named: readonly NamedOtherwise[]): string =>
  listed(named.map(({ here, there }) => `its ${there} is ${here} here`));
