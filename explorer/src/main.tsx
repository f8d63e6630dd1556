// The page: one state, kept in the link; every change is run again, and the last answer stays as a ghost.
import { render } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { Refused, ask, give_up, page, run, stale, stream, token, unpacked_bands } from "./api";
import { Body, Legend } from "./bodymap";
import { Chart } from "./chart";
import { Controls } from "./controls";
import { stamp } from "./format";
import { LessonList, LessonPanel } from "./lessons";
import { type Opened, Panel } from "./panel";
import { save_picture } from "./picture";
import { absorbed, asked, decode, encode, from_setting } from "./state";
import type { Answer, Bands, Catalogue, Fault, Lesson, Level, Place, Setup, State } from "./types";

const GESTURE = 1500; // ms: changes closer than this are one movement of the hand, whose start is the ghost
const PATIENT = 600; // ms: a sketch that takes longer is given up for the next one
const HOSTS = 48;

function App() {
  const [known, set_known] = useState<Catalogue | null>(null);
  const [lessons, set_lessons] = useState<Lesson[]>([]);
  const [state, set_state] = useState<State | null>(null);
  const [setup, set_setup] = useState<Setup | null>(null);
  const [answer, set_answer] = useState<Answer | null>(null);
  const [ghost, set_ghost] = useState<Answer | null>(null);
  const [held, set_held] = useState(false);
  const [bands, set_bands] = useState<Bands | null>(null);
  const [index, set_index] = useState(0);
  const [opened, set_opened] = useState<Opened | null>(null);
  const [faults, set_faults] = useState<Fault[]>([]);
  const [busy, set_busy] = useState(false);
  const [note, set_note] = useState("");
  const [slow, set_slow] = useState(false);
  const changed = useRef(-Infinity);
  const shown = useRef<Answer | null>(null);
  const lucky = useRef("");
  const ghost_state = useRef<State | null>(null);
  const state_shown = useRef<State | null>(null);
  const shown_story = useRef<Answer["story"]>([]);
  const now_row = useRef(0);
  const under_way = useRef<{ of: string; since: number } | null>(null);
  const next = useRef<(() => void) | null>(null);
  const beside = useRef(false); // the ghost is one that a lesson sets, there or on its way
  const linked = useRef<string | undefined>(undefined);
  now_row.current = index;

  const told = (error: unknown) => {
    if (!stale(error)) set_faults(error instanceof Refused ? error.faults : [{ message: "The server does not answer. Is 'immunity explore' still running?" }]);
  };

  useEffect(() => {
    ask<Catalogue>("catalogue", "/api/catalogue").then((found) => {
      set_known(found);
      const said = decode(location.hash.replace(/^#s=/, ""));
      linked.current = said?.place;
      set_state(said ?? { scenario: found.first });
    }, told);
    ask<Lesson[]>("lessons", "/api/lessons").then(set_lessons, told);
    const followed = () => {
      const found = decode(location.hash.replace(/^#s=/, ""));
      if (found) set_state(found);
      linked.current = found?.place;
    };
    addEventListener("hashchange", followed);
    return () => removeEventListener("hashchange", followed);
  }, []);

  useEffect(() => {
    if (!state) return;
    let gone = false;
    ask<Setup>("setup", "/api/setup", { scenario: state.scenario, text: state.text }).then((found) => !gone && set_setup(found), told);
    return () => { gone = true; };
  }, [state?.scenario, state?.text]);

  // every change is run again, first as a sketch, then as it is; the link follows
  const question = state && setup?.id !== undefined && known ? JSON.stringify(asked(state, setup)) : "";
  const fits = state !== null && setup !== null && (state.text !== undefined || setup.id === state.scenario);
  useEffect(() => {
    if (!state || !fits || !question) return;
    const began = performance.now();
    const wanted = JSON.parse(question) as Record<string, unknown>;
    set_busy(true);
    const failed = (error: unknown) => {
      if (!stale(error)) set_busy(false);
      told(error);
    };
    const show = (found: Answer) => {
      set_faults([]);
      take(found, state, began);
      const key = found.sketch ? "sketch" : "ms";
      painted(() => { document.documentElement.dataset[key] = String(Math.round(performance.now() - began)); });
    };
    const exactly = () => run("run", wanted).then((found) => {
      set_busy(false);
      show(found);
      document.documentElement.dataset.run = found.id;
    }, failed);
    // a hand moves faster than answers come: a sketch that is on its way is drawn before the newest one is asked for
    const roughly = () => {
      const mine = { of: `${state.scenario} ${state.text ?? ""}`, since: performance.now() };
      under_way.current = mine;
      next.current = null;
      const ended = (then: () => unknown) => {
        if (under_way.current !== mine) return;
        under_way.current = null;
        if (next.current) next.current();
        else return then();
      };
      run("run", { ...wanted, sketch: true }).then((found) => {
        if (under_way.current === mine) show(found);
        return ended(exactly);
      }, (error) => ended(() => failed(error)));
    };
    const now = under_way.current;
    if (shown.current === null || state.chance) {
      under_way.current = next.current = null;
      void exactly();
    } else if (now && now.of === `${state.scenario} ${state.text ?? ""}` && performance.now() - now.since < PATIENT) next.current = roughly;
    else roughly();
  }, [question, fits]);

  /** Draw an answer; the one before it becomes the ghost if a new movement of the hand has begun. */
  const take = (found: Answer, from: State, began: number) => {
    const another = shown.current !== null && state_shown.current?.scenario === from.scenario;
    const luck = `${from.chance ?? false} ${from.seed ?? 0}`;
    const fixed = held || beside.current;
    if (another && !fixed && shown.current && state_shown.current !== from && began - changed.current > GESTURE && luck === lucky.current) {
      set_ghost(shown.current);
      ghost_state.current = state_shown.current;
    }
    if (!another && !fixed) {
      set_ghost(null);
      ghost_state.current = null;
    }
    if (luck !== lucky.current && ghost_state.current && lucky.current) {
      const again = { ...ghost_state.current, chance: from.chance, seed: from.seed, readouts: from.readouts };
      run("ghost", { ...asked(again, null), page: `${page} ghost` }).then(set_ghost, told);
    }
    if (state_shown.current !== from) changed.current = another ? began : -Infinity; // what is new is no movement of the hand
    lucky.current = luck;
    const day = from.day ?? (another && shown.current ? shown.current.times[now_row.current] : undefined);
    set_index(day === undefined ? found.moment : row_of(found, day));
    shown.current = found;
    state_shown.current = from;
    set_answer(found.sketch && another ? { ...found, story: shown_story.current } : found);
    if (!found.sketch) shown_story.current = found.story;
  };

  // a link may have a place open, which has a name once there is an answer
  useEffect(() => {
    const wanted = linked.current;
    const place = wanted && answer?.map.places.find((each) => each.id === wanted);
    if (place) set_opened({ kind: "place", id: place.id, name: place.name });
    if (answer) linked.current = undefined;
  }, [answer]);

  useEffect(() => {
    set_slow(false);
    if (!busy) return;
    const wait = setTimeout(() => set_slow(true), 4000);
    return () => clearTimeout(wait);
  }, [busy, question]);

  useEffect(() => {
    if (!state) return;
    const wait = setTimeout(() => history.replaceState(null, "", `#s=${encode(whole(state))}`), 250);
    return () => clearTimeout(wait);
  }, [state, index, opened]);

  /** What a link holds: the state, the day, and the place that is open. */
  const whole = (from: State): State => ({ ...from, day: answer?.times[index], place: opened?.kind === "place" ? opened.id : undefined });

  const change = useCallback((part: Partial<State>) => {
    set_bands(null);
    give_up("cohort");
    set_state((now) => (now ? { ...now, day: undefined, ...part } : now));
  }, []);
  const choose = (scenario: string) => {
    set_opened(null);
    beside.current = false;
    set_state((now) => ({ scenario, level: now?.level, readouts: undefined }));
  };
  const lesson = lessons.find((each) => each.id === state?.lesson);
  const to_step = useCallback((which: Lesson, step: number, level?: Level) => {
    const here = which.steps[step];
    if (!here) return;
    set_opened(null);
    set_held(false);
    set_ghost(null);
    ghost_state.current = null;
    shown.current = null;
    beside.current = here.beside !== undefined && here.beside !== null;
    set_state((now) => ({ ...from_setting(here.set), lesson: which.id, step, level: level ?? now?.level, readouts: here.look.readouts, day: here.look.day }));
    if (here.beside) {
      const other = from_setting(here.beside);
      ghost_state.current = other;
      run("ghost", { ...asked({ ...other, readouts: here.look.readouts }, null), page: `${page} ghost` }).then((found) => { set_ghost(found); set_held(true); }, told);
    } else give_up("ghost");
  }, []);

  const many = () => {
    if (!state || !setup) return;
    set_bands(null);
    stream<Bands & { errors?: Fault[] }>("cohort", `/api/cohort?hosts=${HOSTS}`, { ...asked(state, setup), readouts: answer?.curves.map((curve) => curve.id) }, (line) =>
      line.errors ? set_faults(line.errors) : set_bands(unpacked_bands(line))).catch(told);
  };

  const level = state?.level ?? "pupil";
  if (!known || !state) return <main class="wait"><p role="status">{faults.length ? faults[0]?.message : "Starting …"}</p></main>;
  const now = answer?.times[index] ?? 0;
  return (
    <>
      <a class="skip" href="#curves">Skip to the curves</a>
      <header class="top">
        <h1>immunity <span>explore</span></h1>
        <ScenarioChoice known={known} state={state} choose={choose} />
        <Menu answer={answer} ghost={ghost} state={whole(state)} change={change} note={set_note} />
      </header>
      <main>
        {!lesson && lessons.length > 0 && (
          <details class="offer">
            <summary>Lessons: {lessons.length} walks through an immune system</summary>
            <LessonList lessons={lessons} level={level} begin={(each) => to_step(each, 0)} />
          </details>
        )}
        {lesson && (
          <LessonPanel lesson={lesson} step={state.step ?? 0} level={level} go={(step) => to_step(lesson, step)}
            set_level={(to) => set_state({ ...state, level: to })} again={() => to_step(lesson, state.step ?? 0)}
            leave={() => { beside.current = false; set_state({ ...state, lesson: undefined, step: undefined }); }} />
        )}
        <Faults faults={faults} />
        <p class="hide" role="status">{note}</p>
        <div class="columns">
          {answer && (
            <section class="happened" aria-live="polite" aria-busy={busy}>
              <h2>{answer.title}</h2>
              <p class="headline">{answer.headline}{answer.sketch && <span class="soft"> (sketch)</span>}</p>
              {ghost && <p class="was">Before: {ghost.headline} <button type="button" class="link" aria-pressed={held} onClick={() => { beside.current = false; set_held(!held); }}>{held ? "Let the ghost follow" : "Hold this ghost"}</button></p>}
              {slow && <p class="soft">Still running. What is new to this machine, such as chance, is compiled once.</p>}
              {answer.warnings.map((text) => <p class="soft">{text}</p>)}
            </section>
          )}
          <form class="controls" aria-label="What to change" onSubmit={(event) => event.preventDefault()}>
            {setup && <Controls state={absorbed(state, setup)} setup={setup} known={known} change={change} />}
            <Own state={state} answer={answer} change={(text) => set_state({ scenario: state.scenario, level, text })} />
          </form>
          <div class="seen">
            {answer ? (
              <>
                <section id="curves" class="curves" aria-label="Curves">
                  {answer.curves.map((curve) => (
                    <Chart key={curve.id} curve={curve} answer={answer} ghost={ghost} bands={bands} index={index} linear={state.linear?.includes(curve.id) ?? false}
                      pinned={state.readouts?.includes(curve.id) ?? false} move={set_index}
                      turn={() => set_state({ ...state, linear: toggled(state.linear ?? [], curve.id) })}
                      pin={() => set_state({ ...state, readouts: toggled(state.readouts ?? answer.curves.map((each) => each.id), curve.id), day: now })}
                      why={() => set_opened({ kind: "why", id: curve.id, name: curve.name })} />
                  ))}
                </section>
                <div class="more">
                  {setup && <MoreCurves setup={setup} answer={answer} add={(id) => set_state({ ...state, readouts: [...answer.curves.map((curve) => curve.id), id], day: now })} />}
                  <button type="button" onClick={many}>{bands ? `${bands.hosts} people: ${words(bands.outcomes)}` : `${HOSTS} people who differ`}</button>
                </div>
                <Story answer={answer} go={(day) => set_index(row_of(answer, day))} />
              </>
            ) : <p class="soft wait" role="status">{faults.length ? "" : "The simulation is being prepared. The first time on a machine takes half a minute."}</p>}
          </div>
          {answer && (
            <aside class="side" aria-label="The body">
              <p class="when"><output>{stamp(now, answer.clock)}</output></p>
              <Body map={answer.map} index={index} chosen={opened?.kind === "place" ? opened.id : undefined}
                choose={(place: Place) => set_opened({ kind: "place", id: place.id, name: place.name })} />
              <Legend map={answer.map} />
              {opened && <Panel opened={opened} answer={answer} day={now} close={() => set_opened(null)} />}
            </aside>
          )}
        </div>
      </main>
      {answer && <TimeBar answer={answer} index={index} move={set_index} busy={busy} />}
      <footer><p>For research and teaching. Not medical advice. Runs on this machine alone.</p></footer>
    </>
  );
}

const words = (outcomes: Record<string, number>): string =>
  Object.entries(outcomes).sort((a, b) => b[1] - a[1]).map(([what, count]) => `${count} ${what.replace(/_/g, " ")}`).join(", ");

/** Once what has changed is on the screen. */
const painted = (then: () => void) => requestAnimationFrame(() => setTimeout(then));

const toggled = (list: string[], id: string): string[] => (list.includes(id) ? list.filter((each) => each !== id) : [...list, id]);

const row_of = (answer: Answer, day: number): number => {
  const found = answer.times.findIndex((t) => t >= day - 1e-9);
  return found < 0 ? answer.times.length - 1 : found;
};

function ScenarioChoice({ known, state, choose }: { known: Catalogue; state: State; choose: (id: string) => void }) {
  const groups = useMemo(() => {
    const found = new Map<string, Catalogue["scenarios"]>();
    for (const each of known.scenarios) found.set(each.group, [...(found.get(each.group) ?? []), each]);
    return [...found].sort((a, b) => (a[0] === "Others" ? 1 : b[0] === "Others" ? -1 : a[0].localeCompare(b[0])));
  }, [known]);
  return (
    <label class="scenario">
      <span>Scenario</span>
      <select value={state.scenario} onChange={(event) => choose(event.currentTarget.value)}>
        {groups.map(([group, members]) => (
          <optgroup label={group}>{members.map((each) => <option value={each.id}>{each.title}</option>)}</optgroup>
        ))}
      </select>
    </label>
  );
}

function Menu({ answer, ghost, state, change, note }: { answer: Answer | null; ghost: Answer | null; state: State; change: (part: Partial<State>) => void; note: (text: string) => void }) {
  const link = () => {
    const address = `${location.origin}/?token=${token}#s=${encode(state)}`;
    navigator.clipboard?.writeText(address).then(() => note("The link is copied."), () => note("The link is in the address bar."));
  };
  const file = (what: string) => `/api/runs/${answer?.id ?? "0"}/export/${what}?token=${token}`;
  return (
    <div class="menu">
      <button type="button" onClick={() => change({ age: undefined, weight: undefined, sex: undefined, deficiencies: undefined, history: undefined, exposures: undefined, therapies: undefined, days: undefined, other: undefined })}>Start over</button>
      <button type="button" onClick={link}>Copy link</button>
      {answer && (
        <details class="drop">
          <summary>Take away</summary>
          <ul>
            <li><a href={file("scenario")} download>Scenario (YAML)</a></li>
            <li><a href={file("python")} download>Python</a></li>
            <li><a href={file("csv")} download>Table (CSV)</a></li>
            <li><a href={file("report")} download>Report (HTML)</a></li>
            <li><button type="button" class="link" onClick={() => void save_picture(answer, ghost, "svg")}>Picture (SVG)</button></li>
            <li><button type="button" class="link" onClick={() => void save_picture(answer, ghost, "png")}>Picture (PNG)</button></li>
          </ul>
        </details>
      )}
    </div>
  );
}

function Own({ state, answer, change }: { state: State; answer: Answer | null; change: (text: string | undefined) => void }) {
  const [text, set_text] = useState(state.text ?? "");
  const start = async () => {
    if (!answer || text) return;
    const found = await fetch(`/api/runs/${answer.id}/export/scenario`, { headers: { "X-Token": token } });
    if (found.ok) set_text(await found.text());
  };
  return (
    <details class="own" onToggle={(event) => (event.currentTarget as HTMLDetailsElement).open && void start()}>
      <summary>Write a scenario</summary>
      <label><span>As in a file</span><textarea rows={12} spellcheck={false} value={text} onInput={(event) => set_text(event.currentTarget.value)} /></label>
      <button type="button" class="small" onClick={() => change(text)}>Run this</button>
      {state.text !== undefined && <button type="button" class="small" onClick={() => change(undefined)}>Back to the built-in one</button>}
    </details>
  );
}

function Faults({ faults }: { faults: Fault[] }) {
  if (!faults.length) return null;
  return (
    <div class="faults" role="alert">
      {faults.map((fault) => (
        <div>
          <p><b>{fault.code} {fault.message}</b>{fault.suggestion ? ` Did you mean '${fault.suggestion}'?` : ""}</p>
          {fault.place && <p class="soft">{fault.place}</p>}
          {fault.mend && <p>To mend it: {fault.mend}</p>}
        </div>
      ))}
    </div>
  );
}

function Story({ answer, go }: { answer: Answer; go: (day: number) => void }) {
  return (
    <section class="story" aria-labelledby="story-title">
      <h2 id="story-title">What happened</h2>
      <ol>
        {answer.story.map((beat) => (
          <li><button type="button" class="link" onClick={() => go(beat.day)}>{stamp(beat.day, answer.clock)}</button><p>{beat.text}</p></li>
        ))}
      </ol>
    </section>
  );
}

function MoreCurves({ setup, answer, add }: { setup: Setup; answer: Answer; add: (id: string) => void }) {
  const there = new Set(answer.curves.map((curve) => curve.id));
  const panels = [...new Set(setup.readouts.map((each) => each.panel))];
  return (
    <label class="add">
      <span>Another curve</span>
      <select value="" onChange={(event) => { const id = event.currentTarget.value; event.currentTarget.value = ""; if (id) add(id); }}>
        <option value="">choose …</option>
        {panels.map((panel) => (
          <optgroup label={panel}>{setup.readouts.filter((each) => each.panel === panel && !there.has(each.id)).map((each) => <option value={each.id}>{each.name}</option>)}</optgroup>
        ))}
      </select>
    </label>
  );
}

const PACES: [string, number][] = [["½", 0.5], ["1", 1], ["2", 2], ["4", 4]];

function TimeBar({ answer, index, move, busy }: { answer: Answer; index: number; move: (to: number | ((now: number) => number)) => void; busy: boolean }) {
  const [playing, set_playing] = useState(false);
  const [pace, set_pace] = useState(1);
  const last = answer.times.length - 1;
  const calm = useMemo(() => matchMedia("(prefers-reduced-motion: reduce)").matches, []);
  useEffect(() => {
    if (!playing) return;
    const every = calm ? 700 : 60;
    const by = Math.max(1, Math.round((last / (calm ? 16 : 240)) * pace));
    const timer = setInterval(() => move((now) => {
      if (now + by >= last) set_playing(false);
      return Math.min(now + by, last);
    }), every);
    return () => clearInterval(timer);
  }, [playing, pace, last]);
  const toggle = () => {
    if (!playing && index >= last) move(0);
    set_playing(!playing);
  };
  return (
    <div class="timebar" role="region" aria-label="Time">
      <button type="button" class="play" onClick={toggle} aria-label={playing ? "Pause" : "Play"}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d={playing ? "M6 5h4v14H6zM14 5h4v14h-4z" : "M8 5v14l11-7z"} /></svg>
      </button>
      <input type="range" min={0} max={last} step={1} value={index} aria-label="Moment" aria-valuetext={stamp(answer.times[index] ?? 0, answer.clock)}
        onInput={(event) => { set_playing(false); move(Number(event.currentTarget.value)); }} />
      <output>{stamp(answer.times[index] ?? 0, answer.clock)}</output>
      <label class="pace"><span>Speed</span>
        <select aria-label="Speed" value={String(pace)} onChange={(event) => set_pace(Number(event.currentTarget.value))}>
          {PACES.map(([label, value]) => <option value={String(value)}>{label}×</option>)}
        </select>
      </label>
      <span class={`busy${busy ? " on" : ""}`} aria-hidden="true" />
    </div>
  );
}

const root = document.getElementById("app");
if (root) render(<App />, root);
