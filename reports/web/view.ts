// What is looked at: a window of the run, some of its rows, and an instant. Everything on the page follows from these.
import { Choices, element } from "./controls";
import { Data } from "./data";
import { Content } from "./layout";
import { HeroRow, TimeWindow, gaugeRows, requestRows, signalRows, wholeRun, withColumns, worstFirst } from "./model";
import { Overview } from "./overview";
import { Picture } from "./picture";
import { showMark } from "./values";
import { fit, isSame, parts } from "./windows";

const HINT = "Keys in the picture: ← → one second (Shift: ten), M next milestone, + − zoom, Esc back.";

export class View {
  private window: TimeWindow;
  private instant: number | null = null;
  private op = "";
  private readonly first: TimeWindow;
  private readonly whole: TimeWindow;
  private readonly main: Picture;
  private readonly rest: Picture | null = null;
  private readonly overview: Overview;
  private readonly choices: Choices[] = [];
  private readonly live = element("p", { "class": "live", "aria-live": "polite" }, HINT);

  constructor(private readonly data: Data, section: Element, chart: HTMLElement) {
    this.first = this.window = withColumns(data, data.look[0], data.look[1]);
    this.whole = wholeRun(data);
    const { worst, rest } = this.rows();
    this.main = new Picture(chart, this.mainContent(worst));
    const folded = section.querySelector(".rest .chart");
    if (folded) this.rest = new Picture(folded, this.restContent(rest));
    section.querySelector<HTMLElement>(".whole")?.remove();
    this.overview = new Overview(this.whole, this.window, (from, to) => this.look(fit(data, from, to)));
    const all = this.requests(this.whole);
    this.overview.show(all);
    chart.after(this.overview.root, this.live);
    this.addTools(section, new Set(all.map(({ row }) => row.op)));
  }

  look(window: TimeWindow): void {
    if (this.instant !== null && (this.instant < window.from || this.instant >= window.to)) this.instant = null;
    this.window = window;
    this.redraw();
    this.overview.frame(window);
    this.live.setAttribute("aria-live", "polite");
    this.say(`Shown: ${showMark(window.from)} to ${showMark(window.to)}.`);
  }

  /** Moves the cursor; the window follows where it would leave it. Only what keys do is read out: a mouse passes many. */
  point(instant: number | null, aloud = false): void {
    this.live.setAttribute("aria-live", aloud ? "polite" : "off");
    if (instant === null) {
      this.instant = null;
    } else {
      this.instant = Math.min(Math.max(instant, this.whole.from), this.whole.to - this.window.column);
      this.follow(this.instant);
    }
    this.showCursor();
  }

  /** By columns where they are wider than a second. */
  step(seconds: number): void {
    const by = Math.sign(seconds) * Math.max(Math.abs(seconds), this.window.column);
    const start = this.window.from <= 0 && this.window.to > 0 ? 0 : this.window.from;
    this.point(this.instant === null ? start : this.instant + by, true);
  }

  nextMilestone(): void {
    const { dimensions, injected, undo, stop } = this.data;
    const instants = [injected ? 0 : null, undo, stop, ...dimensions.map(line => line.to)]
      .filter((at): at is number => at !== null).sort((a, b) => a - b);
    const next = instants.find(at => this.main.columnAt(at) > this.main.columnAt(this.instant ?? -1e9));
    if (instants.length > 0) this.point(next ?? instants[0], true);
  }

  zoom(factor: number): void {
    const { from, to } = this.window;
    const middle = this.instant ?? (from + to) / 2;
    this.look(fit(this.data, middle - (middle - from) * factor, middle + (to - middle) * factor));
  }

  out(): void {
    this.instant = null;
    if (isSame(this.window, this.first)) this.showCursor();
    else this.look(this.first);
  }

  instantAt(clientX: number): number | null {
    return this.main.instantAt(clientX);
  }

  private follow(instant: number): void {
    const { from, to } = this.window;
    if (instant >= from && instant < to) return;
    const half = (to - from) / 2;
    this.window = fit(this.data, instant - half, instant + half);
    this.redraw();
    this.overview.frame(this.window);
  }

  private requests(window: TimeWindow): HeroRow[] {
    return requestRows(this.data, window).filter(({ row }) => this.op === "" || row.op === this.op);
  }

  private rows(): { worst: HeroRow[]; rest: HeroRow[] } {
    return worstFirst(this.requests(this.window));
  }

  private mainContent(rows: HeroRow[]): Content {
    const { data, window } = this;
    return { data, id: "hero", window, rows, signals: signalRows(data, window), gauges: gaugeRows(data, window),
      dimensions: data.dimensions };
  }

  private restContent(rows: HeroRow[]): Content {
    const { data, window } = this;
    return { data, id: "rest", window, rows, signals: [], gauges: [], dimensions: data.dimensions };
  }

  private redraw(): void {
    const { worst, rest } = this.rows();
    this.main.show(this.mainContent(worst));
    this.rest?.show(this.restContent(rest));
    const fold = this.rest?.chart.closest("details");
    if (fold) fold.hidden = rest.length === 0;
    this.main.point(this.instant);
    this.rest?.point(this.instant);
    for (const each of this.choices) each.refresh();
  }

  private showCursor(): void {
    this.main.point(this.instant);
    this.rest?.point(this.instant);
    if (this.instant === null) {
      this.say(HINT);
      return;
    }
    const column = this.window.from + this.main.columnAt(this.instant) * this.window.column;
    const phase = this.data.phases.find(([, , from, to]) => column >= from && column < (to ?? Infinity));
    const when = `At ${showMark(column)}${phase ? ", " + phase[1] : ""}.`;
    this.say([when, ...this.main.sentences(this.instant)].join(" "));
  }

  private say(text: string): void {
    this.live.textContent = text;
  }

  private addTools(section: Element, ops: Set<string>): void {
    const found = parts(this.data);
    if (found.length > 0) {
      this.choices.push(new Choices("Part of the run", found.map(({ name, window }) => (
        { name, choose: () => this.look(window), chosen: () => isSame(window, this.window) }))));
    }
    if (ops.has("read") && ops.has("write")) {
      const filters = [["All", ""], ["Reads", "read"], ["Writes", "write"]];
      this.choices.push(new Choices("Which requests", filters.map(([name, op]) => (
        { name, choose: () => this.filter(op, name), chosen: () => this.op === op }))));
    }
    const tools = element("div", { class: "tools" });
    tools.append(...this.choices.map(each => each.root));
    section.querySelector("h2")?.after(tools);
  }

  private filter(op: string, name: string): void {
    this.op = op;
    this.redraw();
    this.overview.show(this.requests(this.whole));
    this.say(name + " shown.");
  }
}
