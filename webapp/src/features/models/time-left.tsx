import { now } from "../../ui/clock";
import { duration } from "./words";

/** " 12 min left.", or nothing when the time has come. */
export function TimeLeft({ until }: { until: Date }) {
  const left = until.getTime() - now.value;
  return left > 0 ? <> {duration(left)} left.</> : null;
}
