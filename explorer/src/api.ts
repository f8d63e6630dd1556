// Questions to the server. A newer question of a kind gives up the older one.
import type { Answer, Bands, Fault } from "./types";

const TOKEN = "immunity-token";
const given = new URLSearchParams(location.search).get("token");
if (given) sessionStorage.setItem(TOKEN, given);
export const token = given ?? sessionStorage.getItem(TOKEN) ?? "";
export const page = Math.random().toString(36).slice(2);

export class Refused extends Error {
  constructor(readonly faults: Fault[], readonly status: number) {
    super(faults.map((fault) => fault.message).join("; "));
  }
}

const pending = new Map<string, AbortController>();

export const give_up = (kind: string): void => pending.get(kind)?.abort();

export async function ask<T>(kind: string, path: string, body?: unknown): Promise<T> {
  const response = await fetched(kind, path, body);
  return (await response.json()) as T;
}

async function fetched(kind: string, path: string, body?: unknown): Promise<Response> {
  give_up(kind);
  const control = new AbortController();
  pending.set(kind, control);
  const response = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { "X-Token": token, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: control.signal,
  });
  if (!response.ok) {
    const told = (await response.json().catch(() => ({}))) as { errors?: Fault[] };
    throw new Refused(told.errors ?? [{ message: `The server answered ${response.status}.` }], response.status);
  }
  return response;
}

/** Lines of JSON as they come. */
export async function stream<T>(kind: string, path: string, body: unknown, each: (line: T) => void): Promise<void> {
  const response = await fetched(kind, path, body);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) each(JSON.parse(line) as T);
  }
}

/** Whether an error only says that nobody waits for the answer any more. */
export const stale = (error: unknown): boolean =>
  (error instanceof DOMException && error.name === "AbortError") || (error instanceof Refused && error.status === 409);

type Raw = Record<string, unknown>;

/** Numbers as the server packs them; what is none is null. */
export const series = (text: string): (number | null)[] => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return Array.from(new Float32Array(bytes.buffer), (v) => (Number.isFinite(v) ? v : null));
};

export const unpacked = (raw: Answer): Answer => ({
  ...raw,
  curves: raw.curves.map((curve) => ({ ...curve, values: series(curve.values as unknown as string) })),
  map: {
    ...raw.map,
    places: raw.map.places.map((place) => ({
      ...place,
      cells: place.cells && series(place.cells as unknown as string),
      microbes: place.microbes && series(place.microbes as unknown as string),
    })),
  },
});

export const run = (kind: string, body: Raw): Promise<Answer> => ask<Answer>(kind, "/api/run", body).then(unpacked);

export const unpacked_bands = (raw: Bands): Bands => ({
  ...raw,
  curves: Object.fromEntries(Object.entries(raw.curves).map(([id, bands]) => [id, bands.map((band) => series(band as unknown as string))])),
});
