// Corrections that are being written: kept in this browser at every key, on the server a moment later.

import { ask, Away } from "./ask.js";

const PAUSE = 500; // ms without a key, before a draft goes to the server

export class Drafts {
  constructor(keep, tab, reviewer) {
    Object.assign(this, { keep, tab, reviewer, waiting: new Map() });
    for (const key of keep.keys("draft:")) this.#later(key.split(":")[1]); // the last page may have been away
  }

  // the newest one, whichever tab wrote it
  of(item) {
    const found = this.keep.keys(`draft:${item}:`).map((key) => ({ ...this.keep.get(key), key }));
    return found.sort((a, b) => b.at - a.at)[0] ?? null;
  }

  // one that the server kept, where this browser has none or an older one
  learn(item, draft) {
    if (draft && draft.at > (this.of(item)?.at ?? 0)) this.keep.set(`draft:${item}:server`, draft);
  }

  // what this tab was writing when it was closed or reloaded
  interrupted(item) {
    return this.keep.get(`draft:${item}:${this.tab}`)?.editing ?? false;
  }

  write(item, draft) {
    this.keep.set(`draft:${item}:${this.tab}`, { ...draft, at: Date.now() });
    this.#later(item);
  }

  drop(item) {
    const own = this.keep.get(`draft:${item}:${this.tab}`)?.at ?? Date.now();
    for (const key of this.keep.keys(`draft:${item}:`)) {
      if (!(this.keep.get(key)?.at > own)) this.keep.remove(key); // a newer one is another tab's
    }
    this.#later(item);
  }

  get unsent() {
    return this.waiting.size > 0;
  }

  send() {
    return Promise.all([...this.waiting.keys()].map((item) => this.#send(item)));
  }

  #later(item) {
    clearTimeout(this.waiting.get(item));
    this.waiting.set(item, setTimeout(() => this.#send(item), PAUSE));
  }

  async #send(item) {
    const timer = this.waiting.get(item);
    clearTimeout(timer);
    const draft = this.of(item);
    const kept = draft && { targets: draft.targets, based_on: draft.based_on, at: draft.at, editing: draft.editing };
    try {
      await ask(`items/${item}/draft`, { reviewer: this.reviewer(), draft: kept });
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      return; // stays in `waiting`, for the next `send`
    }
    if (this.waiting.get(item) === timer) this.waiting.delete(item);
  }
}
