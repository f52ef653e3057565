import { initializeApp } from "@firebase/app";
import {
  browserLocalPersistence,
  connectAuthEmulator,
  indexedDBLocalPersistence,
  initializeAuth,
} from "@firebase/auth";
import {
  connectFirestoreEmulator,
  disableNetwork,
  doc,
  enableNetwork,
  type Firestore,
  getDocFromServer,
  getFirestore,
} from "@firebase/firestore";
import { connectAccounts } from "./accounts";
import { connectAnnotations } from "./annotations";
import { connectApi } from "./api";
import type { Cloud, SiteConfig } from "./cloud";
import { CloudError } from "./errors";
import { connectGathers } from "./gathers";
import { connectLabels } from "./labels";
import { connectModels } from "./models";
import { reach } from "./reach";
import { connectRows } from "./rows";
import { connectScans } from "./scans";
import { serverTime } from "./server-time";
import { connectStudies } from "./studies";

/** Reads `/config.json` and connects what it names: the cloud, or the emulators of one machine. */
export async function connectCloud(): Promise<Cloud> {
  const config = await readConfig();
  const app = initializeApp({ projectId: config.projectId, apiKey: config.apiKey });
  const auth = initializeAuth(app, {
    persistence: [indexedDBLocalPersistence, browserLocalPersistence],
  });
  const db = getFirestore(app);
  if (config.emulators) {
    connectAuthEmulator(auth, config.emulators.auth, { disableWarnings: true });
    const { hostname, port } = new URL(`http://${config.emulators.firestore}`);
    connectFirestoreEmulator(db, await nameOfItsOwn(hostname, port), Number(port));
  }

  async function idToken(isRefused: boolean): Promise<string> {
    if (!auth.currentUser) throw new CloudError("not-signed-in", "Sign in first.");
    return reach.answer("sign-in", auth.currentUser.getIdToken(isRefused));
  }

  keepAsking(db, () => auth.currentUser !== null);

  return {
    config,
    accounts: connectAccounts(auth),
    scans: connectScans(db),
    studies: connectStudies(db),
    gathers: connectGathers(db),
    rows: connectRows(db),
    models: connectModels(db),
    labels: connectLabels(db),
    annotations: connectAnnotations(db),
    api: connectApi(config.apiUrl, idToken),
  };
}

/**
 * A name of this machine that no other tab uses. A browser opens six connections to a host, and the
 * live views of a tab hold one of them: by one name for all, the sixth tab would stay empty. In the
 * cloud, one connection of HTTP/2 carries them all.
 */
async function nameOfItsOwn(hostname: string, port: string): Promise<string> {
  if (hostname !== "127.0.0.1" && hostname !== "localhost") return hostname;
  const name = `tab-${crypto.randomUUID().slice(0, 8)}.localhost`;
  const signal = AbortSignal.timeout(1_000);
  const asked = fetch(`http://${name}:${port}/`, { mode: "no-cors", signal });
  return asked.then(
    () => name,
    () => hostname, // not every browser knows such names
  );
}

/** How often a page that is looked at asks whether the database is still there. */
const STILL_THERE_MS = 30_000;

/**
 * Asks the database for something small, since an old answer that is still true and a line that is
 * dead look the same; "try again" opens a new line and asks at once.
 */
function keepAsking(db: Firestore, isSignedIn: () => boolean): void {
  const ask = (): void => {
    if (document.visibilityState !== "visible" || !isSignedIn()) return;
    reach.answer("database", getDocFromServer(doc(db, "control", "production"))).catch(() => {});
  };
  setInterval(ask, STILL_THERE_MS);
  reach.reconnect = async (silent) => {
    if (silent.includes("sign-in") && !isSignedIn()) return location.reload(); // it asks only once
    await disableNetwork(db);
    await enableNetwork(db);
    ask();
  };
}

/** Nothing can be shown before; a service worker answers sooner. */
const CONFIG_PATIENCE_MS = 20_000;

async function readConfig(): Promise<SiteConfig> {
  const signal = AbortSignal.timeout(CONFIG_PATIENCE_MS);
  const response = await fetch("/config.json", { cache: "no-cache", signal }).catch(() => {
    throw new CloudError("unreachable", "This site can't be reached. Check the network.");
  });
  if (!response.ok) {
    throw new CloudError("no-config", `This site has no /config.json (HTTP ${response.status}).`);
  }
  serverTime.note(response.headers);
  return (await response.json()) as SiteConfig;
}
