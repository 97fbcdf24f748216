// Decisions that the server has not confirmed yet; each is kept until it has.

import { ask, Away } from "./ask.js";

export class Unsent {
  // saved({ decision, warnings, progress }) and changed() are called as things happen
  constructor(keep) {
    Object.assign(this, { keep, saved: () => {}, changed: () => {} });
    this.read();
  }

  read() {
    const entries = this.keep.keys("unsent:").map((key) => ({ ...this.keep.get(key), key })).filter((entry) => entry.item);
    this.entries = entries.sort((a, b) => a.at - b.at);
    this.newest = new Map(this.entries.map((entry) => [entry.item, entry]));
  }

  of(item) {
    return this.newest.get(item);
  }

  // `base` is what the reviewer saw when they decided, see `seen`
  say(item, said, base) {
    if (base.over) this.keep.remove(base.over);
    const key = `unsent:${crypto.randomUUID()}`;
    this.keep.set(key, { ...said, item, based_on: base.version, tried: base.tried, at: Date.now() });
    this.update();
  }

  // the version that a new decision on the row replaces: a confirmed one, or one that waits here
  seen(item, version) {
    const entry = this.of(item);
    if (!entry) return { version, tried: [], over: null };
    if (entry.newest) return { version: entry.newest.version, tried: [], over: entry.key };
    return { version: entry.based_on, tried: [...entry.tried, content(entry)], over: entry.key };
  }

  drop(entry) {
    this.keep.remove(entry.key);
    this.update();
  }

  // Away where the server did not take one of them
  async send() {
    this.sending ??= this.#sendAll().finally(() => (this.sending = null));
    return this.sending;
  }

  async #sendAll() {
    let away = null;
    const failed = new Set();
    const waiting = () => this.entries.find((entry) => !troubled(entry) && !failed.has(entry.key));
    const all = async () => {
      this.read(); // what other tabs have sent meanwhile
      for (let entry = waiting(); entry; entry = waiting()) {
        try {
          await this.#send(entry);
        } catch (error) {
          if (!(error instanceof Away)) throw error;
          failed.add(entry.key);
          away = error;
        }
        this.update();
      }
    };
    do {
      await (navigator.locks ? navigator.locks.request(this.keep.prefix, all) : all()); // one tab at a time
    } while (waiting());
    if (away) throw away;
  }

  async #send(entry) {
    const said = content(entry);
    if (!entry.tried.some((other) => same(other, said))) this.#change(entry, { tried: [...entry.tried, said] });
    const { status, data } = await ask(`items/${entry.item}/decision`, { ...said, based_on: entry.based_on });
    if (status === 200) {
      this.keep.remove(entry.key);
      this.saved(data);
    } else if (status === 409 && entry.tried.some((other) => same(other, data.newest))) {
      // what the server has is what we said before: its answer was lost, or we changed our mind meanwhile
      this.#change(entry, { based_on: data.newest.version });
    } else {
      this.#change(entry, status === 409 ? { newest: data.newest } : { refused: data.error });
    }
  }

  #change(entry, changes) {
    const kept = this.keep.get(entry.key);
    if (kept) this.keep.set(entry.key, { ...kept, ...changes });
  }

  update() {
    this.read();
    this.changed();
  }
}

// needs the reviewer: somebody else decided too, or the server refused it
export function troubled(entry) {
  return Boolean(entry.newest || entry.refused);
}

function content({ verdict, reason, targets, reviewer }) {
  return { verdict, reason, targets, reviewer };
}

export function same(one, other) {
  const plain = ({ verdict, reason, targets, reviewer }) =>
    JSON.stringify([verdict, reason, reviewer, Object.entries(targets).sort()]);
  return plain(one) === plain(other);
}
