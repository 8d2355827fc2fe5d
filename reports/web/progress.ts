// The parts of a running drill's page that change: reports/site/live_parts.cc, made of elements instead of text. All
// texts are from the system under test or from strangers, so they only ever become text nodes.
import { element } from "./controls";
import { coordinate, FAIL, INK, MUTED, Paint, RULE, Svg } from "./svg";
import { showPercent, showSeconds } from "./values";

const BAR_LEFT = 7;
const BAR_WIDTH = 136;
const USERS_WIDTH = 96;
const LONGEST_TEXT = 20_000;

/** A line of `muster run --json`, or one that only the server writes: reports/site/views.h. */
export interface Line {
  at_s?: number;
  kind?: string;
  source?: string;
  text?: string;
  ref?: string;
  took_s?: number;
  budget_s?: number;
  phase?: string;
  step?: number;
  in_force?: Change[];
  users?: Users[];
  status?: string;
  headline?: string;
  verdict?: { status?: string; headline?: string };
}
export interface Change { ref?: string; text?: string; source?: string }
export interface Users { probe?: string; vantage?: string; failed?: number | null }

/** As printable() of base/text.h, which answers each byte that could do something with one U+FFFD. */
export function inert(text: unknown): string {
  if (typeof text !== "string") return "";
  const blanks = text.slice(0, LONGEST_TEXT).replace(/[\n\t\r]/g, " ");
  return blanks.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e]/g, found => {
    const code = found.charCodeAt(0);
    return "\ufffd".repeat(code > 0x7ff ? 3 : code > 0x7f ? 2 : 1);
  });
}

function svg(css: string, width: number, height: number): Svg {
  const root = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  if (css !== "") root.setAttribute("class", css);
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.setAttribute("width", String(width));
  root.setAttribute("height", String(height));
  root.setAttribute("aria-hidden", "true");
  return new Svg(root);
}

// ---- milestones

const REACHED = new Map([
  ["baseline", "the baseline was measured"],
  ["injected", "everything is injected"],
  ["impact", "first failed request of {}"],
  ["detected", "first sign in the control plane, seen by {}"],
  ["failover", "{} good again everywhere"],
  ["undone", "everything undone and verified"],
  ["recovery", "{} good again since the undo"],
]);

/** "readers good again everywhere, 38.2 s, budget 30 s, over by 8.20 s" */
export function milestoneText(line: Line): string {
  const name = inert(line.text);
  const words = (REACHED.get(name) ?? name).split("{}").join(inert(line.source));
  if (line.took_s === undefined) return words;
  const took = `${words}, ${showSeconds(line.took_s)}`;
  if (line.budget_s === undefined || name === "baseline") return took;
  const beyond = line.took_s - line.budget_s;
  return `${took}, budget ${showSeconds(line.budget_s)}, ${beyond > 0 ? "over by " + showSeconds(beyond) : "kept"}`;
}

/** One key figure, which keeps what it knows in its own attributes. */
export class Figure {
  readonly name: string;
  readonly probe: string;
  private readonly budget: number | null;

  constructor(private readonly root: HTMLElement) {
    this.name = root.dataset.name ?? "";
    this.probe = root.dataset.probe ?? "";
    this.budget = this.number("budget");
  }

  get reached(): boolean { return this.root.dataset.reached !== undefined; }
  /** In seconds, so far; nothing where it has not begun. */
  get taken(): number | null { return this.number("taken"); }

  show(taken: number, reached: boolean): void {
    this.root.dataset.taken = taken.toFixed(3);
    if (reached) this.root.dataset.reached = "";
    this.root.className = this.over ? "fail" : "";
    this.write(".big", showSeconds(reached ? taken : Math.floor(taken)));
    this.write(".sub", `${this.budgetText()}, ${this.stateText()}`);
    this.drawBar(taken);
  }

  private get over(): boolean {
    return this.name !== "baseline" && this.budget !== null && (this.taken ?? 0) > this.budget;
  }

  private number(name: string): number | null {
    const text = this.root.dataset[name];
    return text === undefined ? null : Number(text);
  }

  private write(where: string, text: string): void {
    const place = this.root.querySelector(where);
    if (place && place.textContent !== text) place.textContent = text;
  }

  private budgetText(): string {
    if (this.budget === null) return "no budget";
    return (this.name === "baseline" ? "of " : "budget ") + showSeconds(this.budget);
  }

  private stateText(): string {
    if (this.over) return this.reached ? "missed" : "over";
    if (this.reached) return this.budget !== null && this.name !== "baseline" ? "kept" : "reached";
    return "counting";
  }

  private drawBar(taken: number): void {
    const old = this.root.querySelector("svg");
    if (!old || this.budget === null) return;
    const x = (at: number): number =>
      BAR_LEFT + BAR_WIDTH * Math.min(1, Math.max(0, at / (1.5 * Math.max(this.budget ?? 0, 1e-9))));
    const bar = svg("strip", 150, 18);
    bar.line(`M${BAR_LEFT} 11H${BAR_LEFT + BAR_WIDTH}`, RULE);
    bar.line(`M${BAR_LEFT} 11H${coordinate(x(taken))}`, this.over ? FAIL : INK, 3);
    bar.budget(x(this.budget), 6.5, MUTED);
    old.replaceWith(bar.root);
  }
}

// ---- rows

export function changeItem(change: Change): HTMLElement {
  const item = element("li", { "data-ref": inert(change.ref) });
  item.append(element("b", {}, inert(change.text)));
  const host = inert(change.source);
  if (host !== "") item.append(" on " + host);
  return item;
}

export function usersItem(users: Users): HTMLElement {
  const item = element("li", {});
  const name = element("span", {}, inert(users.vantage) + " ");
  name.append(element("span", { class: "mut" }, inert(users.probe)));
  const failed = typeof users.failed === "number" ? users.failed : null;
  const picture = svg("", USERS_WIDTH, 8);
  const bar = (share: number, paint: Paint, width: number): void =>
    picture.line(`M0 4H${coordinate(USERS_WIDTH * share)}`, paint, width);
  bar(1, RULE, 2);
  if (failed !== null && failed > 0) bar(Math.min(1, failed), FAIL, 6);
  item.append(name, picture.root,
              element("span", { class: "n" }, failed === null ? "no answer" : showPercent(failed) + " failed"));
  return item;
}

export function eventRow(line: Line, started: number): HTMLElement {
  const milestone = line.kind === "milestone";
  const row = element("tr", {});
  // Whole microseconds are cut as in C++, not rounded.
  const at = new Date(started + Math.floor((line.at_s ?? 0) * 1000 + 1e-6));
  row.append(element("th", { scope: "row", class: "n" }, at.toISOString().slice(11, 21)));
  row.append(element("td", {}, inert(milestone ? line.text : line.kind)));
  const text = milestone ? milestoneText(line) : inert(line.text);
  const strong = line.kind !== "note" && line.kind !== "action";
  const what = element("td", {}, strong ? "" : text);
  if (strong) what.append(element("b", {}, text));
  row.append(what, element("td", {}, inert(line.source)));
  return row;
}
