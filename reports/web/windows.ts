// Parts of the run that one can look at.
import { Data } from "./data";
import { TimeWindow, wholeRun, withColumns } from "./model";

const FEWEST_BINS = 10;

/** The window nearest to what is asked that begins and ends with a bin and lies in the run. */
export function fit(data: Data, from: number, to: number): TimeWindow {
  const whole = wholeRun(data);
  const bin = withColumns(data, Math.max(from, whole.from), Math.min(to, whole.to)).column;
  const least = Math.min(FEWEST_BINS * bin, whole.to - whole.from);
  const lacks = Math.max(0, least - (to - from)) / 2;
  const span = to - from + 2 * lacks;
  const begin = Math.min(Math.max(from - lacks, whole.from), Math.max(whole.from, whole.to - span));
  const snap = (t: number): number => whole.from + Math.round((t - whole.from) / bin) * bin;
  return withColumns(data, snap(begin), Math.min(whole.to, snap(begin + span)));
}

export function isSame(a: TimeWindow, b: TimeWindow): boolean {
  return Math.abs(a.from - b.from) < 1e-6 && Math.abs(a.to - b.to) < 1e-6;
}

export interface Part { name: string; window: TimeWindow }

/** Failover, rollback, whole run: those that the run has. */
export function parts(data: Data): Part[] {
  const whole = wholeRun(data);
  const look = withColumns(data, data.look[0], data.look[1]);
  const found: Part[] = [];
  if (data.injected) {
    const until = data.dimensions.filter(line => line.from <= 0)
      .map(line => Math.max(line.to ?? line.until, line.budgetAt ?? 0))
      .filter(end => data.undo === null || end <= data.undo);
    const end = 1.6 * Math.max(10, ...until);
    const window = isSame(look, whole) ? fit(data, -0.3 * end, end) : look;
    if (window.to - window.from < 0.95 * (whole.to - whole.from)) found.push({ name: "Failover", window });
  }
  const { undo } = data;
  if (undo !== null && undo < whole.to) {
    const back = data.dimensions.filter(line => line.from === undo).map(line => (line.to ?? line.until) - undo);
    const length = 1.6 * Math.max(10, ...back);
    found.push({ name: "Rollback", window: fit(data, undo - 0.3 * length, undo + length) });
  }
  return found.length > 0 ? [...found, { name: "Whole run", window: whole }] : [];
}
