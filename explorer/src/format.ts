// Numbers and times as people read them; the same rules as the reports.
import type { Clock, Curve } from "./types";

const THIN = "\u202f";

export const power = (n: number): string =>
  "10" + String(n).replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)] ?? c));

const trim = (text: string): string => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

export const number = (value: number | null | undefined, digits = 3): string => {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const sign = value < 0 ? "−" : "";
  const [mantissa = "", exponent = "0"] = Math.abs(value).toExponential(digits - 1).split("e");
  const n = Number(exponent);
  if (n >= 5 || n <= -4) {
    const short = trim(mantissa);
    return sign + (short === "1" ? power(n) : `${short} × ${power(n)}`);
  }
  const [whole = "", rest] = Number(`${mantissa}e${n}`).toFixed(Math.max(digits - 1 - n, 0)).split(".");
  return sign + trim(whole.replace(/\B(?=(\d{3})+$)/g, THIN) + (rest ? "." + rest : ""));
};

export const stamp = (day: number, clock: Clock): string => {
  if (Math.abs(day) < clock.hours_until) return `${trim((day * 24).toFixed(1))} h`;
  return `${clock.unit} ${trim((day * clock.per_day).toFixed(1))}`;
};

export const said = (curve: Curve, value: number | null | undefined): string => {
  if (value === null || value === undefined) return "–";
  if (curve.limit !== null && value < curve.limit) return "< " + number(curve.limit);
  return curve.unit === "°C" ? value.toFixed(1) : number(value);
};

/** A quantity in a file, such as "1e8 CFU": its number and its unit. */
export const quantity = (text: unknown): { value: number; unit: string } | null => {
  const found = /^\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*(.*?)\s*$/.exec(String(text ?? ""));
  return found ? { value: Number(found[1]), unit: found[2] ?? "" } : null;
};

/** A number as it is written into a quantity: no more digits than matter. */
export const plain = (value: number): string => {
  const short = Number(value.toPrecision(4));
  return short !== 0 && (Math.abs(short) >= 1e4 || Math.abs(short) < 1e-3) ? short.toExponential().replace("e+", "e") : String(short);
};
