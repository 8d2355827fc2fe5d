// The shapes of the pictures: reports/page/svg.cc, made of elements instead of text. Nothing here or elsewhere in the
// script parses markup, so no text can become any.
import { fixed } from "./values";

const NAMESPACE = "http://www.w3.org/2000/svg";

export interface Paint { css: string; colour: string }
export const INK: Paint = { css: "ink", colour: "#16181d" };
export const MUTED: Paint = { css: "muted", colour: "#5f6670" };
export const RULE: Paint = { css: "rule", colour: "#dfe2e6" };
export const FAIL: Paint = { css: "fail", colour: "#c62f1c" };
export const WARN: Paint = { css: "warn", colour: "#d98e04" };
export const DATA: Paint = { css: "data", colour: "#1d4b77" };

type Attributes = Record<string, string | number>;

export interface TextStyle {
  size?: number;
  anchor?: "start" | "middle" | "end";
  bold?: boolean;
  halo?: boolean;
}

/** A coordinate with one decimal, halves away from zero. */
export function coordinate(value: number): string {
  const tenths = Math.round(Math.abs(value) * 10);
  return (value < 0 && tenths > 0 ? "-" : "") + String(tenths / 10);
}

/** Three significant digits, as an opacity is written. */
function opacityText(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Roughly how wide a text is set at this size. */
export function textWidth(text: string, size: number): number {
  return [...text].length * size * 0.52;
}

/** Appends elements to one. */
export class Svg {
  constructor(readonly root: Element) {}

  add(tag: string, attributes: Attributes, text = ""): Element {
    const element = document.createElementNS(NAMESPACE, tag);
    for (const name in attributes) element.setAttribute(name, String(attributes[name]));
    if (text !== "") element.textContent = text;
    return this.root.appendChild(element);
  }

  group(attributes: Attributes): Svg {
    return new Svg(this.add("g", attributes));
  }

  text(x: number, y: number, fill: Paint, style: TextStyle, content: string): void {
    const attributes: Attributes = {
      "x": coordinate(x), "y": coordinate(y), "class": "f-" + fill.css + (style.halo ? " halo" : ""),
      "fill": fill.colour, "font-size": coordinate(style.size ?? 11), "text-anchor": style.anchor ?? "start",
    };
    if (style.bold) attributes["font-weight"] = 600;
    if (style.halo) Object.assign(attributes, { "stroke": "#fff", "stroke-width": 3, "paint-order": "stroke" });
    this.add("text", attributes, content);
  }

  label(x: number, y: number, size: number, name: string, of: string): void {
    const text = new Svg(this.add("text", {
      "x": coordinate(x), "y": coordinate(y), "class": "f-" + INK.css, "fill": INK.colour,
      "font-size": coordinate(size), "text-anchor": "start", "font-weight": 600,
    }, name));
    if (of === "") return;
    text.add("tspan", {
      "class": "f-" + MUTED.css, "fill": MUTED.colour, "font-size": coordinate(size * 0.82), "font-weight": 400, "dx": 6,
    }, of);
  }

  line(path: string, stroke: Paint, width = 1, opacity = 1, dashes = ""): void {
    const attributes: Attributes = { "class": "s-" + stroke.css, "d": path, "fill": "none", "stroke": stroke.colour };
    if (width !== 1) attributes["stroke-width"] = coordinate(width);
    if (opacity !== 1) attributes["stroke-opacity"] = fixed(opacity, 2);
    if (dashes !== "") attributes["stroke-dasharray"] = dashes;
    this.add("path", attributes);
  }

  shape(path: string, fill: Paint, opacity = 1, transform = ""): void {
    const attributes: Attributes = { "class": "f-" + fill.css, "d": path, "fill": fill.colour };
    if (opacity !== 1) attributes["fill-opacity"] = opacityText(opacity);
    if (transform !== "") attributes["transform"] = transform;
    this.add("path", attributes);
  }

  rect(x: number, y: number, width: number, height: number, fill: Paint, opacity: number): void {
    this.add("rect", {
      "class": "f-" + fill.css, "x": coordinate(x), "y": coordinate(y), "width": coordinate(width),
      "height": coordinate(height), "fill": fill.colour, "fill-opacity": opacityText(opacity),
    });
  }

  budget(x: number, y: number, fill: Paint): void {
    this.shape(`M${coordinate(x)} ${coordinate(y)}l-3.4 -5.6h6.8z`, fill);
  }
}

/** The places from which `same` holds up to the next, as [begin, end) pairs that cover 0 to count. */
export function runs(count: number, same: (a: number, b: number) => boolean): [number, number][] {
  const found: [number, number][] = [];
  for (let begin = 0, end = 0; begin < count; begin = end) {
    for (end = begin + 1; end < count && same(begin, end);) ++end;
    found.push([begin, end]);
  }
  return found;
}

/** One path a tint, from 1 on, whose stroke of width 1 covers the cells of which `tint` says so; row 0 is the lowest. */
export function cellPaths(columns: number, rows: number, tints: number,
                          tint: (column: number, row: number) => number): string[] {
  const paths = new Array<string>(tints).fill("");
  const pens = paths.map(() => [0, 0]);
  for (let row = 0; row < rows; ++row) {
    for (const [begin, end] of runs(columns, (a, b) => tint(a, row) === tint(b, row))) {
      const at = tint(begin, row) - 1;
      if (at < 0) continue;
      const [x, y] = pens[at];
      paths[at] += (paths[at] === "" ? `M${begin} ${row}.5` : `m${begin - x} ${row - y}`) + `h${end - begin}`;
      pens[at] = [end, row];
    }
  }
  return paths;
}

/** Bars in grid units, equal neighbours merged. */
export function barsPath(heights: number[]): string {
  const thousandths = heights.map(height => Math.round(height * 1000));
  return runs(heights.length, (a, b) => thousandths[a] === thousandths[b])
    .filter(([begin]) => thousandths[begin] > 0)
    .map(([begin, end]) => {
      const height = thousandths[begin] / 1000;
      return `M${begin} 0v${height}h${end - begin}v-${height}z`;
    }).join("");
}

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/** The smallest round step with which at most `most` cover the span. */
export function axisStep(span: number, most: number): number {
  return STEPS.find(step => span / step <= most) ?? Math.ceil(span / most / 86400) * 86400;
}
