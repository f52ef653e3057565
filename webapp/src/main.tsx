import { render } from "preact";
import { App } from "./app";
import { connectCloud } from "./cloud/connect";
import { reach } from "./cloud/reach";
import { serverTime } from "./cloud/server-time";
import { startApp } from "./start";
import { startClock } from "./ui/clock";
import { Problem } from "./ui/problem";
import { startRouter } from "./ui/router";
import { startTheme } from "./ui/theme";
import { watchUnexpected } from "./ui/toasts";
import "./ui/styles.css";
import "./ui/shell.css";

/** Keeps the page's own files, so that it opens without a network. */
function keepFiles(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("/service-worker.js").catch(() => {}); // it works without
}

const root = document.getElementById("app") as HTMLElement;

startTheme();
startClock(serverTime.now);
serverTime.watch();
reach.watchNetwork();
startRouter();
watchUnexpected();
addEventListener("load", keepFiles);
try {
  render(<App stores={startApp(await connectCloud())} />, root);
} catch (error) {
  render(
    <main>
      <Problem title="DiscAI can't start" message={(error as Error).message}>
        Nothing was lost. Reload the page, or tell whoever runs this site.
      </Problem>
    </main>,
    root,
  );
}
