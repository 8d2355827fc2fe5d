// How numbers read on the page: reports/values.cc, with which every result here must agree.
const MINUS = "−";

/** As toFixed, but exact halves go to the even neighbour, as in C++. */
export function fixed(value: number, decimals: number): string {
  const more = value.toFixed(decimals + 1);
  const half = more.endsWith("5") && Number.isInteger(value * 2 ** (decimals + 1));
  const below = more.slice(0, decimals > 0 ? -1 : -2);
  return half && Number(below.slice(-1)) % 2 === 0 ? below : value.toFixed(decimals);
}

function withSign(value: number, text: string): string {
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** Three significant digits, never an exponent. */
function digits(value: number): string {
  const size = Math.abs(value);
  const whole = Math.abs(value - Math.round(value)) < 1e-6 * Math.max(1, size);
  return fixed(size, size >= 99.95 || whole ? 0 : size >= 9.995 ? 1 : 2);
}

export function showCount(count: number): string {
  const text = fixed(Math.abs(count), 0);
  return withSign(count, text.length > 4 ? text.replace(/\B(?=(\d{3})+$)/g, "\u202f") : text);
}

export function showSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return "0 s";
  if (size < 0.9995) return withSign(seconds, digits(size * 1e3) + " ms");
  if (size >= 600) {
    const whole = Math.round(size);
    return withSign(seconds, `${Math.floor(whole / 60)} min ${whole % 60} s`);
  }
  return withSign(seconds, fixed(size, size === Math.trunc(size) ? 0 : size >= 9.995 ? 1 : 2) + " s");
}

export function showPercent(ratio: number): string {
  const percent = ratio * 100;
  if (percent !== 0 && Math.abs(percent) < 0.01) return "< 0.01 %";
  return withSign(percent, digits(percent) + " %");
}

function showBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = Math.abs(bytes);
  let unit = 0;
  for (; size >= 1024 && unit + 1 < units.length; ++unit) size /= 1024;
  return withSign(bytes, `${digits(size)} ${units[unit]}`);
}

/** Units: "s", "ms", "bytes", or "" for a bare number. */
export function showValue(value: number, unit: string): string {
  if (unit === "s") return showSeconds(value);
  if (unit === "ms") return showSeconds(value / 1e3);
  if (unit === "bytes") return showBytes(value);
  return withSign(value, digits(value));
}

/** A mark of the time axis: "+10 s", "0". */
export function showMark(seconds: number): string {
  if (Math.abs(seconds) < 1e-6) return "0";
  return `${seconds < 0 ? MINUS : "+"}${Number(Math.abs(seconds).toPrecision(6))} s`;
}
