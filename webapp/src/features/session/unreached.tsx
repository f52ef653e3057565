import { reach } from "../../cloud/reach";
import { now } from "../../ui/clock";
import { unreachedInWords } from "./words";

/** The sentence on what can't be reached, as long as something can't, and a way to try again. */
export function Unreached() {
  const sentence = unreachedInWords(
    { online: reach.online.value, silent: reach.silent.value, heardAt: reach.heardAt.value },
    now.value,
  );
  if (!sentence) return null;
  return (
    <p class="unreached" role="status">
      {sentence}{" "}
      <button class="link" onClick={() => reach.tryAgain()}>
        Try again
      </button>
    </p>
  );
}
