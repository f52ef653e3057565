import { type Order, ORDERS, type Show, SHOWS } from "../../cloud/rows";
import { plural } from "../../ui/format";
import { ORDER_WORDS, SHOW_WORDS } from "./view";
import { countInWords } from "./words";
import { COUNTED, type Counts, type Worklist } from "./worklist";

/** Filters and order of the list. */
export function Toolbar({ worklist }: { worklist: Worklist }) {
  const view = worklist.view.value;
  return (
    <div class="toolbar">
      <div class="filters" role="group" aria-label="Show">
        {SHOWS.map((show) => {
          const count = countOf(worklist.counts.value, show);
          return (
            <button
              key={show}
              class="filter"
              aria-pressed={view.show === show}
              title={count === undefined ? undefined : countInWords(count)}
              onClick={() => worklist.show({ show })}
            >
              {SHOW_WORDS[show]}
              {count !== undefined && <b class="count">{count}</b>}
            </button>
          );
        })}
      </div>
      <label class="order">
        <span class="visually-hidden">Order</span>
        <select
          value={view.order}
          onChange={(event) => worklist.show({ order: event.currentTarget.value as Order })}
        >
          {ORDERS.map((order) => (
            <option key={order} value={order}>
              {ORDER_WORDS[order]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** The number of scans of a choice; undefined where they aren't counted. */
function countOf(counts: Counts, show: Show): number | undefined {
  const counted = COUNTED.find((each) => each === show);
  return counted && counts[counted];
}

/** A button that shows rows held back while the list was in use. */
export function NewScans({ worklist }: { worklist: Worklist }) {
  const count = worklist.waiting.value;
  return (
    <p class="new-scans" role="status">
      {count > 0 && (
        <button class="primary" onClick={() => worklist.steady.showAll()} title="Show them (n)">
          {plural(count, "new scan")} <kbd>n</kbd>
        </button>
      )}
    </p>
  );
}
