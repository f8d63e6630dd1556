// One readout over time: uPlot's canvas, with a cursor for the keyboard and a table for those who cannot see it.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { number, power, said, stamp } from "./format";
import type { Answer, Bands, Clock, Curve } from "./types";

interface Props {
  curve: Curve;
  answer: Answer;
  ghost: Answer | null;
  bands: Bands | null;
  index: number;
  linear: boolean;
  pinned: boolean;
  move: (index: number) => void;
  turn: () => void;
  pin: () => void;
  why: () => void;
}

const ROWS = 14;

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A curve at other times, by straight lines; nothing outside. */
export const along = (times: number[], values: (number | null)[], at: number[]): (number | null)[] => {
  let k = 0;
  return at.map((t) => {
    while (k < times.length - 2 && (times[k + 1] ?? 0) < t) k++;
    const [a, b] = [times[k] ?? 0, times[k + 1] ?? 0];
    const [u, v] = [values[k], values[k + 1]];
    if (t < (times[0] ?? 0) || t > (times[times.length - 1] ?? 0) || u == null) return null;
    if (v == null) return t <= a ? u : null;
    return b > a ? u + ((v - u) * Math.min(Math.max((t - a) / (b - a), 0), 1)) : v;
  });
};

export function Chart(props: Props) {
  const { curve, answer, ghost, bands, index, linear } = props;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const drawn = useRef(-1); // the row that is marked
  const latest = useRef(props);
  latest.current = props;
  const log = curve.log && !linear;
  const old = ghost?.curves.find((each) => each.id === curve.id);
  const before = useMemo(() => (old && ghost ? along(ghost.times, old.values, answer.times) : null), [old, answer]);
  const spread = bands?.curves[curve.id];

  useEffect(() => {
    const node = holder.current;
    if (!node) return;
    const made = new uPlot(options(latest, log, node.clientWidth), data(latest.current, before, log), node);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: Math.max(node.clientWidth, 120), height: 190 }));
    watch.observe(node);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => made.redraw();
    dark.addEventListener("change", redraw);
    return () => {
      dark.removeEventListener("change", redraw);
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [curve.id, log, answer.clock.unit]);

  useLayoutEffect(() => {
    drawn.current = latest.current.index;
    plot.current?.setData(data(latest.current, before, log));
  }, [answer, before, spread, log]);

  useEffect(() => {
    if (drawn.current !== index) plot.current?.redraw(false);
    drawn.current = index;
  }, [index]);

  const value = said(curve, curve.values[index]);
  const was = before && old ? said(curve, before[index]) : null;
  const unit = curve.unit ? ` ${curve.unit}` : "";
  const words = `${value}${unit}${was === null ? "" : `, before ${was}${unit}`} at ${stamp(answer.times[index] ?? 0, answer.clock)}`;
  const keys = (event: KeyboardEvent) => {
    const last = answer.times.length - 1;
    const big = Math.max(1, Math.round(last / 20));
    const to: Record<string, number> = { ArrowLeft: index - 1, ArrowRight: index + 1, PageDown: index - big, PageUp: index + big, Home: 0, End: last };
    const next = to[event.key];
    if (event.key === "Enter") props.why();
    if (next === undefined) return;
    event.preventDefault();
    props.move(Math.min(Math.max(next, 0), last));
  };
  return (
    <figure class="chart">
      <figcaption>
        <h3>{curve.name}</h3>
        <p class="now"><b>{value}</b>{unit}{was !== null && was !== value && <span class="was"> · before {was}</span>}</p>
      </figcaption>
      <div
        class="plot"
        ref={holder}
        role="slider"
        tabIndex={0}
        aria-label={`${curve.name} over time; arrow keys move the day, Enter asks why`}
        aria-valuemin={0}
        aria-valuemax={answer.times.length - 1}
        aria-valuenow={index}
        aria-valuetext={words}
        onKeyDown={keys}
      />
      <div class="tools">
        <button type="button" onClick={props.why}>Why?</button>
        {curve.log && <button type="button" aria-pressed={linear} onClick={props.turn}>Linear</button>}
        <button type="button" aria-pressed={props.pinned} onClick={props.pin}>{props.pinned ? "Pinned" : "Pin"}</button>
        <Table curve={curve} answer={answer} before={before} />
      </div>
    </figure>
  );
}

function Table({ curve, answer, before }: { curve: Curve; answer: Answer; before: (number | null)[] | null }) {
  const [open, set_open] = useState(false);
  const last = answer.times.length - 1;
  const rows = [...new Set(Array.from({ length: ROWS }, (_, k) => Math.round((k * last) / (ROWS - 1))))];
  return (
    <details onToggle={(event) => set_open((event.currentTarget as HTMLDetailsElement).open)}>
      <summary>Table</summary>
      {open && (
        <div class="scroll" tabIndex={0} role="region" aria-label={`${curve.name}, table`}>
          <table>
            <thead>
              <tr><th scope="col">When</th><th scope="col">{curve.unit || "Value"}</th>{before && <th scope="col">Before</th>}</tr>
            </thead>
            <tbody>
              {rows.map((i) => (
                <tr>
                  <th scope="row">{stamp(answer.times[i] ?? 0, answer.clock)}</th>
                  <td>{said(curve, curve.values[i])}</td>
                  {before && <td>{said(curve, before[i])}</td>}
                </tr>
              ))}
              {curve.points.map((p) => (
                <tr>
                  <th scope="row">{stamp(p.x, answer.clock)}, published</th>
                  <td colSpan={before ? 2 : 1}>{number(p.y)}{p.lo !== null && p.hi !== null ? ` (${number(p.lo)} to ${number(p.hi)})` : ""}<br /><cite>{p.cite}</cite></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

/** Powers of ten between two bounds, few enough to be read. */
function decades(lo: number, hi: number): number[] {
  const [from, to] = [Math.ceil(Math.log10(lo) - 1e-9), Math.floor(Math.log10(hi) + 1e-9)];
  const step = Math.max(1, Math.ceil((to - from) / 5));
  const found = [];
  for (let n = Math.ceil(from / step) * step; n <= to; n += step) found.push(10 ** n);
  return found;
}

type Held = { current: Props };

const floor_of = (curve: Curve): number => curve.lo;

function data({ curve, answer, bands }: Props, before: (number | null)[] | null, log: boolean): uPlot.AlignedData {
  const clip = (values: (number | null)[]) => (log ? values.map((v) => (v === null ? null : Math.max(v, floor_of(curve)))) : values);
  const spread = bands?.curves[curve.id];
  const bent = (q: number) => (spread ? clip(along(bands?.times ?? [], spread[q] ?? [], answer.times)) : answer.times.map(() => null));
  const scaled = answer.times.map((t) => t * answer.clock.per_day);
  return [scaled, bent(0), bent(4), bent(2), before ? clip(before) : answer.times.map(() => null), clip(curve.values)] as uPlot.AlignedData;
}

function options(held: Held, log: boolean, width: number): uPlot.Options {
  const labels = (clock: Clock) => (clock.unit === "hour" ? "hours" : clock.unit === "day" ? "days" : "years");
  const range = (_: uPlot, lo: number | null, hi: number | null): [number, number] => {
    const { curve, ghost } = held.current;
    const old = ghost?.curves.find((each) => each.id === curve.id);
    if (log) {
      const top = Math.max(curve.hi, old?.hi ?? 0, hi ?? 0);
      return [Math.min(curve.lo, old?.lo ?? Infinity), top];
    }
    const from = curve.log ? 0 : Math.min(curve.lo, old?.lo ?? Infinity, lo ?? Infinity);
    const to = curve.log ? (hi ?? 1) * 1.06 : Math.max(curve.hi, old?.hi ?? -Infinity, hi ?? -Infinity);
    return [from, to];
  };
  return {
    width: Math.max(width, 120),
    height: 190,
    legend: { show: false },
    padding: [8, 10, 0, 0],
    cursor: { drag: { x: true, y: false }, points: { show: false }, sync: { key: "days" } },
    scales: { x: { time: false }, y: log ? { distr: 3, range } : { range } },
    axes: [
      { stroke: () => css("--soft"), grid: { stroke: () => css("--grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui", size: 22, gap: 2, label: labels(held.current.answer.clock), labelSize: 15, labelGap: 0, labelFont: "12px system-ui" },
      {
        stroke: () => css("--soft"), grid: { stroke: () => css("--grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui", size: 50, gap: 3,
        ...(log ? { splits: (_u: uPlot, _i: number, lo: number, hi: number) => decades(lo, hi), filter: (_u: uPlot, found: number[]) => found } : {}),
        values: (_, ticks) => ticks.map((v) => (v === null ? "" : log ? power(Math.round(Math.log10(v))) : number(v))),
      },
    ],
    series: [
      {},
      { stroke: "transparent", points: { show: false } },
      { stroke: "transparent", points: { show: false } },
      { stroke: () => css("--band"), width: 1.5, dash: [2, 3], points: { show: false } },
      { stroke: () => css("--second"), width: 2, dash: [7, 4], points: { show: false } },
      { stroke: () => css("--accent"), width: 2.2, points: { show: false } },
    ],
    bands: [{ series: [2, 1], fill: () => css("--band-fill") }],
    hooks: {
      drawClear: [(u) => healthy(u, held.current)],
      draw: [(u) => points(u, held.current), (u) => moment(u, held.current)],
      ready: [
        (u) => {
          let x = 0;
          u.over.addEventListener("pointerdown", (event) => (x = event.clientX));
          u.over.addEventListener("click", (event) => {
            if (Math.abs(event.clientX - x) < 4 && u.cursor.idx != null) held.current.move(u.cursor.idx);
          });
        },
      ],
    },
  };
}

function healthy(u: uPlot, { curve }: Props): void {
  if (!curve.healthy) return;
  const { min, max } = u.scales.y ?? {};
  if (min == null || max == null) return;
  const [lo, hi] = [curve.healthy[0] ?? min, curve.healthy[1] ?? max].map((v) => u.valToPos(Math.min(Math.max(v, min), max), "y", true));
  u.ctx.save();
  u.ctx.fillStyle = css("--healthy");
  u.ctx.fillRect(u.bbox.left, hi ?? 0, u.bbox.width, (lo ?? 0) - (hi ?? 0));
  u.ctx.restore();
}

function points(u: uPlot, { curve, answer }: Props): void {
  const { min, max } = u.scales.y ?? {};
  if (min == null || max == null) return;
  const at = (v: number) => u.valToPos(Math.min(Math.max(v, min), max), "y", true);
  u.ctx.save();
  u.ctx.strokeStyle = css("--ink");
  u.ctx.fillStyle = css("--surface");
  u.ctx.lineWidth = 1.3 * devicePixelRatio;
  for (const p of curve.points) {
    const x = u.valToPos(p.x * answer.clock.per_day, "x", true);
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
    u.ctx.beginPath();
    if (p.lo !== null && p.hi !== null) {
      u.ctx.moveTo(x, at(p.lo));
      u.ctx.lineTo(x, at(p.hi));
    }
    u.ctx.stroke();
    u.ctx.beginPath();
    u.ctx.arc(x, at(p.y), 3.5 * devicePixelRatio, 0, 2 * Math.PI);
    u.ctx.fill();
    u.ctx.stroke();
  }
  u.ctx.restore();
}

function moment(u: uPlot, { curve, answer, index }: Props): void {
  const x = u.valToPos((answer.times[index] ?? 0) * answer.clock.per_day, "x", true);
  const { min, max } = u.scales.y ?? {};
  if (x < u.bbox.left || x > u.bbox.left + u.bbox.width + 1 || min == null || max == null) return;
  u.ctx.save();
  u.ctx.strokeStyle = css("--ink");
  u.ctx.globalAlpha = 0.55;
  u.ctx.beginPath();
  u.ctx.moveTo(x, u.bbox.top);
  u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
  u.ctx.stroke();
  u.ctx.globalAlpha = 1;
  const value = curve.values[index];
  if (value != null) {
    u.ctx.fillStyle = css("--accent");
    u.ctx.beginPath();
    u.ctx.arc(x, u.valToPos(Math.min(Math.max(value, min), max), "y", true), 4 * devicePixelRatio, 0, 2 * Math.PI);
    u.ctx.fill();
  }
  u.ctx.restore();
}
