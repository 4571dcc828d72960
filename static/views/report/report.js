/** What came of a practice: what to do next, then the evidence. Its parts appear as they are ready. */
import { askFirst } from "../../components/confirm.js";
import { dayName, lengthOf, timeOfDay } from "../../components/dates.js";
import { h, icon } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { hasText, languageName, t } from "../../i18n.js";
import { preferences } from "../../preferences.js";
import { ServerRefused } from "../../protocol/api.js";
import { download } from "../../protocol/download.js";
import { fetchConversation } from "../../protocol/history.js";
import { deletePractice, fetchMeasures, fetchPractice, fetchReport, remakeReport, reportPath } from "../../protocol/practice.js";
import { go, hashOf } from "../../router.js";
import { Clips } from "./clips.js";
import { ORDER, Section } from "./section.js";
import "../practice/texts.js";
import "./texts.js";

/** How often it is asked for: soon at first, then less often. */
const FIRST_MS = 500;
const LAST_MS = 5000;
const SLOWER = 1.4;
/** After the end of a talk its sound is stored within this time. */
const STORED_MS = 20_000;
/** Why there is no report, and none comes by itself. */
const LEFT = new Set(["not_talked", "not_kept"]);
/** How long a report may take to be begun after the talk ended. */
const BEGUN_MS = 30_000;

/** @typedef {import("../../protocol/practice.js").Practice} Practice */
/** @typedef {import("../../protocol/practice.js").Report} Report */
/** @typedef {import("../../protocol/practice.js").Definition} Definition */
/** @typedef {{ practice: Practice, clips: Clips, definitions: Map<string, Definition> }} Context what the sections need */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export const report = (root, page) => new ReportView(root, page);

class ReportView {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
  constructor(root, page) {
    this.page = page;
    this.id = page.address.rest[0];
    this.closing = new AbortController();
    this.timer = 0;
    this.pause = FIRST_MS;
    this.begun = performance.now();
    /** @type {Context | null} */
    this.context = null;
    /** @type {import("../../protocol/history.js").Kept | null} what was talked, where it is kept */
    this.talk = null;
    /** @type {Section[]} */
    this.sections = [];
    this.word = h("p", { class: "note", role: "status" });
    this.head = h("div", { class: "head" });
    this.body = h("div", { class: "chapters" });
    this.view = h(
      "section",
      { class: "view practice report", "aria-busy": "true" },
      h("a", { class: "quiet back", href: hashOf(["practice"]), html: icon("back") }, h("span", {}, t("practice"))),
      this.head,
      this.word,
      this.body,
      h("p", { class: "actions" }, h("button", { type: "button", class: "plain", id: "remake", onclick: () => void this.remake() }, t("report.remake")), this.removal()),
    );
    root.append(this.view);
    void this.begin();
    const { signal } = this.closing;
    addEventListener("beforeprint", () => this.unfold(true), { signal });
    addEventListener("afterprint", () => this.unfold(false), { signal });
  }

  close() {
    this.closing.abort();
    clearTimeout(this.timer);
    this.context?.clips.close();
  }

  async begin() {
    const { signal } = this.closing;
    try {
      const practice = await fetchPractice(this.id, signal);
      const talked = practice.conversation_id;
      const [told, talk] = await Promise.all([
        fetchMeasures(practice.own_language, practice.language, signal).catch(() => ({ items: [] })),
        talked ? fetchConversation(talked, signal).catch(() => null) : null,
      ]);
      if (signal.aborted) return;
      const clips = new Clips(talk ? talked : null, talk?.recorded ?? false);
      this.context = { practice, clips, definitions: new Map(told.items.map((one) => [one.id, one])) };
      this.talk = talk;
      this.showHead(practice, talk);
      await this.follow();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ServerRefused && error.status === 404) this.head.append(missing());
      else this.page.refused(error);
    }
    this.view.removeAttribute("aria-busy");
  }

  /** @param {Practice} practice @param {import("../../protocol/history.js").Kept | null} talk */
  showHead(practice, talk) {
    const date = new Date(practice.began_at ?? practice.created_at);
    const about = [t(`practice.${practice.kind}`), `${dayName(date)}, ${timeOfDay(date)}`, talk?.ended_at && lengthOf(talk.length_ms), languageName(practice.language)];
    this.page.title(t("report.of", { title: practice.title }));
    this.head.replaceChildren(
      h("h1", { class: "name", dir: "auto" }, practice.title),
      h("p", { class: "tongues" }, about.filter(Boolean).join(" · ")),
      this.actions(practice, talk !== null),
    );
  }

  /** @param {Practice} practice @param {boolean} kept whether the talk is */
  actions(practice, kept) {
    const day = (practice.began_at ?? practice.created_at).slice(0, 10);
    /** @param {"pdf" | "markdown"} format @param {string} ending */
    const exportButton = (format, ending) => {
      const save = () => void download(reportPath(this.id, format), `${practice.title} ${day}.${ending}`).catch((error) => this.say(reasonOf(error)));
      return h("button", { type: "button", "data-format": format, onclick: save }, t(`report.export.${format}`));
    };
    return h(
      "p",
      { class: "actions" },
      h("a", { class: "primary", href: hashOf(["practice", "new", practice.kind]) }, t("practice.another")),
      kept && practice.conversation_id && h("a", { class: "plain", id: "talk-open", href: hashOf(["history", practice.conversation_id]) }, t("report.talk")),
      menu(t("report.export"), [exportButton("pdf", "pdf"), exportButton("markdown", "md"), h("button", { type: "button", id: "print", onclick: () => print() }, t("report.print"))]),
    );
  }

  /** @param {string} text read out, so it is written only where it changes */
  say(text) {
    if (this.word.textContent !== text) this.word.textContent = text;
  }

  /** Ask how far it is, and again, until all of it is there. */
  async follow() {
    const { signal } = this.closing;
    try {
      const told = await fetchReport(this.id, signal);
      if (signal.aborted) return;
      await this.show(told);
      if (told.state === "ready" && !this.soundMayCome) return;
      if (told.state === "none" && (LEFT.has(told.reason) || performance.now() - this.begun > BEGUN_MS)) {
        return this.say(t(hasText(`report.none.${told.reason}`) ? `report.none.${told.reason}` : "report.none"));
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ServerRefused && error.problem === "log-in") return this.page.refused(error);
      this.say(t("report.waiting.server")); // It is asked again.
    }
    this.timer = setTimeout(() => void this.follow(), this.pause);
    this.pause = Math.min(LAST_MS, this.pause * SLOWER);
  }

  /** @param {Report} told */
  async show(told) {
    const { context } = this;
    if (!context) return;
    if (told.state !== "none" && told.conversation_id && (!context.clips.conversation || this.soundMayCome)) await this.lookForTalk();
    const names = ORDER.filter((name) => told.parts[name]);
    for (const name of names) {
      let section = this.sections.find((one) => one.name === name);
      if (!section) {
        section = new Section(name, context);
        this.sections.push(section);
        this.sections.sort((one, other) => ORDER.indexOf(one.name) - ORDER.indexOf(other.name));
        const next = this.sections[this.sections.indexOf(section) + 1];
        this.body.insertBefore(section.element, next?.element ?? null);
      }
      section.show(told.parts[name]);
    }
    const done = names.filter((name) => told.parts[name].state !== "waiting").length;
    if (told.state === "ready") this.say("");
    else if (told.state === "none") this.say(t(told.reason === "going" ? "report.none.going" : "report.begins"));
    else this.say(names.length ? t("report.making", { done, count: names.length }) : t("report.begins"));
  }

  /** Whether the talk was recorded just now: its sound is stored last. */
  get soundMayCome() {
    const { talk } = this;
    if (!talk || talk.recorded || !preferences.record) return false;
    return !talk.ended_at || Date.now() - Date.parse(talk.ended_at) < STORED_MS;
  }

  /** The talk may have been kept, with its sound, only a moment after the report was opened. */
  async lookForTalk() {
    const { context, closing } = this;
    const practice = await fetchPractice(this.id, closing.signal);
    if (!context || !practice.conversation_id) return;
    const talk = await fetchConversation(practice.conversation_id, closing.signal).catch(() => null);
    if (!talk || closing.signal.aborted) return;
    const { conversation, recorded } = context.clips;
    this.talk = talk;
    if (conversation === practice.conversation_id && recorded === talk.recorded) return;
    context.clips.close();
    context.practice = practice;
    context.clips = new Clips(practice.conversation_id, talk.recorded);
    this.showHead(practice, talk);
  }

  async remake() {
    try {
      clearTimeout(this.timer);
      await this.show(await remakeReport(this.id));
      this.begun = performance.now();
      this.pause = FIRST_MS;
      await this.follow();
    } catch (error) {
      if (!(error instanceof ServerRefused)) throw error;
      this.say(reasonOf(error));
    }
  }

  removal() {
    const words = { question: t("practice.delete.sure"), yes: t("practice.delete"), no: t("practice.delete.no") };
    const remove = () =>
      deletePractice(this.id).then(
        () => go(hashOf(["practice"])),
        (error) => this.say(reasonOf(error)),
      );
    return askFirst(h("button", { type: "button", class: "plain", id: "delete" }, t("practice.delete")), words, () => void remove());
  }

  /** What is folded is printed too. @param {boolean} open */
  unfold(open) {
    for (const details of this.body.querySelectorAll("details")) {
      if (open && !details.open) details.dataset.unfolded = "";
      else if (open || details.dataset.unfolded === undefined) continue;
      else delete details.dataset.unfolded;
      details.open = open;
    }
  }
}

/** @param {string} label @param {HTMLButtonElement[]} buttons */
function menu(label, buttons) {
  const menu = h("details", { id: "export", class: "menu" }, h("summary", { class: "plain" }, label), h("ul", {}, ...buttons.map((button) => h("li", {}, button))));
  for (const button of buttons) button.addEventListener("click", () => (menu.open = false));
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !menu.contains(relatedTarget)) menu.open = false;
  });
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  return menu;
}

const missing = () => h("div", { class: "panel", role: "alert" }, h("h1", {}, t("practice.missing.title")), h("p", {}, t("practice.missing.text")));
