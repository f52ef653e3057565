import type { Scan } from "../../cloud/documents";
import { type Order, ORDERS, type Show, SHOWS } from "../../cloud/rows";
import { IDEOGRAPHS, LONGEST_TERM, SHORTEST_TERM } from "../../search-terms";
import { fileName } from "../../ui/scan-words";

/** Choice, order and search of the worklist; the page's address holds all of it. */
export interface View {
  show: Show;
  order: Order;
  search: string;
}

export const FIRST_VIEW: View = { show: "all", order: "newest", search: "" };

export const SHOW_WORDS: Record<Show, string> = {
  all: "All",
  review: "To review",
  failed: "Failed",
  dead: "Dead-lettered",
  mine: "Mine",
};

export const ORDER_WORDS: Record<Order, string> = {
  newest: "Newest first",
  oldest: "Oldest first",
  uncertain: "Uncertain first",
  herniation: "Highest p(LDH) first",
};

/** The view as a query string, "?show=review&sort=uncertain&find=case"; defaults are left out. */
export function queryOfView(view: View): string {
  const parameters = new URLSearchParams();
  if (view.show !== FIRST_VIEW.show) parameters.set("show", view.show);
  if (view.order !== FIRST_VIEW.order) parameters.set("sort", view.order);
  if (view.search.trim()) parameters.set("find", view.search.trim());
  return parameters.size > 0 ? `?${parameters}` : "";
}

/** The view that a query string names; unknown values become the defaults. */
export function viewOfQuery(query: string): View {
  const parameters = new URLSearchParams(query);
  const show = SHOWS.find((each) => each === parameters.get("show"));
  const order = ORDERS.find((each) => each === parameters.get("sort"));
  return {
    show: show ?? FIRST_VIEW.show,
    order: order ?? FIRST_VIEW.order,
    search: parameters.get("find") ?? "",
  };
}

const IDEOGRAPH = new RegExp(`^[${IDEOGRAPHS}]`, "u");

/** The text as searches compare it, as `folded` of `discai/records/worklist.py` does. */
const folded = (text: string): string =>
  text.normalize("NFC").toLowerCase().normalize("NFC").replaceAll("ς", "σ");

/** The longest typed word, cut as `discai/records/worklist.py` cuts: what the database looks up. */
export function termOf(search: string): string | null {
  const found = folded(search).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const words = found.map((word) => Array.from(word)); // code points, as Python counts
  const longest = words.reduce((best, word) => (word.length > best.length ? word : best), []);
  const isLongEnough = longest.length >= SHORTEST_TERM || IDEOGRAPH.test(longest.join(""));
  return isLongEnough ? longest.slice(0, LONGEST_TERM).join("") : null;
}

/** True if the scan's name, its id or an address contains the search text. */
export function isFoundBy(search: string, scan: Scan): boolean {
  const wanted = folded(search.trim());
  return [fileName(scan), scan.id, scan.uploadedBy ?? "", ...scan.labelledBy].some((text) =>
    folded(text).includes(wanted),
  );
}

export function isOf(email: string, scan: Scan): boolean {
  return scan.uploadedBy === email || scan.labelledBy.includes(email);
}
