import { useEffect, useMemo } from "preact/hooks";
import type { Cloud } from "../../cloud/cloud";
import { Problem } from "../../ui/problem";
import { Comparison } from "./comparison";
import { Countdown } from "./countdown";
import { ModelsRoom } from "./models";
import { Production } from "./production";
import { Rereads } from "./rereads";
import { RollbackDialog } from "./rollback";
import { Runs } from "./runs";
import "./models.css";

interface ModelsPageProps {
  cloud: Pick<Cloud, "models" | "api">;
  /** Of whoever is signed in. */
  email: string;
}

export function ModelsPage({ cloud, email }: ModelsPageProps) {
  const room = useMemo(() => new ModelsRoom(cloud.models, cloud.api), [cloud]);
  useEffect(() => {
    document.title = "Models · DiscAI";
    room.start(email);
    return () => room.stop();
  }, [room, email]);
  if (room.broken.value) {
    return (
      <main>
        <Problem title="The models can't be shown" message={room.broken.value}>
          Nothing was lost.{" "}
          <button
            onClick={() => {
              room.stop();
              room.start(email);
            }}
          >
            Try again
          </button>
        </Problem>
      </main>
    );
  }
  return (
    <main class="models-page" aria-busy={!room.loaded.value}>
      <h1 class="visually-hidden">Models</h1>
      {room.loaded.value ? <Panels room={room} /> : <Skeleton />}
    </main>
  );
}

function Panels({ room }: { room: ModelsRoom }) {
  return (
    <>
      <div class="models-side">
        <Countdown room={room} />
        <Production room={room} />
      </div>
      <div class="models-main">
        <Runs room={room} />
        <Rereads room={room} />
        <Comparison room={room} />
      </div>
      <RollbackDialog room={room} />
    </>
  );
}

/** The shape of what comes. */
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
