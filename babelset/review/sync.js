// In step with the server: what others decide comes in, what waits here goes out, rows are loaded ahead.

import { ask, Away } from "./ask.js";
import { update } from "./draw.js";
import { list, relist, show } from "./go.js";
import { decided, decisions, items, learn, state, unsent, who } from "./state.js";
import { say, tell } from "./tell.js";
import { VERDICTS } from "./text.js";
import { troubled } from "./unsent.js";

const KEPT = 60; // rows held in memory
const AHEAD = 20; // rows loaded ahead, to go on with while the server is away
const PAUSE = { there: 2000, away: 1000 }; // ms
let sequence = -1;
let timer;

unsent.saved = ({ decision, warnings, progress }) => {
  learn(decision);
  state.progress = progress;
  state.lossy = warnings.length ? decision.item : null;
};

const shown = new Set(); // conflicts
unsent.changed = () => {
  const mine = unsent.entries.find((entry) => entry.newest && decided.includes(entry.item) && !shown.has(entry.key));
  if (mine) {
    shown.add(mine.key);
    learn(mine.newest);
    const busy = state.editor || !document.getElementById("why").hidden || document.querySelector("dialog[open]");
    if (!busy) show(mine.item);
  }
  update();
};

export async function poll() {
  clearTimeout(timer);
  await attemptNow(async () => {
    const { data } = await ask(`changes?since=${sequence}`);
    sequence = data.sequence;
    state.progress = data.progress;
    const news = data.decisions.filter(learn);
    const here = news.find((decision) => decision.item === state.current);
    if (here && !unsent.of(here.item)) say(`This row was ${VERDICTS[here.verdict].word} by ${here.reviewer}`);
    if (news.length) update();
    await cameBack();
  });
  timer = setTimeout(poll, state.away ? PAUSE.away : PAUSE.there);
}

// does what needs the server; without it, says so
export async function attemptNow(action) {
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof Away)) throw error;
    state.away = error;
    tell();
    return false;
  }
}

async function cameBack() {
  if (unsent.entries.some((entry) => !troubled(entry))) await unsent.send();
  const was = state.away;
  state.away = null;
  if (was) {
    await state.drafts.send();
    list.draw();
    if (relist.wanted) await relist();
    else if (state.current && !items.has(state.current)) await show(state.current);
  }
  tell();
}

export async function load(id) {
  const { status, data } = await ask(`items/${id}?reviewer=${encodeURIComponent(who.name)}`);
  if (status !== 200) throw new Away(data.error);
  items.set(id, data.item);
  learn(data.decision);
  state.drafts.learn(id, data.draft);
  if (items.size > KEPT) items.delete([...items.keys()].find((other) => other !== state.current));
}

// the next rows, one after the other
export async function loadAhead() {
  const { index, ids } = list;
  for (const id of ids.slice(index + 1, index + 1 + AHEAD)) {
    if (list.index !== index || state.away) return;
    if (!items.has(id)) await load(id);
  }
}
