// Who reviews: asked once, or given with --reviewer.

const dialog = document.getElementById("who");
const button = document.getElementById("who-button");
const given = document.body.dataset.reviewer;

export class Who {
  constructor(keep) {
    this.keep = keep;
    const kept = keep.get("reviewer");
    // a name given later on the command line counts more than an older answer
    this.name = kept?.given === given ? kept.name : given;
    button.addEventListener("click", () => this.ask());
    dialog.addEventListener("cancel", (event) => this.name || event.preventDefault());
  }

  async known() {
    if (!this.name) await this.ask();
    this.#show();
  }

  ask() {
    const box = dialog.querySelector("input");
    box.value = this.name;
    dialog.showModal();
    box.select();
    return new Promise((resolve) => dialog.addEventListener("close", () => {
      this.name = box.value.replace(/[\s\p{Cc}]+/gu, " ").trim() || this.name;
      if (!this.name) return resolve(this.ask());
      this.keep.set("reviewer", { given, name: this.name });
      this.#show();
      resolve();
    }, { once: true }));
  }

  #show() {
    button.querySelector("bdi").textContent = this.name;
  }
}
