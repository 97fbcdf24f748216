// A correction is begun, and left.

import { askWhy, drawRow } from "./draw.js";
import { Editor } from "./editor.js";
import { base, items, standing, state } from "./state.js";

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

export function draftOf(id, targets, on, editing) {
  state.drafts.write(id, { targets, based_on: on.version, tried: on.tried, over: on.over, editing });
}

// back to reading; what was written is kept
export function leave() {
  const { editor, current } = state;
  state.editor = null;
  const draft = editor && state.drafts.of(current);
  if (draft?.editing) state.drafts.write(current, { ...draft, editing: false });
}
