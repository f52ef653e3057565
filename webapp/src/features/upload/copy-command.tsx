import { tell, tellError } from "../../ui/toasts";

/** A command for the terminal, and a button that copies it. */
export function CopyCommand({ command }: { command: string }) {
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(command);
      tell("Copied. Paste it into a terminal.");
    } catch {
      tellError(
        "The browser does not let this page copy. Select the command and copy it yourself.",
      );
    }
  }
  return (
    <span class="command">
      <code>{command}</code>
      <button class="quiet" onClick={() => void copy()} aria-label={`Copy ${command}`}>
        Copy
      </button>
    </span>
  );
}
