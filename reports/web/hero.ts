// The hero picture: reports/page/hero.cc, element for element. test/browser holds both to each other.
import { Dimension } from "./data";
import { drawLanes } from "./lanes";
import { Content, Layout, layOut } from "./layout";
import { drawRows } from "./rows";
import { DATA, FAIL, INK, MUTED, Paint, Svg, WARN, axisStep, coordinate, textWidth } from "./svg";
import { showCount, showMark } from "./values";

const BANDS = new Map<string, [Paint, number]>([
  ["undetected", [FAIL, 0.085]],
  ["failing-over", [WARN, 0.1]],
  ["degraded", [WARN, 0.045]],
  ["rolling-back", [DATA, 0.07]],
]);

function drawBands({ data }: Content, layout: Layout, svg: Svg): void {
  for (const [id, name, from, to] of data.phases) {
    const begin = layout.x(from);
    const end = layout.x(to ?? layout.to);
    if (end - begin < 0.5) continue;
    const band = BANDS.get(id);
    if (band) svg.rect(begin, layout.top, end - begin, layout.bottom - layout.top, band[0], band[1]);
    if (textWidth(name, 11) + 4 > end - begin) continue;
    svg.text((begin + end) / 2, layout.top + 12, MUTED, { anchor: "middle" }, name);
  }
}

/** After the stop nothing was measured on purpose any more: hatched. */
function drawStop({ data }: Content, layout: Layout, svg: Svg): void {
  if (data.stop === null || !layout.shows(data.stop)) return;
  const begin = layout.x(data.stop);
  const height = layout.bottom - layout.top;
  let hatch = "";
  const stroke = (x: number, y: number, run: number): void => {
    hatch += `M${coordinate(x)} ${coordinate(y)}l${coordinate(run)} -${coordinate(run)}`;
  };
  for (let x = begin; x < layout.right; x += 9) stroke(x, layout.bottom, Math.min(height, layout.right - x));
  for (let y = layout.bottom - 9; y > layout.top; y -= 9) stroke(begin, y, Math.min(y - layout.top, layout.right - begin));
  svg.line(hatch, MUTED, 1, 0.18);
  svg.line(`M${coordinate(begin)} ${coordinate(layout.top)}V${coordinate(layout.bottom)}`, INK, 1.5);
  const room = layout.right - begin > 60;
  svg.text(begin + (room ? 4 : -4), layout.bottom - 5, INK,
    { anchor: room ? "start" : "end", bold: true, halo: true }, "stopped");
}

function drawDimensionLine(layout: Layout, line: Dimension, y: number, svg: Svg): void {
  const begin = layout.x(line.from);
  const end = layout.x(line.to ?? line.until);
  const budget = layout.x(line.budgetAt ?? 1e9);
  const turn = line.over ? Math.min(Math.max(budget, begin), end) : end;
  const startTick = layout.shows(line.from) ? `M${coordinate(begin)} ${coordinate(y - 4.5)}v9` : "";
  svg.line(`${startTick}M${coordinate(begin)} ${coordinate(y)}H${coordinate(turn)}`, INK);
  if (line.over) svg.line(`M${coordinate(turn)} ${coordinate(y)}H${coordinate(end)}`, FAIL, 2.5);
  const endPaint = line.over ? FAIL : INK;
  if (line.to === null) {
    svg.line(`M${coordinate(end - 6)} ${coordinate(y - 4.5)}l6 4.5l-6 4.5m6 0l6 -4.5l-6 -4.5`, endPaint, 1.6);
  } else if (layout.shows(line.to)) {
    svg.line(`M${coordinate(end)} ${coordinate(y - 4.5)}v9`, endPaint, line.over ? 2 : 1);
  }
  if (line.budgetAt !== null && layout.shows(line.budgetAt)) svg.budget(budget, y - 1.5, MUTED);
}

function drawDimension(layout: Layout, line: Dimension, top: number, svg: Svg): void {
  const head = line.label + " " + line.value;
  const budget = line.budget === "" ? "" : "budget " + line.budget;
  const tail = [line.probe, budget].filter(part => part !== "").join(", ");
  const width = textWidth(head, 12) + (tail === "" ? 0 : 7 + textWidth(tail, 12));
  const fill = line.over ? FAIL : INK;
  const begin = layout.x(line.from);
  let x = begin - 9;
  let y = top + 13;
  const before = !layout.narrow && x - width > 0;
  if (layout.narrow) {
    x = Math.min(Math.max(begin + 4, 0), Math.max(0, layout.right - width));
    y = top + 11;
  } else if (!before) {
    x = layout.x(Math.max(line.to ?? line.until, line.budgetAt ?? 0)) + 12;
    if (x + width > layout.width) x = Math.max(0, layout.width - width);
  }
  const text = new Svg(svg.add("text",
    { "x": coordinate(x), "y": coordinate(y), "font-size": 12, "text-anchor": before ? "end" : "start" }));
  text.add("tspan", { "class": "f-" + fill.css, "fill": fill.colour, "font-weight": 600 }, head);
  if (tail !== "") text.add("tspan", { class: "f-muted", fill: MUTED.colour, dx: 7 }, tail);
  drawDimensionLine(layout, line, layout.narrow ? top + 21 : top + 9, svg);
}

function drawMilestoneRules(content: Content, layout: Layout, svg: Svg): void {
  for (const { to } of content.dimensions) {
    if (to === null || !layout.shows(to)) continue;
    svg.line(`M${coordinate(layout.x(to))} ${coordinate(layout.top)}V${coordinate(layout.bottom)}`, MUTED, 1, 0.45);
  }
  if (!content.data.injected || !layout.shows(0)) return;
  svg.line(`M${coordinate(layout.x(0))} 4V${coordinate(layout.bottom)}`, INK);
}

function drawAxis({ data }: Content, layout: Layout, svg: Svg): void {
  const step = axisStep(layout.to - layout.from, layout.narrow ? 5 : 15);
  for (let t = Math.ceil(layout.from / step - 1e-6) * step; t <= layout.to + 1e-6; t += step) {
    const zero = Math.abs(t) < 1e-6;
    svg.line(`M${coordinate(layout.x(t))} ${coordinate(layout.bottom + 2)}v4`, MUTED);
    svg.text(layout.x(t), layout.bottom + 17, zero ? INK : MUTED,
      { size: layout.narrow ? 9.5 : 11, anchor: "middle", bold: zero }, showMark(t));
  }
  const when = (layout.shows(0) ? "" : "0: ") + data.when;
  const half = textWidth(when, 11) / 2;
  const x = Math.min(Math.max(layout.x(0), half), layout.width - half);
  svg.text(x, layout.bottom + 31, INK, { anchor: "middle" }, when);
}

function description({ data, dimensions, rows }: Content): string {
  const parts = [data.injected ? "Fault injected at 0 seconds." : "Nothing was injected."];
  for (const { label, value, budget } of dimensions) {
    parts.push(`${label} ${value}${budget === "" ? "" : ", budget " + budget}.`);
  }
  for (const { row, failed, unknown, due } of rows) {
    parts.push(`${row.name}, ${row.probe}: ${showCount(failed + unknown)} of ${showCount(due)} requests failed.`);
  }
  const { checked, lostTotal, staleTotal } = data.ledger;
  if (checked) parts.push(`${lostTotal} lost writes, ${staleTotal} stale reads.`);
  return parts.join(" ");
}

/** Appends the picture to an element and says how it is laid out. */
export function drawHero(content: Content, narrow: boolean, parent: Element): { svg: Svg; layout: Layout } {
  const layout = layOut(content, narrow);
  const id = content.id + (narrow ? "-narrow" : "-wide");
  const width = coordinate(layout.width);
  const height = coordinate(layout.height);
  const svg = new Svg(new Svg(parent).add("svg", {
    "class": narrow ? "hero narrow" : "hero wide", "viewBox": `0 0 ${width} ${height}`, width, height, "role": "img",
    "aria-labelledby": `${id}-t ${id}-d`, "font-family": "system-ui, sans-serif", ...(narrow ? { display: "none" } : {}),
  }));
  svg.add("title", { id: id + "-t" }, "What users saw, by vantage and probe, second by second");
  svg.add("desc", { id: id + "-d" }, description(content));
  drawBands(content, layout, svg);
  content.dimensions.forEach((line, i) => drawDimension(layout, line, i * layout.dimensionHeight, svg));
  drawRows(content, layout, svg);
  drawMilestoneRules(content, layout, svg);
  drawStop(content, layout, svg);
  drawLanes(content, layout, svg);
  drawAxis(content, layout, svg);
  return { svg, layout };
}
