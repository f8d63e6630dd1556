"use strict";
// One moment for everything: the slider pins it, a pointer over a chart borrows it and gives it back.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const slider = document.getElementById("time");
  const play = document.getElementById("play");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const end = Number(slider.max); // the last moment with values: a host may stop before the run does
  const { left, right, top, bottom } = data.plot;
  const THIN = "\u202f";

  const power = (n) => "10" + String(n).replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
  const trim = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  const number = (value, digits = 3) => {
    if (value === null || Number.isNaN(value)) return "–";
    if (value === 0) return "0";
    const sign = value < 0 ? "−" : "";
    const [mantissa, exponent] = Math.abs(value).toExponential(digits - 1).split("e");
    const n = Number(exponent);
    if (n >= 5 || n <= -4) {
      const short = trim(mantissa);
      return sign + (short === "1" ? power(n) : `${short} × ${power(n)}`);
    }
    const [whole, rest] = Number(`${mantissa}e${n}`).toFixed(Math.max(digits - 1 - n, 0)).split(".");
    return sign + trim(whole.replace(/\B(?=(\d{3})+$)/g, THIN) + (rest ? "." + rest : ""));
  };
  const stamp = (day) => {
    const { unit, perDay, hoursUntil, minutesUntil } = data.clock;
    if (day >= 0.5 / 1440 && day < Math.min(minutesUntil, hoursUntil)) return `${(day * 1440).toFixed(0)} min`;
    return Math.abs(day) < hoursUntil ? `${(day * 24).toFixed(0)} h` : `${unit} ${(day * perDay).toFixed(1).replace(/\.0$/, "")}`;
  };
  const said = (curve, value) => {
    if (value === null) return "–";
    if (curve.limit !== null && value < curve.limit) return "< " + number(curve.limit);
    return curve.unit === "degC" ? value.toFixed(1) : number(value);
  };
  const rank = (ends, value) => ends.filter((end) => value >= end).length;

  const charts = makeCharts(data, power, number);
  const maps = [...document.querySelectorAll(".bodymap")].map((map, k) => ({
    described: map.querySelector(".map-now"),
    places: [...map.querySelectorAll(".place")].map((group, i) => ({
    ...data.maps[k][i],
    cell: group.querySelector(".cell"),
    ring: group.querySelector(".ring"),
    cellText: group.querySelector("text.cells"),
    microbeText: group.querySelector("text.microbes"),
    })),
  }));

  const showPlace = (place, i) => {
    const said = [place.cells && showCells(place, i), place.microbes && showMicrobes(place, i)].filter(Boolean);
    return `${place.name}: ${said.join(", ") || (place.steady ? "as at rest" : "nothing")}`;
  };
  const showCells = (place, i) => {
    const rest = place.cells[0];
    const now = place.cells[i];
    const ratio = now === null ? null : now / Math.max(rest, 1);
    place.cell.setAttribute("class", `cell c${ratio === null ? 2 : rank(data.levels, ratio)}`);
    const cells = now === null ? "–" : rest < 1 ? `${number(now, 2)} cells` : `×${number(ratio, 2)}`;
    place.cellText.textContent = cells;
    return `immune cells ${cells}`;
  };
  const showMicrobes = (place, i) => {
    const amount = place.microbes[i];
    const text = amount === null ? "–" : amount >= 1 ? `${number(amount, 2)} ${data.microbeUnit}` : `no ${data.microbeUnit}`;
    place.ring.setAttribute("class", `ring r${amount > 0 ? rank(data.rings, amount) : 0}`);
    place.ring.setAttribute("r", (12 + 1.1 * Math.min(Math.log10(Math.max(amount ?? 0, 1)), 10)).toFixed(1));
    place.microbeText.textContent = text;
    place.microbeText.setAttribute("class", amount >= 1 ? "microbes" : "microbes none");
    return text;
  };
  const showChart = ({ cursor, curve, height, place, line, dots, values }, i) => {
    const x = place(data.times[i]).toFixed(1);
    cursor.setAttribute("visibility", x > right + 0.5 || x < left - 0.5 ? "hidden" : "visible");
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    [curve.y, curve.s].forEach((series, k) => {
      if (!series) return;
      const value = series[i];
      dots[k].setAttribute("visibility", value === null ? "hidden" : "inherit");
      if (value !== null) {
        dots[k].setAttribute("cx", x);
        dots[k].setAttribute("cy", height(value).toFixed(1));
      }
      values[k].textContent = said(curve, value);
    });
  };

  let pinned = Number(slider.value);
  let shown = -1;
  const show = (i) => {
    if (i === shown) return;
    shown = i;
    const label = stamp(data.times[i]);
    maps.forEach(({ described, places }) => (described.textContent = places.map((place) => showPlace(place, i)).join("; ") + "."));
    charts.forEach((chart) => showChart(chart, i));
    document.querySelectorAll("output.now").forEach((output) => (output.textContent = label));
    slider.value = i;
    slider.setAttribute("aria-valuetext", label);
  };
  const pin = (i) => show((pinned = Math.min(Math.max(i, 0), end)));

  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.classList.remove("playing");
    play.setAttribute("aria-label", "Play");
  };
  const start = () => {
    if (pinned >= end) pin(0);
    const frames = calm.matches ? 20 : 160;
    const began = performance.now();
    const from = pinned;
    const steps = Math.max(1, Math.round(end / frames));
    play.classList.add("playing");
    play.setAttribute("aria-label", "Pause");
    timer = setInterval(() => {
      const next = from + steps * Math.floor((performance.now() - began) / (calm.matches ? 600 : 75));
      pin(next);
      if (next >= end) stop();
    }, calm.matches ? 600 : 75);
  };
  play.addEventListener("click", () => (timer ? stop() : start()));
  slider.addEventListener("input", () => {
    stop();
    pin(Number(slider.value));
  });
  document.querySelectorAll(".story button").forEach((button) =>
    button.addEventListener("click", () => {
      stop();
      pin(Number(button.dataset.index));
      const map = document.querySelector(".bodymap");
      const box = map && map.getBoundingClientRect();
      if (box && (box.bottom < 150 || box.top > innerHeight - 250)) map.closest("figure").scrollIntoView();
    }),
  );

  const nearest = ({ svg, axis }, event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const [from, to] = [axis.first, axis.last];
    const time = from + (Math.min(Math.max(x, left), right) - left) / (right - left) * (to - from);
    let best = 0;
    data.times.forEach((t, i) => {
      if (i <= end && Math.abs(t - time) < Math.abs(data.times[best] - time)) best = i;
    });
    return best;
  };
  charts.forEach((chart) => {
    const { svg, figure } = chart;
    figure.addEventListener("redrawn", () => showChart(chart, shown));
    svg.addEventListener("pointermove", (event) => {
      if (timer) return;
      (event.buttons ? pin : show)(nearest(chart, event));
    });
    svg.addEventListener("pointerdown", (event) => {
      stop();
      pin(nearest(chart, event));
    });
    svg.addEventListener("pointerleave", () => timer || show(pinned));
  });

  const form = document.querySelector(".zoom");
  const ends = form.querySelectorAll("input");
  const days = [data.times[0], data.times[data.times.length - 1]];
  const zoom = (first, last) => {
    charts.forEach((chart) => {
      chart.zoom(first, last);
      showChart(chart, shown);
    });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [first, last] = [...ends].map((input, k) => (input.value === "" ? days[k] : Number(input.value) / data.clock.perDay));
    ends[1].setCustomValidity(first < last ? "" : "The end has to be after the beginning.");
    if (form.reportValidity()) zoom(first, last);
  });
  form.addEventListener("reset", () => {
    ends[1].setCustomValidity("");
    zoom(null, null);
  });

  const quoted = (value) => {
    const text = value === null ? "" : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  document.getElementById("csv").addEventListener("click", () => {
    const columns = [{ name: "time (day)", values: data.times }];
    data.curves.forEach((curve) => {
      columns.push({ name: `${curve.id} (${curve.unit})`, values: curve.y });
      if (curve.s) columns.push({ name: `${curve.id} (${curve.unit}), ${data.second}`, values: curve.s });
    });
    const lines = [columns.map((c) => quoted(c.name)), ...data.times.map((_, i) => columns.map((c) => quoted(c.values[i])))];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n")], { type: "text/csv" }));
    link.download = `${data.title.replace(/[^\w-]+/g, "_") || "run"}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });

  document.querySelector(".timebar").hidden = false;
  document.querySelector(".export").hidden = false;
  form.hidden = false;
  show(pinned);
})();
