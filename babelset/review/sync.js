// In step with the server: what others decide comes in, what waits here goes out.

import { ask } from "./ask.js";
import { update } from "./draw.js";
import { relist, show } from "./go.js";
import { attemptNow } from "./load.js";
import { decided, items, learn, list, state, unsent } from "./state.js";
import { say, tell } from "./tell.js";
import { VERDICTS } from "./text.js";
import { troubled } from "./unsent.js";

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
