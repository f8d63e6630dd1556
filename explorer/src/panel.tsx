// One step further in: why a curve rose, who is in an organ, what a rule says.
import { useEffect, useState } from "preact/hooks";
import { ask, stale } from "./api";
import { number, stamp } from "./format";
import type { Answer, Inside, Why } from "./types";

export interface Opened { kind: "why" | "place"; id: string; name: string }

interface Props { opened: Opened; answer: Answer; day: number; close: () => void }

export function Panel({ opened, answer, day, close }: Props) {
  const [why, set_why] = useState<Why | null>(null);
  const [inside, set_inside] = useState<Inside | null>(null);
  const [rule, set_rule] = useState<{ name: string; lines: string[] } | null>(null);
  const [fault, set_fault] = useState("");

  useEffect(() => set_rule(null), [opened.id, opened.kind]);
  useEffect(() => {
    set_fault("");
    if (answer.sketch) return;
    const wait = setTimeout(() => {
      const at = encodeURIComponent(String(day));
      const told = (error: unknown) => !stale(error) && set_fault(String((error as Error).message));
      if (opened.kind === "why")
        ask<Why>("why", `/api/runs/${answer.id}/why?readout=${encodeURIComponent(opened.id)}&day=${at}`).then(set_why, told);
      else ask<Inside>("place", `/api/runs/${answer.id}/place?place=${encodeURIComponent(opened.id)}&day=${at}`).then(set_inside, told);
    }, 160);
    return () => clearTimeout(wait);
  }, [opened.id, opened.kind, answer.id, day]);

  const explain = (name: string) =>
    ask<{ name: string; lines: string[] }>("explain", `/api/explain?name=${encodeURIComponent(name)}`).then(set_rule, (error: unknown) => !stale(error) && set_fault(String((error as Error).message)));
  const here = opened.kind === "why" ? (why?.readout === opened.id ? why : null) : null;
  const there = opened.kind === "place" && inside?.place === opened.id ? inside : null;
  return (
    <section class="panel" aria-labelledby="panel-title" tabIndex={-1} id="panel" onKeyDown={(event) => event.key === "Escape" && close()}>
      <header>
        <h2 id="panel-title">{opened.kind === "why" ? `Why? ${opened.name}` : `Inside: ${opened.name}`}</h2>
        <button type="button" onClick={close}>Close</button>
      </header>
      <p class="soft">{stamp(day, answer.clock)}. Move the day, and this follows.</p>
      {fault && <p class="fault" role="alert">{fault}</p>}
      {here && <WhyTree why={here} explain={explain} />}
      {there && <Place inside={there} explain={explain} />}
      {!here && !there && !fault && <p class="soft" aria-busy="true">Looking …</p>}
      {rule && (
        <section class="rule" aria-live="polite">
          <h3>{rule.name}</h3>
          {rule.lines.slice(0, 60).map((line) => <p class={line.startsWith("- ") ? "item" : ""}>{line.replace(/^- /, "")}</p>)}
        </section>
      )}
    </section>
  );
}

function WhyTree({ why, explain }: { why: Why; explain: (rule: string) => void }) {
  return (
    <>
      <p><b>{why.head}</b></p>
      {why.lines.length === 0 && <p>Nothing in the run moved it by much.</p>}
      <ol class="causes">
        {why.lines.map((line) => (
          <li style={{ marginInlineStart: `${Math.min(line.level - 1, 7) * 0.9}rem` }}>
            <span class="share" style={{ width: `${Math.round(line.share * 100)}%` }} aria-hidden="true" />
            {line.text.replace(/\s*\[[^\]]*\]$/, "")}
            {line.rule && <button type="button" class="link" onClick={() => explain(line.rule)}>{line.rule}</button>}
          </li>
        ))}
      </ol>
    </>
  );
}

function Place({ inside, explain }: { inside: Inside; explain: (name: string) => void }) {
  return (
    <>
      <h3>Who is here</h3>
      <div class="scroll" tabIndex={0} role="region" aria-label="Who is here">
        <table>
          <thead><tr><th scope="col">What</th><th scope="col">At rest</th><th scope="col">Now</th><th scope="col">Times</th></tr></thead>
          <tbody>
            {inside.who.map((each) => (
              <tr>
                <th scope="row"><button type="button" class="link" onClick={() => explain(each.id)}>{each.name}</button></th>
                <td>{each.rest}</td>
                <td>{each.now} {each.unit}</td>
                <td>{each.ratio === null ? "new" : `×${number(each.ratio, 2)}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>What flows here, most changed first</h3>
      <ul class="flows">
        {inside.flows.map((flow) => (
          <li>{flow.text}: {flow.now} (at rest {flow.before}) <button type="button" class="link" onClick={() => explain(flow.rule)}>{flow.rule}</button></li>
        ))}
      </ul>
    </>
  );
}
