// The page as one picture: curves and the body as SVG, and as PNG made of it.
import { along } from "./chart";
import { number, power, stamp } from "./format";
import type { Answer, Curve } from "./types";

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const [W, H, LEFT, TOP] = [320, 190, 58, 34];

function panel(curve: Curve, answer: Answer, ghost: Answer | null, x0: number, y0: number): string {
  const old = ghost?.curves.find((each) => each.id === curve.id);
  const [lo, hi] = [Math.min(curve.lo, old?.lo ?? Infinity), Math.max(curve.hi, old?.hi ?? -Infinity)];
  const scale = (v: number) => (curve.log ? (Math.log10(Math.max(v, lo)) - Math.log10(lo)) / (Math.log10(hi) - Math.log10(lo)) : (v - lo) / (hi - lo));
  const end = answer.times[answer.times.length - 1] || 1;
  const x = (t: number) => x0 + LEFT + (t / end) * (W - LEFT - 14);
  const y = (v: number) => y0 + TOP + (1 - Math.min(Math.max(scale(v), 0), 1)) * (H - TOP - 26);
  const path = (values: (number | null)[]) => {
    let pen = "M";
    return values.map((v, i) => {
      if (v === null) { pen = "M"; return ""; }
      const part = `${pen}${x(answer.times[i] ?? 0).toFixed(1)} ${y(v).toFixed(1)}`;
      pen = "L";
      return part;
    }).join("");
  };
  const ticks = curve.log
    ? [Math.ceil(Math.log10(lo)), Math.floor(Math.log10(hi))].map((n): [number, string] => [10 ** n, power(n)])
    : [lo, (lo + hi) / 2, hi].map((v): [number, string] => [v, number(v)]);
  const band = curve.healthy ? `<rect x="${x(0)}" width="${x(end) - x(0)}" y="${y(curve.healthy[1] ?? hi)}" height="${Math.max(y(curve.healthy[0] ?? lo) - y(curve.healthy[1] ?? hi), 0)}" fill="#e4eddf"/>` : "";
  return `<text x="${x0 + 4}" y="${y0 + 18}" font-weight="600">${escape(curve.name)}${curve.unit ? `, ${escape(curve.unit)}` : ""}</text>${band}` +
    ticks.map(([v, label]) => `<path d="M${x(0)} ${y(v)}H${x(end)}" stroke="#dddddd"/><text x="${x(0) - 6}" y="${y(v) + 4}" text-anchor="end" font-size="11">${label}</text>`).join("") +
    [0, 0.5, 1].map((f) => `<text x="${x(end * f)}" y="${y0 + H - 8}" text-anchor="middle" font-size="11">${escape(stamp(end * f, answer.clock))}</text>`).join("") +
    (old && ghost ? `<path d="${path(along(ghost.times, old.values, answer.times))}" fill="none" stroke="#8a4f00" stroke-width="1.6" stroke-dasharray="6 3"/>` : "") +
    `<path d="${path(curve.values)}" fill="none" stroke="#14577f" stroke-width="2"/>`;
}

const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "font-family", "visibility", "text-anchor"];

function body(node: SVGSVGElement | null, x: number, y: number): string {
  if (!node) return "";
  const copy = node.cloneNode(true) as SVGSVGElement;
  const [from, to] = [node.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((each, i) => {
    const style = getComputedStyle(each);
    for (const key of KEPT) to[i]?.setAttribute(key, style.getPropertyValue(key));
    to[i]?.removeAttribute("class");
  });
  copy.setAttribute("x", String(x));
  copy.setAttribute("y", String(y));
  const [, , w = "388", h = "430"] = (node.getAttribute("viewBox") ?? "").split(" ");
  copy.setAttribute("width", w);
  copy.setAttribute("height", h);
  return new XMLSerializer().serializeToString(copy);
}

export function picture(answer: Answer, ghost: Answer | null): { svg: string; width: number; height: number } {
  const columns = 2;
  const rows = Math.ceil(answer.curves.length / columns);
  const map = document.querySelector<SVGSVGElement>("svg.bodymap");
  const [width, height] = [columns * W + 400, Math.max(rows * H, answer.map.height) + 70];
  const parts = answer.curves.map((curve, k) => panel(curve, answer, ghost, (k % columns) * W, 50 + Math.floor(k / columns) * H));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#1b2025">` +
    `<rect width="100%" height="100%" fill="#ffffff"/><text x="8" y="24" font-size="18" font-weight="600">${escape(answer.title)}</text><text x="8" y="43">${escape(answer.headline)}</text>` +
    `${parts.join("")}${body(map, columns * W + 6, 50)}<text x="8" y="${height - 8}" font-size="11">immunity explore. For research and teaching. Not medical advice.</text></svg>`;
  return { svg, width, height };
}

export function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export async function save_picture(answer: Answer, ghost: Answer | null, kind: "svg" | "png"): Promise<void> {
  const { svg, width, height } = picture(answer, ghost);
  if (kind === "svg") return save("immunity.svg", new Blob([svg], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * 2, height * 2];
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob && save("immunity.png", blob), "image/png");
}
