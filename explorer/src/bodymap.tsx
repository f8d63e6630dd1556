// The body: every place coloured by its immune cells relative to rest, ringed by its microbes.
import { number } from "./format";
import type { BodyMap, Place } from "./types";

const rank = (ends: number[], value: number): number => ends.filter((end) => value >= end).length;

const cells_text = (place: Place, i: number): string => {
  const now = place.cells?.[i];
  if (now === null || now === undefined) return "–";
  return place.rest < 1 ? `${number(now, 2)} cells` : `×${number(now / Math.max(place.rest, 1), 2)}`;
};

const microbes_text = (place: Place, i: number, unit: string): string => {
  const now = place.microbes?.[i];
  if (now === null || now === undefined) return "–";
  return now >= 1 ? `${number(now, 2)} ${unit}` : `no ${unit}`;
};

export const place_words = (place: Place, i: number, unit: string): string => {
  if (place.quiet) return `${place.name}: as at rest`;
  const told = [place.cells && `immune cells ${cells_text(place, i)}`, place.microbes && microbes_text(place, i, unit)];
  return `${place.name}: ${told.filter(Boolean).join(", ") || "nothing"}`;
};

interface Props { map: BodyMap; index: number; chosen?: string; choose: (place: Place) => void }

export function Body({ map, index, chosen, choose }: Props) {
  const [left, top, scale] = map.shift;
  return (
    <svg class="bodymap" viewBox={`0 0 ${map.width} ${map.height}`} role="group" aria-label="Body map: choose a place to enter it">
      <defs>
        <pattern id="ring1" width="4" height="4" patternUnits="userSpaceOnUse"><circle cx="2" cy="2" r=".8" /></pattern>
        <pattern id="ring2" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 2h4" /></pattern>
        <pattern id="ring3" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 2h4M2 0v4" /></pattern>
      </defs>
      <path class="body" transform={`translate(${left} ${top}) scale(${scale})`} d={map.outline} />
      {map.places.map((place) => (
        <Spot key={place.id} place={place} map={map} index={index} chosen={place.id === chosen} choose={choose} />
      ))}
    </svg>
  );
}

function Spot({ place, map, index, chosen, choose }: { place: Place; map: BodyMap; index: number; chosen: boolean; choose: (place: Place) => void }) {
  const now = place.cells?.[index] ?? null;
  const microbes = place.microbes?.[index] ?? 0;
  const ratio = place.quiet || now === null ? 1 : now / Math.max(place.rest, 1);
  const radius = 12 + 1.1 * Math.min(Math.max(Math.log10(Math.max(microbes, 1)), 0), 10);
  const inner = place.elbow + place.side * 12;
  const rows: [string, string][] = place.quiet ? [] : place.lines.map((line) => [line, "name"]);
  if (!place.quiet && place.cells) rows.push([cells_text(place, index), "cells"]);
  if (!place.quiet && place.microbes) rows.push([microbes_text(place, index, map.unit), microbes >= 1 ? "microbes" : "microbes none"]);
  const act = () => choose(place);
  return (
    <g
      class={`place${place.quiet ? " quiet" : ""}${chosen ? " chosen" : ""}`}
      role="button"
      tabIndex={0}
      aria-label={place_words(place, index, map.unit)}
      aria-pressed={chosen}
      onClick={act}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          act();
        }
      }}
    >
      <title>{place.name}</title>
      {!place.quiet && <path class="leader" d={`M${inner - place.side * 4} ${place.top + 8}H${place.elbow}L${place.x} ${place.y}`} />}
      {!place.quiet && <circle class={`ring r${microbes > 0 ? rank(map.rings, microbes) : 0}`} cx={place.x} cy={place.y} r={radius} />}
      <circle class={`cell ${place.cells ? `c${rank(map.levels, ratio)}` : "no-cells"}`} cx={place.x} cy={place.y} r={place.quiet ? 4.5 : 9} />
      <circle class="target" cx={place.x} cy={place.y} r={place.quiet ? 9 : 14} />
      {rows.map(([text, kind], i) => (
        <text aria-hidden="true" class={kind} x={inner} y={place.top + 12 + i * 16} text-anchor={place.side > 0 ? "start" : "end"}>{text}</text>
      ))}
    </g>
  );
}

export function Legend({ map }: { map: BodyMap }) {
  return (
    <details class="legend">
      <summary>Colours and rings</summary>
      <p>Immune cells, in multiples of rest:</p>
      <ul class="swatches">
        {map.level_labels.map((label, i) => (
          <li><svg viewBox="0 0 20 20" aria-hidden="true"><circle class={`cell c${i}`} cx="10" cy="10" r="9" /></svg>{label}</li>
        ))}
      </ul>
      <p>Rings, {map.unit}:</p>
      <ul class="swatches">
        {map.ring_labels.map((label, i) => (
          <li><svg viewBox="0 0 28 28" aria-hidden="true"><circle class={`ring r${i}`} cx="14" cy="14" r="12" /></svg>{label}</li>
        ))}
      </ul>
    </details>
  );
}
