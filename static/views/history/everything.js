/** Everything along: a zip that the server writes in the background, followed, cancelled and saved. */
import { sizeOf } from "../../components/dates.js";
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { save } from "../../protocol/download.js";
import { beginExport, cancelJob, fetchJob, linkOf } from "../../protocol/history.js";

/** How often it is asked how far it is. */
const FOLLOW_MS = 1000;

/** The job that was begun last, for whoever comes back to the list. */
let known = "";

/** @typedef {import("../../protocol/history.js").Job} Job */

export class Everything {
  constructor() {
    this.closing = new AbortController();
    this.timer = 0;
    this.begin = h("button", { type: "button", id: "everything", class: "plain", onclick: () => void this.start() }, t("history.everything"));
    this.bar = h("progress", { max: 100, value: 0, "aria-label": t("history.everything.writing") });
    this.figure = h("span", { class: "figure" });
    this.cancel = h("button", { type: "button", class: "plain", onclick: () => void this.stop() }, t("history.cancel"));
    this.going = h("div", { class: "going", hidden: true }, this.bar, this.figure, this.cancel);
    this.word = h("p", { class: "note", "aria-live": "polite" });
    this.ready = h("button", { type: "button", class: "primary", hidden: true });
    this.element = h("div", { class: "everything", hidden: true }, this.begin, this.going, this.word, this.ready);
    if (known) void this.follow(known);
  }

  close() {
    clearTimeout(this.timer);
    this.closing.abort();
  }

  /** One that is being written already, perhaps for another window, is followed. */
  async start() {
    this.begin.disabled = true;
    try {
      this.show(await beginExport());
    } catch (/** @type {any} */ error) {
      if (error.code === "job_running") return void this.follow(error.details.job_id);
      this.say(t(error.status ? "history.everything.failed" : "history.failed"));
    } finally {
      this.begin.disabled = false;
    }
  }

  /** @param {string} id */
  async follow(id) {
    try {
      const job = await fetchJob(id, this.closing.signal);
      if (!this.closing.signal.aborted) this.show(job);
    } catch (/** @type {any} */ error) {
      if (this.closing.signal.aborted) return;
      if (error.status === 404) return this.forget("");
      this.timer = setTimeout(() => void this.follow(id), FOLLOW_MS);
    }
  }

  async stop() {
    const id = known;
    try {
      this.show(await cancelJob(id));
    } catch {
      this.say(t("history.failed"));
    }
  }

  /** @param {Job} job */
  show(job) {
    clearTimeout(this.timer);
    known = job.id;
    if (job.state === "done") return this.offer(job);
    if (job.state === "failed") return this.forget(t(job.error?.code === "storage_full" ? "history.everything.full" : "history.everything.failed"));
    if (job.state === "cancelled") return this.forget("");
    const percent = Math.floor(100 * job.progress);
    this.bar.value = percent;
    this.figure.textContent = t("history.everything.percent", { percent });
    this.begin.hidden = this.ready.hidden = true;
    if (this.going.hidden) this.say(t("history.everything.writing"));
    this.going.hidden = false;
    this.timer = setTimeout(() => void this.follow(job.id), FOLLOW_MS);
  }

  /** @param {Job} job */
  offer({ result }) {
    if (Date.parse(result.expires_at) < Date.now()) return this.forget("");
    this.going.hidden = this.begin.hidden = true;
    this.ready.hidden = false;
    this.ready.textContent = t("history.everything.save", { size: sizeOf(result.bytes) });
    this.ready.onclick = () => save(linkOf(result), result.name);
    this.say(t("history.everything.ready"));
  }

  /** @param {string} word why */
  forget(word) {
    known = "";
    this.going.hidden = this.ready.hidden = true;
    this.begin.hidden = false;
    this.say(word);
  }

  /** @param {string} text */
  say(text) {
    this.word.textContent = text;
  }
}
