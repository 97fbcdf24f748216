// What the keys do. Where the keyboard writes another script, a letter is known by its place.

const DOES = {
  a: "accept", r: "reject", c: "correct", u: "undo", n: "open", j: "next", k: "previous", ArrowDown: "next", ArrowUp: "previous",
  "/": "search", "?": "help",
};
const IN_LIST = { ArrowDown: "next", ArrowUp: "previous", Home: "first", End: "last" };
const HELD = ["next", "previous"]; // go on while the key is held down

export function listen({ act, pick, state, wanted }) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const does = actionOf(event, state, wanted());
    if (!does) return;
    event.preventDefault();
    if (typeof does === "number") pick(does);
    else if (!event.repeat || HELD.includes(does)) act(does);
  });
}

function actionOf(event, state, wanted) {
  const key = keyOf(event);
  const inList = event.target.id === "rows";
  if (key === "Escape") return escape(event.target, state);
  if (key === "Enter" && (event.ctrlKey || event.metaKey)) return state.editor && "save";
  if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return null;
  if (inList && key === "Enter") return "row";
  if (inList && key in IN_LIST) return IN_LIST[key];
  if (!wanted || (state.editor && key !== "?")) return null;
  if (!document.getElementById("why").hidden && /^[1-9]$/.test(key)) return Number(key);
  return DOES[key];
}

function escape(target, state) {
  if (!document.getElementById("why").hidden) return "noReject";
  if (state.editor) return "back";
  return target.id === "search" ? "endSearch" : null;
}

function keyOf(event) {
  if (event.key.length > 1) return event.key;
  if (/^[!-~]$/.test(event.key)) return event.key.toLowerCase();
  if (event.code === "Slash") return event.shiftKey ? "?" : "/";
  return event.code.replace(/^(Key|Digit)/, "").toLowerCase();
}

function writes(target) {
  return target.closest("textarea, select, input:not([type=checkbox])");
}
