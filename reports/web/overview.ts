// The whole run in one lane under the picture, with a window to drag.
import { HeroRow, TimeWindow, failing } from "./model";
import { DATA, FAIL, INK, MUTED, RULE, Svg, barsPath, coordinate } from "./svg";
import { fixed } from "./values";

const HEIGHT = 34;
const LANE = 28;

interface Lane { root: Element; frame: Element; left: number; right: number; width: number }

export class Overview {
  readonly root = document.createElement("div");
  private lanes: Lane[] = [];
  private drag: { began: number; moved: TimeWindow | null } | null = null;

  constructor(private readonly whole: TimeWindow, private window: TimeWindow,
              private readonly choose: (from: number, to: number) => void) {
    this.root.className = "chart overview";
    this.root.setAttribute("aria-hidden", "true");
    this.root.addEventListener("pointerdown", event => this.begin(event));
    this.root.addEventListener("pointermove", event => this.move(event));
    this.root.addEventListener("pointerup", event => this.end(event));
    this.root.addEventListener("pointercancel", () => this.cancel());
  }

  /** `rows` are of the whole run; what is shown is the worst of them. */
  show(rows: HeroRow[]): void {
    this.root.replaceChildren();
    const shares = (rows[0]?.columns ?? []).map((_, i) => Math.max(...rows.map(row => failing(row.columns[i]))));
    this.lanes = [false, true].map(narrow => this.draw(shares, narrow));
    this.frame(this.window);
  }

  frame(window: TimeWindow): void {
    this.window = window;
    for (const lane of this.lanes) this.place(lane, window.from, window.to);
  }

  private draw(shares: number[], narrow: boolean): Lane {
    const [left, right, width] = narrow ? [40, 350, 358] : [150, 1070, 1092];
    const root = new Svg(this.root).add("svg",
      { "class": narrow ? "narrow" : "wide", "viewBox": `0 0 ${width} ${HEIGHT}`, width, "height": HEIGHT });
    const svg = new Svg(root);
    svg.text(left - (narrow ? 4 : 6), LANE - 4, MUTED, { size: narrow ? 8.5 : 10, anchor: "end" }, narrow ? "all" : "whole run");
    svg.line(`M${left} ${LANE + 0.5}H${right}`, RULE);
    const scale = (right - left) * this.whole.column / (this.whole.to - this.whole.from);
    const bars = barsPath(shares.map(share => share > 0 ? Math.max(0.08, share) : 0));
    svg.shape(bars, FAIL, 1, `translate(${left} ${LANE}) scale(${fixed(scale, 4)} -${LANE - 6})`);
    const frame = svg.add("rect",
      { "class": "s-ink f-data", "y": 1.5, "height": LANE, "rx": 2, "fill": DATA.colour, "fill-opacity": 0.1, "stroke": INK.colour });
    return { root, frame, left, right, width };
  }

  private place(lane: Lane, from: number, to: number): void {
    const scale = (lane.right - lane.left) / (this.whole.to - this.whole.from);
    lane.frame.setAttribute("x", coordinate(lane.left + (from - this.whole.from) * scale));
    lane.frame.setAttribute("width", coordinate(Math.max(2, (to - from) * scale)));
  }

  private instant(event: PointerEvent): number {
    const lane = this.lanes.find(each => each.root.getBoundingClientRect().width > 0) ?? this.lanes[0];
    const box = lane.root.getBoundingClientRect();
    const x = (event.clientX - box.left) * lane.width / box.width;
    const t = this.whole.from + (x - lane.left) * (this.whole.to - this.whole.from) / (lane.right - lane.left);
    return Math.min(Math.max(t, this.whole.from), this.whole.to);
  }

  /** From inside the window the window moves; from outside, or where it is everything, a new one is drawn. */
  private begin(event: PointerEvent): void {
    if (event.button !== 0) return;
    const began = this.instant(event);
    const all = this.window.to - this.window.from > 0.98 * (this.whole.to - this.whole.from);
    const inside = began > this.window.from && began < this.window.to;
    this.drag = { began, moved: inside && !all ? this.window : null };
    this.root.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  private dragged(event: PointerEvent): [number, number] | null {
    if (!this.drag) return null;
    const { began, moved } = this.drag;
    const now = this.instant(event);
    if (!moved) return began < now ? [began, now] : [now, began];
    const by = Math.min(Math.max(now - began, this.whole.from - moved.from), this.whole.to - moved.to);
    return [moved.from + by, moved.to + by];
  }

  private move(event: PointerEvent): void {
    const span = this.dragged(event);
    if (span) for (const lane of this.lanes) this.place(lane, span[0], span[1]);
  }

  private end(event: PointerEvent): void {
    const span = this.dragged(event);
    this.cancel();
    if (span && span[1] > span[0]) this.choose(span[0], span[1]);
  }

  private cancel(): void {
    this.drag = null;
    this.frame(this.window);
  }
}
