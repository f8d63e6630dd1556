// Who it is, what is met, what is given: sliders and switches derived from the scenario itself.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { number, plain, quantity } from "./format";
import { same } from "./state";
import type { Catalogue, Given, Setup, State } from "./types";

export interface ControlProps { state: State; setup: Setup; known: Catalogue; change: (part: Partial<State>) => void }

const AGES = ["0 y", "1 month", "2 month", "3 month", "6 month", "9 month", "1 y", "18 month", "2 y", "3 y", "4 y", "5 y", "6 y", "7 y", "8 y", "10 y", "12 y", "14 y", "16 y", "18 y",
  ...Array.from({ length: 16 }, (_, k) => `${20 + 5 * k} y`)];

const years = (text: string | undefined): number => {
  const found = quantity(text);
  if (!found) return 35;
  const per: Record<string, number> = { y: 1, year: 1, years: 1, month: 1 / 12, months: 1 / 12, week: 7 / 365.25, d: 1 / 365.25, day: 1 / 365.25 };
  return found.value * (per[found.unit] ?? 1);
};

const age_words = (text: string): string => {
  if (text === "0 y") return "newborn";
  const found = quantity(text);
  return found ? `${number(found.value)} ${found.unit === "y" ? "years" : found.unit === "month" ? "months" : found.unit}` : text;
};

const nearest = (values: number[], wanted: number): number =>
  values.reduce((best, v, i) => (Math.abs(v - wanted) < Math.abs((values[best] ?? 0) - wanted) ? i : best), 0);

export function Slider(props: { label: string; min: number; max: number; step: number; value: number; text: string; change: (value: number) => void }) {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{props.label}</label>
      <output for={id}>{props.text}</output>
      <input id={id} type="range" min={props.min} max={props.max} step={props.step} value={props.value} aria-valuetext={props.text}
        onInput={(event) => props.change(Number(event.currentTarget.value))} />
    </div>
  );
}

function Switch(props: { label: ComponentChildren; on: boolean; change: (on: boolean) => void; title?: string }) {
  return (
    <label class="switch" title={props.title}>
      <input type="checkbox" checked={props.on} onChange={(event) => props.change(event.currentTarget.checked)} />
      <span>{props.label}</span>
    </label>
  );
}

export function Controls(props: ControlProps) {
  return (
    <>
      <Host {...props} />
      <Met {...props} />
      <Treated {...props} />
      <Luck {...props} />
    </>
  );
}

function Host({ state, setup, known, change }: ControlProps) {
  const ages = AGES.map(years);
  const age = state.age ?? setup.host.age;
  const sex = state.sex ?? setup.host.sex;
  const chosen = state.deficiencies ?? setup.deficiencies;
  const history = state.history ?? setup.history;
  const histories = [...setup.history.filter((item) => !setup.histories.some((each) => same(each.item, item))).map((item) => ({ label: `As in the scenario: ${told(item, setup)}`, item })), ...setup.histories];
  return (
    <fieldset>
      <legend>Who</legend>
      {setup.host.age !== undefined && (
        <Slider label="Age" min={0} max={AGES.length - 1} step={1} value={nearest(ages, years(age))} text={age_words(age ?? "")}
          change={(k) => change({ age: AGES[k] })} />
      )}
      {setup.host.weight !== undefined && (
        <>
          <Slider label="Weight" min={2} max={160} step={1} value={Math.round(quantity(state.weight ?? setup.host.weight)?.value ?? 70)}
            text={state.weight === undefined && setup.host.given.weight === undefined ? "usual for the age" : `${number(quantity(state.weight ?? setup.host.weight)?.value)} kg`}
            change={(kg) => change({ weight: `${kg} kg` })} />
          {state.weight !== undefined && <button type="button" class="small" onClick={() => change({ weight: undefined })}>Usual weight again</button>}
        </>
      )}
      {setup.host.sex !== undefined && (
        <div class="choice" role="radiogroup" aria-label="Sex">
          {["female", "male"].map((each) => (
            <label><input type="radio" name="sex" checked={sex === each} onChange={() => change({ sex: each })} /><span>{each}</span></label>
          ))}
        </div>
      )}
      <details open={chosen.length > 0}>
        <summary>What is missing{chosen.length ? ` (${chosen.length})` : ""}</summary>
        <div class="list" tabIndex={0} role="group" aria-label="Deficiencies">
          {known.deficiencies.map((each) => (
            <Switch key={each.id} label={each.name} title={each.story} on={chosen.includes(each.id)}
              change={(on) => change({ deficiencies: on ? [...chosen, each.id] : chosen.filter((id) => id !== each.id) })} />
          ))}
        </div>
      </details>
      {histories.length > 0 && (
        <details open={history.length > 0}>
          <summary>What was met before{history.length ? ` (${history.length})` : ""}</summary>
          <div role="group" aria-label="History">
            {histories.map((each) => (
              <Switch label={each.label} on={history.some((item) => same(item, each.item))}
                change={(on) => change({ history: on ? [...history, each.item] : history.filter((item) => !same(item, each.item)) })} />
            ))}
          </div>
        </details>
      )}
    </fieldset>
  );
}

const told = (item: unknown, setup: Setup): string => {
  if (typeof item === "string") return item.replace(/_/g, " ");
  const given = item as { before?: string; age?: string; scenario?: string; exposures?: Given[]; therapies?: Given[] };
  const what = [...(given.exposures ?? []).map((e) => String(e.threat)), ...(given.therapies ?? []).map((t) => String(t.therapy))];
  const names = what.map((id) => setup.names[id] ?? id.replace(/_/g, " "));
  return `${names.join(", ") || given.scenario || "an event"} ${given.before ? `${given.before} before` : `at ${given.age ?? ""}`}`;
};

function Met({ state, setup, known, change }: ControlProps) {
  const list = state.exposures ?? setup.exposures;
  const all = merged(setup.exposures, list, "threat");
  const put = (next: (Given | null)[]) => change({ exposures: next.filter((each) => each !== null) });
  return (
    <fieldset>
      <legend>What is met</legend>
      {all.length === 0 && <p class="soft">Nothing from outside.</p>}
      {all.map(({ given, first, on }, k) => (
        <div class="given">
          <Switch on={on} label={name(String(given.threat), setup, known)} change={(to) => put(all.map((each, j) => (j === k ? (to ? given : null) : each.on ? each.given : null)))} />
          {on && <Dose given={given} first={first} span={4} step={0.5} change={(next) => put(all.map((each, j) => (!each.on ? null : j === k ? next : each.given)))} />}
        </div>
      ))}
      <Add label="Meet something else" from={known.threats} pick={(each) => put([...list, { ...each.as }])} />
    </fieldset>
  );
}

function Treated({ state, setup, known, change }: ControlProps) {
  const list = state.therapies ?? setup.therapies;
  const all = merged(setup.therapies, list, "therapy");
  const put = (next: (Given | null)[]) => change({ therapies: next.filter((each) => each !== null) });
  const days = state.days ?? setup.days;
  return (
    <fieldset>
      <legend>Treatment</legend>
      {all.map(({ given, first, on }, k) => {
        const with_ = (next: Given) => put(all.map((each, j) => (!each.on ? null : j === k ? next : each.given)));
        const key = given.from !== undefined ? "from" : "at";
        const day = in_days(given[key] ?? "0 d");
        return (
          <div class="given">
            <Switch on={on} label={name(String(given.therapy), setup, known)} change={(to) => put(all.map((each, j) => (j === k ? (to ? given : null) : each.on ? each.given : null)))} />
            {on && given.dose !== undefined && <Dose given={given} first={first} span={1} step={0.1} change={with_} />}
            {on && day !== null && given.when === undefined && (
              <Slider label="Begins on day" min={0} max={Math.min(Math.max(Math.ceil(days) - 1, 1), 60)} step={days > 60 ? 1 : 0.25} value={day} text={number(day)}
                change={(to) => with_(moved(given, key, day, to))} />
            )}
          </div>
        );
      })}
      {all.length === 0 && <p class="soft">None.</p>}
      <Add label="Give something" from={known.therapies} pick={(each) => put([...list, started(each.as ?? {}, Math.min(1, days / 2))])} />
    </fieldset>
  );
}

function Luck({ state, setup, change }: ControlProps) {
  const long = state.days ?? setup.days;
  return (
    <fieldset>
      <legend>Time and chance</legend>
      <Slider label="Days" min={1} max={Math.max(Math.round(setup.days * 2), 10)} step={1} value={long} text={number(long)} change={(days) => change({ days })} />
      <Switch label="Let chance play" on={state.chance ?? false} change={(chance) => change({ chance })} />
      {state.chance && (
        <button type="button" class="small" onClick={() => change({ seed: ((state.seed ?? 0) + 1) % 1000 })}>Other luck (now {state.seed ?? 0})</button>
      )}
    </fieldset>
  );
}

function Dose({ given, first, span, step, change }: { given: Given; first: Given; span: number; step: number; change: (next: Given) => void }) {
  const key = given.dose !== undefined ? "dose" : "";
  const [now, start] = [quantity(given.dose), quantity(first.dose)];
  if (!key || !now || !start || start.value <= 0) return null;
  const middle = Math.log10(start.value);
  return (
    <Slider label="Dose" min={-span} max={span} step={step} value={Math.log10(now.value) - middle} text={`${number(now.value)} ${now.unit}`}
      change={(off) => change({ ...given, dose: `${plain(10 ** (middle + off))} ${now.unit}` })} />
  );
}

function Add({ label, from, pick }: { label: string; from: { id: string; name: string; as?: Given }[]; pick: (each: { as?: Given }) => void }) {
  return (
    <label class="add">
      <span>{label}</span>
      <select value="" onChange={(event) => {
        const found = from.find((each) => each.id === event.currentTarget.value);
        event.currentTarget.value = "";
        if (found) pick(found);
      }}>
        <option value="">choose …</option>
        {from.map((each) => <option value={each.id}>{each.name}</option>)}
      </select>
    </label>
  );
}

const name = (id: string, setup: Setup, known: Catalogue): string =>
  [...known.threats, ...known.therapies].find((each) => each.id === id)?.name ?? setup.names[id] ?? id.replace(/_/g, " ");

/** What the scenario has and what was added; what was switched off stays, to be switched on again. */
function merged(first: Given[], now: Given[], key: string): { given: Given; first: Given; on: boolean }[] {
  const left = [...now];
  const rows = first.map((each) => {
    const k = left.findIndex((other) => other[key] === each[key]);
    const found = k < 0 ? undefined : left.splice(k, 1)[0];
    return { given: found ?? each, first: each, on: found !== undefined };
  });
  return [...rows, ...left.map((each) => ({ given: each, first: each, on: true }))];
}

const PER: Record<string, number> = { d: 1, day: 1, days: 1, h: 1 / 24, hour: 1 / 24, min: 1 / 1440, week: 7, y: 365.25 };

const in_days = (text: unknown): number | null => {
  const found = quantity(text);
  const per = found ? PER[found.unit] : undefined;
  return found && per !== undefined ? found.value * per : null;
};

/** A course that begins on another day, as long as it was. */
function moved(given: Given, key: string, was: number, to: number): Given {
  const next: Given = { ...given, [key]: `${plain(to)} d` };
  const until = in_days(given.until);
  return until === null ? next : { ...next, until: `${plain(until + to - was)} d` };
}

function started(given: Given, day: number): Given {
  const key = given.from !== undefined ? "from" : "at";
  return moved({ ...given, [key]: given[key] ?? "0 d" }, key, in_days(given[key] ?? "0 d") ?? 0, day);
}
