import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
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
  const fetchOnce = (): Promise<void> =>
    (loading ??= load().then(
      (component) => {
        loaded = component;
      },
      (error: unknown) => {
        loading = null; // the network may be back at the next try
        throw error;
      },
    ));

  function Page(props: P) {
    const [state, setState] = useState<"loading" | "there" | "failed">(
      loaded ? "there" : "loading",
    );
    useEffect(() => {
      if (!loaded)
        fetchOnce().then(
          () => setState("there"),
          () => setState("failed"),
        );
    }, []);
    if (loaded) {
      const Loaded = loaded;
      return <Loaded {...props} />;
    }
    if (state === "loading") return <main class="starting" aria-busy="true" />;
    return (
      <main>
        <Problem title="This page can't be loaded" message="Its code could not be fetched.">
          Nothing was lost. Check the network, then{" "}
          <button onClick={() => location.reload()}>reload</button>: there may be a newer version.
        </Problem>
      </main>
    );
  }
  return { Page, prepare: () => void fetchOnce().catch(() => {}) };
}
