// What the reviewer does with a row.

import { drawRow, focusRow } from "./draw.js";
import { Editor } from "./editor.js";
import { onward, show } from "./go.js";
import { segmentsOf } from "./row.js";
import { $, base, decided, decisions, items, standing, state, unsent, verdict, who } from "./state.js";
import { attemptNow } from "./sync.js";
import { say, tellHere } from "./tell.js";
import { VERDICTS } from "./text.js";

function decide(id, verdict, { reason = "", targets = {} } = {}, on = base(id)) {
  decided.push(id);
  unsent.say(id, { verdict, reason, targets, reviewer: who.name }, on);
  attemptNow(() => unsent.send());
  say(verdict === "open" ? "taken back" : VERDICTS[verdict].word);
}

export function accept() {
  const id = state.current;
  if (segmentsOf(items.get(id)).some((part) => part.target === null)) return tellHere("A part of this row has no translation: correct it, or reject the row.");
  if (verdict(id) === "correct") return tellHere("This row is corrected, which counts as accepted. To accept the earlier text, undo first.");
  decide(id, "accept");
  return onward();
}

// opens or closes the question for the reason
export function askWhy(open) {
  if ($("why").hidden === !open) return;
  const within = $("why").contains(document.activeElement);
  $("why").hidden = !open;
  $("bar").querySelector("[data-does=reject]").setAttribute("aria-expanded", open);
  if (open) $("why").focus();
  else if (within) focusRow();
}

export function reject(reason) {
  $("own").reset();
  askWhy(false);
  decide(state.current, "reject", { reason });
  return onward();
}

export function correct() {
  const id = state.current;
  const draft = state.drafts.of(id);
  const on = draft ? { version: draft.based_on, tried: draft.tried ?? [], over: draft.over ?? null } : base(id);
  const write = (targets) => draftOf(id, targets, on, true);
  askWhy(false);
  state.editor = new Editor(items.get(id), (draft ?? standing(id))?.targets ?? {}, write);
  state.editor.base = on;
  if (draft) write(state.editor.targets);
  drawRow();
  state.editor.fit();
  state.editor.focus();
}

function draftOf(id, targets, on, editing) {
  state.drafts.write(id, { targets, based_on: on.version, tried: on.tried, over: on.over, editing });
}

// back to reading; what was written is kept
export function leave() {
  const { editor, current } = state;
  state.editor = null;
  const draft = editor && state.drafts.of(current);
  if (draft?.editing) state.drafts.write(current, { ...draft, editing: false });
}

export function goBack() {
  leave();
  drawRow();
  focusRow();
}

export function save() {
  const { editor, current } = state;
  const { targets, blank, wrong } = editor;
  if (blank) {
    blank.focus();
    return tellHere("A segment has no translation: write one.");
  }
  if (!Object.keys(targets).length) return tellHere("Nothing is changed. Go back, and accept the row as it is.");
  const warned = JSON.stringify(wrong.map((part) => [part.segment, targets[part.segment]]));
  if (wrong.length && editor.warned !== warned) {
    editor.warned = warned;
    editor.box(wrong[0]).focus();
    return tellHere("A marked text is missing or appears too often: such a row is rejected later. Correct it, or save again to keep it.");
  }
  state.editor = null;
  state.drafts.drop(current);
  decide(current, "correct", { targets }, editor.base);
  return onward();
}

// takes back the decision on this row, or the last one
export async function undo() {
  let id = state.current;
  while (id && verdict(id) === "open") id = decided.pop();
  if (!id) return tellHere("There is no decision to take back.");
  const { verdict: taken, targets } = standing(id) ?? {};
  decide(id, "open");
  decided.pop();
  if (taken === "correct") draftOf(id, targets, base(id), false);
  await show(id);
  return focusRow();
}

// what to do where two decided on a row
export function choices(entry) {
  return {
    mine: () => decide(entry.item, entry.verdict, entry, { ...base(entry.item), version: decisions.get(entry.item).version }),
    theirs: () => (unsent.drop(entry), focusRow()),
    edit: () => decideAgain(entry),
  };
}

export function decideAgain(entry) {
  const on = { ...base(entry.item), over: null };
  unsent.drop(entry);
  if (entry.verdict !== "correct") return focusRow();
  draftOf(entry.item, entry.targets, on, true);
  return correct();
}
