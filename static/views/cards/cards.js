/** Cards to learn from: those that are due, then all of them, to find, put right, delete and take to Anki. */
import { h, loadStylesheet } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { languageName, language, t } from "../../i18n.js";
import { exportPath, fetchSummary, listCards } from "../../protocol/cards.js";
import { download } from "../../protocol/download.js";
import { makeCard } from "../../protocol/practice.js";
import { hashOf, replaceAddress } from "../../router.js";
import { Review } from "./review.js";
import { cardRow } from "./row.js";
import "./texts.js";

await loadStylesheet(new URL("../../learning.css", import.meta.url).href);

/** Letters of a search, as the server takes them. */
const LONGEST_SEARCH = 200;

/** How long nobody typed before it is searched. */
const TYPED_MS = 180;

/** @typedef {import("../../protocol/cards.js").Summary} Summary */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export const open = (root, page) => new Cards(root, page);

class Cards {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
  constructor(root, page) {
    this.page = page;
    const { query } = page.address;
    this.wanted = { language: query.get("language") ?? "", q: (query.get("q") ?? "").slice(0, LONGEST_SEARCH) };
    /** @type {Summary | null} */
    this.summary = null;
    this.timer = 0;
    this.closing = new AbortController();
    this.asking = new AbortController();
    /** @type {AbortController | null} by which a further page is fetched just now */
    this.fetching = null;
    /** @type {string | null} */
    this.next = null;
    this.review = this.newReview();
    this.languages = h("select", { id: "card-language", "aria-label": t("cards.language"), hidden: true });
    this.languages.onchange = () => this.want({ language: this.languages.value });
    this.field = h("input", { id: "search", type: "search", maxlength: LONGEST_SEARCH, value: this.wanted.q, placeholder: t("cards.search"), "aria-label": t("cards.search") });
    this.field.oninput = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.want({ q: this.field.value.trim() }), TYPED_MS);
    };
    this.word = h("p", { class: "note", role: "status" });
    this.list = h("ul", { id: "cards", class: "rows", "aria-labelledby": "all-cards" });
    this.more = h("button", { type: "button", class: "plain", id: "more", hidden: true, onclick: () => void this.fetchMore() }, t("cards.more"));
    this.all = h("section", { hidden: true }, h("h2", { id: "all-cards" }, t("cards.all")), h("div", { class: "finding" }, this.field, this.languages), this.word, this.list, this.more, this.exporting());
    this.empty = h("div", { class: "panel", hidden: true }, h("h2", {}, t("cards.empty.title")), h("p", {}, t("cards.empty.text")), h("p", { class: "actions" }, h("a", { class: "plain", href: hashOf(["practice"]) }, t("cards.practise"))));
    this.view = h("section", { class: "view learning", "aria-busy": "true" }, h("h1", {}, t("cards")), this.review.element, this.empty, this.all, this.making());
    root.append(this.view);
    void this.begin();
  }

  close() {
    clearTimeout(this.timer);
    this.closing.abort();
    this.asking.abort();
    this.review.close();
  }

  newReview() {
    const refused = (/** @type {unknown} */ error) => this.page.refused(error);
    return new Review({ language: this.wanted.language, changed: () => void this.changed(), refused, next: () => this.summary?.next_due_at ?? null });
  }

  async begin() {
    try {
      await this.count();
      if (this.summary?.total) await Promise.all([this.review.begin(), this.find()]);
      this.view.removeAttribute("aria-busy");
    } catch (error) {
      if (!this.closing.signal.aborted) this.page.refused(error);
    }
  }

  async count() {
    const summary = await fetchSummary(this.wanted.language, this.closing.signal);
    this.summary = summary;
    const none = summary.languages.length === 0;
    this.empty.hidden = !none;
    this.all.hidden = none;
    this.review.element.hidden = none;
    this.languages.hidden = summary.languages.length < 2 && !this.wanted.language;
    const codes = ["", ...new Set([...summary.languages, ...(this.wanted.language ? [this.wanted.language] : [])])];
    this.languages.replaceChildren(...codes.map((code) => h("option", { value: code, selected: code === this.wanted.language }, code ? languageName(code) : t("cards.every-language"))));
  }

  /** There are other cards than before, or they are due at another time. */
  async changed() {
    await this.count().catch(() => {});
    if (!this.review.due.length) await this.review.begin();
    if (!this.list.contains(document.activeElement)) await this.find();
  }

  /** @param {{ language?: string, q?: string }} changes */
  want(changes) {
    this.wanted = { ...this.wanted, ...changes };
    replaceAddress(hashOf(["cards"], this.wanted));
    if (changes.language === undefined) return void this.find();
    const before = this.review;
    before.close();
    this.review = this.newReview();
    before.element.replaceWith(this.review.element);
    void this.begin();
  }

  /** From the first page. What is shown stays until that is there. */
  async find() {
    this.asking.abort();
    this.asking = new AbortController();
    await this.fetch(this.asking, true);
  }

  /** The next page; once, however often that is pressed meanwhile. */
  async fetchMore() {
    if (this.fetching === this.asking) return;
    this.fetching = this.asking;
    await this.fetch(this.asking, false);
    this.fetching = null;
  }

  /** @param {AbortController} asking @param {boolean} first */
  async fetch({ signal }, first) {
    try {
      const { items, next } = await listCards({ ...this.wanted, cursor: first ? "" : (this.next ?? "") }, signal);
      if (signal.aborted) return;
      const rows = items.map((card) => cardRow(card, { say: (text) => this.say(text), changed: () => void this.changed() }));
      if (first) this.list.replaceChildren(...rows);
      else this.list.append(...rows);
      this.next = next;
      this.more.hidden = next === null;
      if (first) this.say(this.wanted.q && !items.length ? t("cards.not-found") : "");
    } catch {
      if (!signal.aborted) this.say(t("cards.failed"));
    }
  }

  /** @param {string} text */
  say(text) {
    this.word.textContent = text;
  }

  exporting() {
    const button = (/** @type {"apkg" | "tsv"} */ format, /** @type {string} */ name) => {
      const save = () => download(exportPath(format, this.wanted.language), name).catch(() => this.say(t("cards.failed")));
      return h("button", { type: "button", class: "plain", "data-export": format, onclick: () => void save() }, t(`cards.export.${format}`));
    };
    return h("div", { class: "exporting" }, h("h2", {}, t("cards.export")), h("p", { class: "note" }, t("cards.export.text")), h("p", { class: "actions" }, button("apkg", "Kaikou.apkg"), button("tsv", "Kaikou.txt")));
  }

  /** A card of one's own, without a correction. */
  making() {
    const field = (/** @type {string} */ name) => h("input", { id: `own-${name}`, type: "text", maxlength: 1000, required: true, dir: "auto", autocomplete: "off" });
    const [said, better] = [field("said"), field("better")];
    const tongue = h("select", { id: "own-language" }, ...["en", "zh"].map((code) => h("option", { value: code, selected: code === (this.wanted.language || (language === "zh" ? "en" : "zh")) }, languageName(code))));
    const told = h("p", { class: "note", role: "status" });
    const labelled = (/** @type {string} */ label, /** @type {HTMLElement} */ input) => h("div", { class: "row" }, h("label", { for: input.id }, label), input);
    const form = h("form", { id: "own-card" }, labelled(t("cards.own.said"), said), labelled(t("cards.own.better"), better), labelled(t("cards.language"), tongue), h("p", { class: "actions" }, h("button", { class: "plain" }, t("cards.own.make"))), told);
    form.onsubmit = async (event) => {
      event.preventDefault();
      try {
        await makeCard({ language: tongue.value, said: said.value.trim(), better: better.value.trim() });
        said.value = better.value = "";
        told.textContent = t("cards.own.made");
        said.focus();
        await this.changed();
        if (this.list.childElementCount === 0) await this.find();
      } catch (error) {
        told.textContent = reasonOf(/** @type {any} */ (error));
      }
    };
    return h("details", { class: "making" }, h("summary", {}, t("cards.own")), form);
  }
}
