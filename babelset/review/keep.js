// What must survive a reload, a crash, or a server that is away: kept in the browser, each thing under its own key, for
// two tabs may write at the same time.

export class Keep {
  constructor(review) {
    this.prefix = `babelset:${review}:`;
    this.memory = new Map(); // what the browser refused to keep
  }

  get(key) {
    const text = this.memory.get(key) ?? attempt(() => localStorage.getItem(this.prefix + key));
    return text ? attempt(() => JSON.parse(text)) : null;
  }

  set(key, value) {
    const text = JSON.stringify(value);
    const kept = attempt(() => (localStorage.setItem(this.prefix + key, text), true));
    if (kept) this.memory.delete(key);
    else this.memory.set(key, text);
  }

  remove(key) {
    this.memory.delete(key);
    attempt(() => localStorage.removeItem(this.prefix + key));
  }

  keys(start) {
    const kept = attempt(() => Object.keys(localStorage)) ?? [];
    const own = kept.filter((key) => key.startsWith(this.prefix)).map((key) => key.slice(this.prefix.length));
    return [...new Set([...own, ...this.memory.keys()])].filter((key) => key.startsWith(start));
  }

  get refused() {
    return this.memory.size > 0;
  }
}

// the name of this tab, the same after a reload
export function tabName() {
  const name = attempt(() => sessionStorage.getItem("babelset:tab")) ?? crypto.randomUUID().slice(0, 8);
  attempt(() => sessionStorage.setItem("babelset:tab", name));
  return name;
}

export function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}
