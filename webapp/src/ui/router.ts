import { signal } from "@preact/signals";

/** Every page has its own address. */
export type Page =
  { name: "worklist" | "upload" | "models" | "nowhere" } | { name: "scan"; scanId: string };

export const WORKLIST = "/";
export const UPLOAD = "/upload";
export const MODELS = "/models";
export const scanAddress = (scanId: string): string => `/scans/${scanId}`;

export function pageAt(pathname: string): Page {
  if (pathname === WORKLIST) return { name: "worklist" };
  if (pathname === UPLOAD) return { name: "upload" };
  if (pathname === MODELS) return { name: "models" };
  const scan = /^\/scans\/([\w-]+)\/?$/.exec(pathname);
  if (scan?.[1]) return { name: "scan", scanId: scan[1] };
  return { name: "nowhere" };
}

/** The page that the address bar names; changes with links, `navigate` and the back button. */
export const page = signal<Page>({ name: "nowhere" });

/** Opens a page of this site at its top. */
export function navigate(address: string): void {
  history.pushState(null, "", address);
  scrollTo(0, 0);
  page.value = pageAt(location.pathname);
}

/** Follows the address bar, and turns clicks on links of this site into page changes. */
export function startRouter(): void {
  page.value = pageAt(location.pathname);
  addEventListener("popstate", () => (page.value = pageAt(location.pathname)));
  addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href^='/']");
    const opensElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
    if (!link || opensElsewhere || event.defaultPrevented) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}
