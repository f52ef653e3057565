import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { plural } from "../../ui/format";
import { useShortcuts } from "../../ui/shortcuts";
import { Row } from "./row";
import type { ListRow } from "./study-rows";
import type { Thumbnails } from "./thumbnails";
import { ORDER_WORDS } from "./view";
import type { Worklist } from "./worklist";

const SCROLLED_PX = 80;

interface TableProps {
  worklist: Worklist;
  thumbnails: Thumbnails;
}

export function Table({ worklist, thumbnails }: TableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const links = (): HTMLAnchorElement[] => [
    ...(body.current?.querySelectorAll<HTMLAnchorElement>("a.row-link") ?? []),
  ];

  function move(step: 1 | -1): void {
    const all = links();
    const at = all.findIndex((link) => link === document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    if (next >= all.length - 1) worklist.showMore();
    all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
  }
  useShortcuts("worklist", {
    next: () => move(1),
    previous: () => move(-1),
    showNew: () => worklist.steady.showAll(),
  });
  useHolds(worklist, body);
  useEffect(() => {
    const opened = worklist.lastOpened.peek();
    links()
      .find((link) => opened !== null && link.dataset["scans"]?.split(" ").includes(opened))
      ?.focus({ preventScroll: false });
  }, []);

  // The same element for the same row: rows that did not change are not compared again.
  const drawn = useMemo(() => new WeakMap<ListRow, VNode>(), []);
  const draw = (row: ListRow): VNode => {
    const element = drawn.get(row) ?? (
      <Row key={row.key} row={row} worklist={worklist} thumbnails={thumbnails} />
    );
    drawn.set(row, element);
    return element;
  };

  const rows = worklist.rows.value;
  return (
    <section class="worklist" aria-label="Scans" aria-busy={worklist.changing.value}>
      <table role="table" aria-rowcount={worklist.hasMore.value ? -1 : rows.length}>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" class="cell-picture">
              <span class="visually-hidden">Picture</span>
            </th>
            <th role="columnheader">Scan</th>
            <th role="columnheader">
              L1-L2 <span aria-hidden="true">…</span>
              <span class="visually-hidden">to</span> L5-S1
            </th>
            <th role="columnheader">Highest p(LDH)</th>
            <th role="columnheader">Label</th>
            <th role="columnheader">Reviewer</th>
            <th role="columnheader" class="number">
              Age
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup" ref={body}>
          {rows.map(draw)}
        </tbody>
      </table>
      <Foot worklist={worklist} rows={rows.length} />
    </section>
  );
}

/** Keeps rows in place while the pointer moves over them, one has the focus, or it is scrolled. */
function useHolds(worklist: Worklist, body: { current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    const rows = body.current as HTMLElement;
    const listening = new AbortController();
    const { signal } = listening;
    const pointed = (holds: boolean) => () => worklist.hold("pointer", holds);
    const focused = (holds: boolean) => () => worklist.hold("focus", holds);
    rows.addEventListener("pointermove", pointed(true), { signal });
    rows.addEventListener("pointerleave", pointed(false), { signal });
    // After a drop the new row is waited for, though the pointer lies over other rows.
    addEventListener("drop", pointed(false), { signal });
    rows.addEventListener("focusin", focused(true), { signal });
    rows.addEventListener("focusout", focused(false), { signal });
    const scrolled = (): void => worklist.hold("scrolled", scrollY > SCROLLED_PX);
    addEventListener("scroll", scrolled, { signal, passive: true });
    return () => {
      listening.abort();
      for (const why of ["pointer", "focus", "scrolled"] as const) worklist.hold(why, false);
    };
  }, []);
}

/** Loads the next page when it comes near the window; the button is for people who can't scroll. */
function Foot({ worklist, rows }: { worklist: Worklist; rows: number }) {
  const loaded = worklist.visible.value.length; // more than rows, where series share one
  const end = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && worklist.showMore(),
      { rootMargin: "800px" },
    );
    observer.observe(end.current as Element);
    return () => observer.disconnect();
  }, [loaded]);
  const order = ORDER_WORDS[worklist.view.value.order].toLowerCase();
  return (
    <p class="worklist-foot" ref={end}>
      {plural(rows, "row")} shown, {order}.
      {worklist.hasMore.value && (
        <button class="quiet" onClick={() => worklist.showMore()}>
          Show more
        </button>
      )}
    </p>
  );
}
