import { useEffect, useMemo } from "preact/hooks";
import type { Cloud } from "../../cloud/cloud";
import { Problem } from "../../ui/problem";
import { Comparison } from "./comparison";
import { Countdown } from "./countdown";
import { ModelsStore } from "./models";
import { Production } from "./production";
import { Rereads } from "./rereads";
import { RollbackDialog } from "./rollback";
import { Runs } from "./runs";
import "./models.css";

interface ModelsPageProps {
  cloud: Pick<Cloud, "models" | "api">;
  /** The address of whoever is signed in. */
  email: string;
}

export function ModelsPage({ cloud, email }: ModelsPageProps) {
  const store = useMemo(() => new ModelsStore(cloud.models, cloud.api), [cloud]);
  useEffect(() => {
    document.title = "Models · DiscAI";
    store.start(email);
    return () => store.stop();
  }, [store, email]);
  if (store.broken.value) {
    return (
      <main>
        <Problem title="The models can't be shown" message={store.broken.value}>
          Nothing was lost.{" "}
          <button
            onClick={() => {
              store.stop();
              store.start(email);
            }}
          >
            Try again
          </button>
        </Problem>
      </main>
    );
  }
  return (
    <main class="models-page" aria-busy={!store.loaded.value}>
      <h1 class="visually-hidden">Models</h1>
      {store.loaded.value ? <Panels store={store} /> : <Skeleton />}
    </main>
  );
}

function Panels({ store }: { store: ModelsStore }) {
  return (
    <>
      <div class="models-side">
        <Countdown store={store} />
        <Production store={store} />
      </div>
      <div class="models-main">
        <Runs store={store} />
        <Rereads store={store} />
        <Comparison store={store} />
      </div>
      <RollbackDialog store={store} />
    </>
  );
}

/** Placeholder panels while the page loads. */
function Skeleton() {
  return (
    <>
      <div class="models-side">
        <div class="panel panel-skeleton" />
        <div class="panel panel-skeleton" />
      </div>
      <div class="models-main">
        <div class="panel panel-skeleton" />
      </div>
    </>
  );
}
