// A guided lesson: words for three kinds of reader, a question, and what to try.
import { useEffect, useState } from "preact/hooks";
import type { Lesson, Level } from "./types";

export const LEVELS: [Level, string][] = [["pupil", "At school"], ["relative", "Somebody I know is ill"], ["student", "I study medicine"]];

interface Props { lesson: Lesson; step: number; level: Level; go: (step: number) => void; set_level: (level: Level) => void; again: () => void; leave: () => void }

export function LessonPanel({ lesson, step, level, go, set_level, again, leave }: Props) {
  const [told, set_told] = useState(false);
  useEffect(() => set_told(false), [lesson.id, step]);
  const here = lesson.steps[step];
  if (!here) return null;
  const last = lesson.steps.length - 1;
  return (
    <section class="lesson" aria-labelledby="lesson-title">
      <header>
        <div>
          <p class="soft">Lesson: {lesson.title}, step {step + 1} of {lesson.steps.length}</p>
          <h2 id="lesson-title">{here.title}</h2>
        </div>
        <label class="level">
          <span>Told for</span>
          <select value={level} onChange={(event) => set_level(event.currentTarget.value as Level)}>
            {LEVELS.map(([id, label]) => <option value={id}>{label}</option>)}
          </select>
        </label>
      </header>
      <p aria-live="polite">{here.say[level]}</p>
      <p class="question"><b>Question.</b> {here.ask[level]}</p>
      {told ? <p class="answer">{here.answer[level]}</p> : <button type="button" onClick={() => set_told(true)}>Show the answer</button>}
      <p class="try"><b>Try.</b> {here.try}</p>
      <nav aria-label="Lesson">
        <button type="button" disabled={step === 0} onClick={() => go(step - 1)}>Back</button>
        <button type="button" onClick={again}>As it was at the start of this step</button>
        {step < last ? <button type="button" class="strong" onClick={() => go(step + 1)}>Next</button> : <button type="button" class="strong" onClick={leave}>Finish</button>}
        {step < last && <button type="button" onClick={leave}>Leave the lesson</button>}
      </nav>
    </section>
  );
}

export function LessonList({ lessons, level, begin }: { lessons: Lesson[]; level: Level; begin: (lesson: Lesson) => void }) {
  return (
    <ul class="lessons">
      {lessons.map((lesson) => (
        <li>
          <button type="button" class="link" onClick={() => begin(lesson)}>{lesson.title}</button>
          <p>{lesson.about[level]}</p>
        </li>
      ))}
    </ul>
  );
}
