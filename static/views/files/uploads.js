/** Files on their way, a few at once. They go on while other views are shown, so they are kept here and not in a view. */
import { Upload } from "../../protocol/upload.js";

const AT_ONCE = 3;

class Uploads {
  constructor() {
    /** @type {Upload[]} */
    this.all = [];
    /** What is told of changes: the view, while it is shown. */
    this.onchange = () => {};
    /** @type {(upload: Upload) => void} */
    this.ondone = () => {};
    addEventListener("beforeunload", (event) => this.underway && event.preventDefault());
  }

  get underway() {
    return this.all.some((upload) => !upload.over);
  }

  /** @param {File} file @param {"permanent" | "temporary"} area */
  add(file, area) {
    const upload = new Upload(file, area, () => this.changed(upload));
    this.all.push(upload);
    this.begin();
  }

  /** Once more, from where it was. @param {Upload} upload */
  again(upload) {
    void upload.send();
  }

  /** @param {Upload} upload */
  dismiss(upload) {
    upload.cancel();
    this.all = this.all.filter((one) => one !== upload);
    this.onchange();
  }

  begin() {
    const free = AT_ONCE - this.all.filter(({ state }) => state === "sending" || state === "interrupted").length;
    for (const upload of this.all.filter(({ state }) => state === "waiting").slice(0, free)) void upload.send();
    this.onchange();
  }

  /** @param {Upload} upload */
  changed(upload) {
    if (upload.state === "done" || upload.state === "cancelled") this.all = this.all.filter((one) => one !== upload);
    if (upload.state === "done") this.ondone(upload);
    if (upload.over) this.begin();
    else this.onchange();
  }
}

export const uploads = new Uploads();
