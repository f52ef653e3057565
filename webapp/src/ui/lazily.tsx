import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { Problem } from "./problem";

interface Lazy<P> {
  Page: ComponentType<P>;
  /** Fetches the code ahead of time. */
  prepare: () => void;
}

/** A page whose code is fetched when it is first shown. */
export function lazily<P extends object>(load: () => Promise<ComponentType<P>>): Lazy<P> {
  let loaded: ComponentType<P> | null = null;
  let loading: Promise<void> | null = null;
  // A signal, since the code may arrive between a page's first drawing and its effects.
  const state = signal<"loading" | "there" | "failed">("loading");
  const fetchOnce = (): Promise<void> => {
    if (!loading) state.value = "loading";
    return (loading ??= load().then(
      (component) => {
        loaded = component;
        state.value = "there";
      },
      () => {
        loading = null; // the network may be back at the next try
        state.value = "failed";
      },
    ));
  };

  function Page(props: P) {
    useLayoutEffect(() => void fetchOnce(), []);
    const isLoading = state.value === "loading";
    if (loaded) {
      const Loaded = loaded;
      return <Loaded {...props} />;
    }
    if (isLoading) return <main class="starting" aria-busy="true" />;
    return (
      <main>
        <Problem title="This page can't be loaded" message="Its code could not be fetched.">
          Nothing was lost. Check the network, then{" "}
          <button onClick={() => location.reload()}>reload</button>: there may be a newer version.
        </Problem>
      </main>
    );
  }
  return { Page, prepare: () => void fetchOnce() };
}
