import { useState } from "preact/hooks";
import type { Labels } from "../../../cloud/cloud";
import type { Scan } from "../../../cloud/documents";
import { plural } from "../../../ui/format";
import { agreementOf, type ReaderPair } from "./agreement";

interface AgreementPanelProps {
  /** The scan set, and what it is called in "Over …". */
  scans: readonly Scan[];
  setName: string;
  labels: Labels;
}

type State = "closed" | "loading" | { pairs: readonly ReaderPair[] } | { error: string };

/** The agreement of readers beyond chance, loaded when somebody opens the panel. */
export function AgreementPanel({ scans, setName, labels }: AgreementPanelProps) {
  const [state, setState] = useState<State>("closed");
  const twice = scans.filter((scan) => scan.labelledBy.length > 1);

  async function load(): Promise<void> {
    setState("loading");
    try {
      const read = await Promise.all(twice.map(({ id }) => labels.list(id)));
      setState({ pairs: agreementOf(read) });
    } catch (error) {
      setState({ error: (error as Error).message });
    }
  }

  return (
    <details class="agreement" onToggle={(event) => event.currentTarget.open && void load()}>
      <summary>Agreement between readers</summary>
      <p class="muted">
        Over {setName}: {plural(twice.length, "scan")} read by two or more.
      </p>
      <Content state={state} />
    </details>
  );
}

function Content({ state }: { state: State }) {
  if (state === "closed" || state === "loading") return <p aria-busy="true">Counting …</p>;
  if ("error" in state) {
    return <p class="error">The labels can't be read. {state.error} Close and open this again.</p>;
  }
  if (state.pairs.length === 0) return <p>No scan was read by two people yet.</p>;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">Readers</th>
            <th scope="col" class="number">
              κ&nbsp;[95&nbsp;%]
            </th>
            <th scope="col" class="number">
              Agreed
            </th>
          </tr>
        </thead>
        <tbody>
          {state.pairs.map((pair) => (
            <tr key={pair.readers.join()}>
              <td>{pair.readers.join(" · ")}</td>
              <td class="number">{kappaInWords(pair)}</td>
              <td class="number">
                {pair.agreed} of {plural(pair.discs, "disc")}, {plural(pair.scans, "scan")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted">
        Cohen's κ for herniated or not. Readers saw the model's answers first, so they agree more
        than readers who start from nothing.
      </p>
    </>
  );
}

function kappaInWords({ kappa, interval }: ReaderPair): string {
  if (kappa === null) return "–";
  const range = interval && ` [${interval.map((end) => end.toFixed(2)).join(", ")}]`;
  return `${kappa.toFixed(2)}${range ?? ""}`;
}
