"use strict";
// Charts that can be drawn again: on a logarithmic axis, or for some of the days. Marks say what they stand for.
const makeCharts = (data, power, number) => {
  const { left, right, top, bottom } = data.plot;
  const DECADES = 9;

  const niceTicks = (lo, hi, count) => {
    const raw = (hi - lo) / count;
    const magnitude = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((m) => m * magnitude).find((s) => s >= raw * 0.999);
    const [first, last] = [Math.ceil(lo / step - 1e-9), Math.floor(hi / step + 1e-9)];
    return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  };
  const decades = (lo, hi) => {
    const [from, to] = [Math.round(Math.log10(lo)), Math.round(Math.log10(hi))];
    const step = Math.max(1, Math.ceil((to - from) / 5));
    const ticks = [];
    for (let e = Math.ceil(from / step) * step; e <= to; e += step) ticks.push(10 ** e);
    return ticks;
  };
  const element = (name, attributes, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const make = (figure) => {
    const svg = figure.querySelector(".chart");
    const cursor = svg.querySelector(".cursor");
    const curve = data.curves[figure.dataset.curve];
    const seen = (v) => (home.log && v !== null ? Math.max(v, curve.limit ?? 0) : v);
    const home = { log: svg.dataset.log === "1" };
    ["lo", "hi", "first", "last"].forEach((key) => (home[key] = Number(svg.dataset[key])));
    const axis = { ...home };
    const scale = (v, a = axis) => (a.log ? Math.log10(v) : v);
    const height = (v) => {
      const shown = axis.log ? Math.max(seen(v), axis.lo) : v;
      const share = (scale(shown) - scale(axis.lo)) / (scale(axis.hi) - scale(axis.lo));
      return bottom - Math.min(Math.max(share, 0), 1) * (bottom - top);
    };
    const place = (t) => left + ((t - axis.first) / Math.max(axis.last - axis.first, 1e-12)) * (right - left);
    // outlines are kept as days and values, since their coordinates are of the axis they were first drawn on
    const outlines = [...svg.querySelectorAll(".band, .subject")].map((path) => {
      const corners = [...path.getAttribute("d").matchAll(/([ML])([-\d.]+) ([-\d.]+)/g)].map(([, pen, x, y]) => {
        const share = (bottom - y) / (bottom - top);
        const at = scale(home.lo, home) + share * (scale(home.hi, home) - scale(home.lo, home));
        return [pen, home.first + ((x - left) / (right - left)) * (home.last - home.first), home.log ? 10 ** at : at];
      });
      return { path, corners, end: path.getAttribute("d").endsWith("Z") ? "Z" : "" };
    });
    const trace = (series) => {
      let pen = "M";
      return series
        .map((value, i) => {
          if (value === null) return (pen = "M") && "";
          const step = `${pen}${place(data.times[i]).toFixed(1)} ${height(seen(value)).toFixed(1)}`;
          pen = "L";
          return step;
        })
        .join("");
    };
    const frame = () => {
      const parts = [];
      const ticks = axis.log ? decades(axis.lo, axis.hi) : niceTicks(axis.lo, axis.hi, 4);
      const largest = Math.max(...ticks.map(Math.abs), 1e-300);
      const n = axis.log ? 0 : Math.floor(Math.log10(largest));
      const by = n >= 4 || n <= -4 ? n : 0;
      ticks.forEach((tick) => {
        const y = height(tick);
        const e = Math.round(Math.log10(tick));
        const label = axis.log && (e < -2 || e > 3) ? power(e) : number(tick / 10 ** by);
        parts.push(element("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }));
        parts.push(element("text", { class: "tick end", x: left - 6, y: y + 4 }, label));
      });
      if (by) parts.push(element("text", { class: "tick", x: left + 4, y: top + 4 }, `× ${power(by)}`));
      parts.push(element("line", { class: "base", x1: left, x2: right, y1: bottom, y2: bottom }));
      const { unit, perDay } = data.clock;
      niceTicks(axis.first * perDay, axis.last * perDay, 5).forEach((tick, i) => {
        const x = place(tick / perDay);
        parts.push(element("line", { class: "base", x1: x, x2: x, y1: bottom, y2: bottom + 4 }));
        parts.push(element("text", { class: "tick mid", x, y: bottom + 17 }, i ? number(tick) : `${unit} ${number(tick)}`));
      });
      svg.querySelector(".frame").replaceChildren(...parts);
    };
    const redraw = () => {
      frame();
      const [line, second] = [svg.querySelector(".drawn .line:not(.second)"), svg.querySelector(".drawn .line.second")];
      if (line) line.setAttribute("d", trace(curve.y));
      if (second) second.setAttribute("d", trace(curve.s));
      outlines.forEach(({ path, corners, end }) => {
        path.setAttribute("d", corners.map(([pen, t, v]) => `${pen}${place(t).toFixed(1)} ${height(v).toFixed(1)}`).join("") + end);
      });
      svg.querySelectorAll("rect[data-lo]").forEach((rect) => {
        const [y, under] = [height(Number(rect.dataset.hi)), height(Number(rect.dataset.lo))];
        rect.setAttribute("y", y);
        rect.setAttribute("height", under - y);
      });
      svg.querySelectorAll("line[data-y]").forEach((mark) => ["y1", "y2"].forEach((k) => mark.setAttribute(k, height(Number(mark.dataset.y)))));
      svg.querySelectorAll("line[data-x]").forEach((mark) => ["x1", "x2"].forEach((k) => mark.setAttribute(k, place(Number(mark.dataset.x)))));
      svg.querySelectorAll("g[data-x]").forEach((mark) => {
        const [x, y] = [place(Number(mark.dataset.x)), height(Number(mark.dataset.y))];
        const dot = mark.querySelector("circle");
        if (dot) dot.setAttribute("cx", x);
        if (dot) dot.setAttribute("cy", y);
        const path = mark.querySelector("path");
        if (path && !dot) path.setAttribute("d", `M${x - 3} ${y - 2}h6l-3 5z`);
        if (path && dot) {
          const [low, high] = [height(Number(mark.dataset.lo)), height(Number(mark.dataset.hi))];
          path.setAttribute("d", `M${x} ${low}V${high}M${x - 3} ${low}h6M${x - 3} ${high}h6`);
        }
      });
    };
    const values = [...curve.y, ...(curve.s ?? [])].filter((v) => v !== null);
    const toggle = (on) => {
      Object.assign(axis, { lo: home.lo, hi: home.hi, log: on });
      if (on && !home.log) {
        const positive = values.filter((v) => v > 0);
        const most = Math.max(...positive, home.hi);
        const least = Math.max(Math.min(...positive), most / 10 ** DECADES);
        const from = Math.floor(Math.log10(least));
        Object.assign(axis, { lo: 10 ** from, hi: 10 ** Math.max(Math.ceil(Math.log10(most)), from + 1) });
      } else if (!on && home.log) {
        Object.assign(axis, { lo: 0, hi: 1.06 * Math.max(...values) });
      }
      redraw();
    };
    const zoom = (first, last) => {
      Object.assign(axis, first === null ? { first: home.first, last: home.last } : { first, last });
      redraw();
    };
    const button = figure.querySelector("button.log");
    button.hidden = !values.some((v) => v > 0);
    button.setAttribute("aria-pressed", home.log);
    button.addEventListener("click", () => {
      toggle(!axis.log);
      button.setAttribute("aria-pressed", axis.log);
      figure.dispatchEvent(new Event("redrawn"));
    });
    return { figure, svg, cursor, curve, axis, height, place, zoom, line: cursor.querySelector("line"), dots: cursor.querySelectorAll(".dot"), values: figure.querySelectorAll(".value") };
  };
  return [...document.querySelectorAll("[data-curve]")].map(make);
};
