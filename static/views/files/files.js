/** What a person uploaded: how much of it there is, what is on its way, and the files. */
import { sizeOf } from "../../components/dates.js";
import { h, segmentedControl } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { fetchFile, listFiles } from "../../protocol/files.js";
import { emptyFiles, fileRow } from "./row.js";
import { uploadRow } from "./upload-row.js";
import { uploads } from "./uploads.js";
import "./texts.js";

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export const open = (root, page) => new Files(root, page);

class Files {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
  constructor(root, page) {
    this.page = page;
    /** @type {"permanent" | "temporary"} */
    this.area = "permanent";
    /** @type {import("../../protocol/files.js").Usage | null} */
    this.usage = null;
    this.closing = new AbortController();
    this.word = h("p", { class: "note", role: "status" });
    this.meter = h("meter", { min: 0, max: 1, value: 0, "aria-labelledby": "usage" });
    this.used = h("p", { id: "usage", class: "note" });
    this.underway = h("ul", { id: "uploads", "aria-label": t("files.uploads") });
    this.list = h("ul", { id: "files", class: "rows", "aria-label": t("files.list") });
    this.more = h("button", { type: "button", class: "plain", id: "more", hidden: true }, t("files.more"));
    root.append(
      h(
        "section",
        { class: "view files" },
        h("h1", {}, t("files")),
        this.dropZone(),
        h("div", { class: "usage" }, this.meter, this.used),
        this.word,
        this.underway,
        this.list,
        this.more,
      ),
    );
    this.takeDrops(this.closing.signal);
    uploads.onchange = () => this.showUploads();
    uploads.ondone = (upload) => void this.arrived(upload);
    this.showUploads();
    void this.fetch("");
  }

  close() {
    this.closing.abort();
    uploads.onchange = () => {};
    uploads.ondone = () => {};
  }

  /** @param {string} text */
  say(text) {
    this.word.textContent = text;
  }

  dropZone() {
    const field = h("input", { id: "choose-files", type: "file", multiple: true });
    field.onchange = () => {
      this.take([...(field.files ?? [])]);
      field.value = "";
    };
    const areas = /** @type {[string, string][]} */ (["permanent", "temporary"].map((area) => [area, t(`files.${area}`)]));
    return h(
      "div",
      { class: "drop" },
      h("label", { class: "primary" }, t("files.choose"), field),
      h("p", { class: "note" }, t("files.drop")),
      segmentedControl("area", t("files.area"), areas, this.area, (area) => (this.area = area === "temporary" ? area : "permanent")),
    );
  }

  /** Wherever on the page something is dropped: elsewhere the browser would leave for it. @param {AbortSignal} signal */
  takeDrops(signal) {
    const over = (/** @type {DragEvent} */ event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (event.type === "drop") void this.drop(event.dataTransfer);
    };
    // Before the page takes what is dropped for a card.
    addEventListener("dragover", over, { signal, capture: true });
    addEventListener("drop", over, { signal, capture: true });
  }

  /** @param {DataTransfer} dropped */
  drop(dropped) {
    const items = [...dropped.items].filter(({ kind }) => kind === "file");
    const folder = items.find((item) => item.webkitGetAsEntry()?.isDirectory);
    this.take(items.filter((item) => !item.webkitGetAsEntry()?.isDirectory).flatMap((item) => item.getAsFile() ?? []));
    if (folder) this.say(t("files.error.folder"));
  }

  /** @param {File[]} files */
  take(files) {
    this.say("");
    for (const file of files) {
      if (file.size === 0) this.say(`${file.name}: ${t("files.error.empty")}`);
      else uploads.add(file, this.area);
    }
  }

  showUploads() {
    const focused = this.underway.contains(document.activeElement);
    const known = new Map([...this.underway.children].map((row) => [row.getAttribute("data-key"), row]));
    const rows = uploads.all.map((upload) => uploadRow(upload, this.usage, known));
    this.underway.replaceChildren(...rows);
    if (focused && !this.underway.contains(document.activeElement)) document.getElementById("choose-files")?.focus();
  }

  /** @param {import("../../protocol/upload.js").Upload} upload */
  async arrived({ id }) {
    try {
      const file = await fetchFile(id);
      this.list.querySelector(".panel")?.parentElement?.remove();
      this.list.prepend(this.row(file));
      this.say(t("files.done", { name: file.name }));
      await this.measure();
    } catch {
      this.say(t("files.failed"));
    }
  }

  /** @param {string} cursor */
  async fetch(cursor) {
    const { signal } = this.closing;
    try {
      const { items, next, usage } = await listFiles(cursor, signal);
      if (signal.aborted) return;
      this.showUsage(usage);
      this.list.append(...items.map((file) => this.row(file)));
      if (!this.list.firstChild) this.list.append(emptyFiles());
      this.more.hidden = next === null;
      this.more.onclick = () => void this.fetch(next ?? "");
    } catch (error) {
      if (signal.aborted) return;
      if (cursor) this.say(t("files.failed"));
      else this.page.refused(error);
    }
  }

  /** @param {import("../../protocol/files.js").StoredFile} file */
  row(file) {
    const deleted = () => {
      this.say(t("files.deleted", { name: file.name }));
      if (!this.list.firstChild) this.list.append(emptyFiles());
      document.getElementById("choose-files")?.focus();
      void this.measure();
    };
    return fileRow(file, (text) => this.say(text), deleted);
  }

  async measure() {
    this.showUsage((await listFiles("", this.closing.signal)).usage);
  }

  /** @param {import("../../protocol/files.js").Usage} usage */
  showUsage(usage) {
    this.usage = usage;
    const { bytes, most_bytes, files, most_files } = usage;
    this.meter.value = Math.max(bytes / most_bytes, files / most_files);
    this.used.textContent = t("files.usage", { bytes: sizeOf(bytes), most: sizeOf(most_bytes), files, count: most_files });
  }
}
