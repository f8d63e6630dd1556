// What the server sends, and what the page holds.

export interface Point { x: number; y: number; lo: number | null; hi: number | null; cite: string }

export interface Curve {
  id: string;
  name: string;
  unit: string;
  panel: string;
  log: boolean;
  microbes: boolean;
  values: (number | null)[];
  healthy: [number | null, number | null] | null;
  limit: number | null;
  lo: number;
  hi: number;
  points: Point[];
}

export interface Place {
  id: string;
  name: string;
  x: number;
  y: number;
  side: number;
  top: number;
  lines: string[];
  elbow: number;
  quiet: boolean;
  rest: number;
  cells: (number | null)[] | null;
  microbes: (number | null)[] | null;
}

export interface BodyMap {
  width: number;
  height: number;
  outline: string;
  shift: [number, number, number];
  levels: number[];
  level_labels: string[];
  rings: number[];
  ring_labels: string[];
  unit: string;
  places: Place[];
}

export interface Clock { unit: string; per_day: number; hours_until: number }

export interface Answer {
  id: string;
  sketch: boolean;
  title: string;
  outcome: string;
  headline: string;
  story: { day: number; text: string; curve: string }[];
  days: number;
  stopped: number | null;
  clock: Clock;
  host: Record<string, string>;
  done: Record<string, string[]>;
  warnings: string[];
  times: number[];
  curves: Curve[];
  map: BodyMap;
  moment: number;
  seconds: Record<string, number>;
}

export type Given = Record<string, unknown>;

export interface Named { id: string; name: string; story: string; as?: Given }

export interface Catalogue {
  first: string;
  scenarios: { id: string; title: string; story: string; group: string }[];
  deficiencies: Named[];
  therapies: Named[];
  threats: Named[];
}

export interface Setup {
  id: string;
  title: string;
  story: string;
  days: number;
  host: { age?: string; weight?: string; sex?: string; given: Given };
  bounds: Record<string, [string, string]>;
  deficiencies: string[];
  history: unknown[];
  histories: { label: string; item: unknown }[];
  exposures: Given[];
  therapies: Given[];
  show: string[];
  readouts: { id: string; name: string; panel: string }[];
  names: Record<string, string>;
}

/** Everything a link holds. */
export interface State {
  scenario: string;
  text?: string;
  age?: string;
  weight?: string;
  sex?: string;
  deficiencies?: string[];
  history?: unknown[];
  exposures?: Given[];
  therapies?: Given[];
  days?: number;
  other?: Record<string, unknown>;
  chance?: boolean;
  seed?: number;
  readouts?: string[];
  linear?: string[];
  day?: number;
  place?: string;
  lesson?: string;
  step?: number;
  level?: Level;
}

export type Level = "pupil" | "relative" | "student";
export type Words = Record<Level, string>;

export interface Setting { scenario: string; host: Record<string, unknown>; changes: Record<string, unknown> }

export interface Step {
  title: string;
  set: Setting;
  beside?: Setting;
  say: Words;
  look: { readouts: string[]; day: number; place?: string };
  ask: Words;
  answer: Words;
  try: string;
}

export interface Lesson { id: string; title: string; about: Words; steps: Step[] }

export interface Fault { code?: string; message: string; place?: string; line?: number; suggestion?: string; mend?: string }

export interface WhyLine { level: number; text: string; rule: string; share: number }
export interface Why { readout: string; day: number; head: string; lines: WhyLine[] }

export interface Inhabitant { id: string; name: string; unit: string; rest: string; now: string; ratio: number | null }
export interface Inside {
  place: string;
  name: string;
  day: number;
  when: string;
  who: Inhabitant[];
  flows: { rule: string; text: string; now: string; before: string }[];
}

export interface Bands { hosts: number; outcomes: Record<string, number>; times: number[]; curves: Record<string, (number | null)[][]> }
