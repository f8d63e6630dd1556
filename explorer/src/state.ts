// The state of the page: kept in the link, turned into a question.
import { page } from "./api";
import type { Given, Setting, Setup, State } from "./types";

const letters = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export const encode = (state: State): string =>
  letters(JSON.stringify(state)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const word = (v: unknown): boolean => typeof v === "string";
const count = (v: unknown): boolean => typeof v === "number" && Number.isFinite(v);
const all = (of: (v: unknown) => boolean) => (v: unknown): boolean => Array.isArray(v) && v.every(of);
const record = (v: unknown): boolean => typeof v === "object" && v !== null && !Array.isArray(v);

/** What each part of a link must be; a link comes from anybody, and what is something else is left out. */
const PARTS: Record<keyof State, (v: unknown) => boolean> = {
  scenario: word, text: word, age: word, weight: word, sex: word, deficiencies: all(word), history: all((v) => word(v) || record(v)),
  exposures: all(record), therapies: all(record), days: count, other: record, chance: (v) => typeof v === "boolean", seed: count,
  readouts: all(word), linear: all(word), day: count, place: word, lesson: word, step: count,
  level: (v) => v === "pupil" || v === "relative" || v === "student",
};

export const decode = (text: string): State | null => {
  try {
    const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    const found: unknown = JSON.parse(new TextDecoder().decode(Uint8Array.from(raw, (c) => c.charCodeAt(0))));
    if (!record(found) || !word((found as State).scenario)) return null;
    const sound = Object.entries(found as State).filter(([key, value]) => Object.hasOwn(PARTS, key) && PARTS[key as keyof State](value));
    return Object.fromEntries(sound) as unknown as State;
  } catch {
    return null;
  }
};

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const HOST = ["age", "weight", "sex", "deficiencies", "history"] as const;

const PART = /^(exposures|therapies)\.(\d+)\.(\w+)$/;

/** The state with what is said of one exposure or therapy (`exposures.0.dose`) said in the list of them, where controls show it. */
export const absorbed = (state: State, setup: Setup): State => {
  const other: Record<string, unknown> = {}, lists: { exposures?: Given[]; therapies?: Given[] } = {};
  for (const [key, value] of Object.entries(state.other ?? {})) {
    const [, kind, place, part] = PART.exec(key) ?? [];
    if (!part || (kind !== "exposures" && kind !== "therapies") || !setup[kind][Number(place)]) other[key] = value;
    else if (!state[kind]) lists[kind] = (lists[kind] ?? setup[kind]).map((each, k) => (k === Number(place) ? { ...each, [part]: value } : each));
  }
  return { ...state, ...lists, other: Object.keys(other).length ? other : undefined };
};

export const asked = (given: State, setup: Setup | null): Record<string, unknown> => {
  const state = setup ? absorbed(given, setup) : given;
  const changes: Record<string, unknown> = { ...state.other };
  for (const key of HOST) if (state[key] !== undefined) changes[`host.${key}`] = state[key];
  if (state.exposures && !same(state.exposures, setup?.exposures)) changes.exposures = state.exposures;
  if (state.therapies && !same(state.therapies, setup?.therapies)) changes.therapies = state.therapies;
  return {
    scenario: state.scenario,
    ...(state.text === undefined ? {} : { text: state.text }),
    changes,
    ...(state.days === undefined ? {} : { days: state.days }),
    stochastic: state.chance ?? false,
    seed: state.seed ?? 0,
    readouts: state.readouts ?? [],
    page,
  };
};

/** What a lesson sets, as a state. */
export const from_setting = (set: Setting): Pick<State, "scenario"> & Partial<State> => {
  const made: State = { scenario: set.scenario };
  const other: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(set.host)) {
    if ((HOST as readonly string[]).includes(key)) Object.assign(made, { [key]: value });
    else other[`host.${key}`] = value;
  }
  for (const [key, value] of Object.entries(set.changes)) {
    if (key === "therapies" || key === "exposures") made[key] = value as Given[];
    else if (key === "days") made.days = Number(value);
    else other[key] = value;
  }
  return Object.keys(other).length ? { ...made, other } : made;
};
