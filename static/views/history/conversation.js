/** One conversation that was kept: to read, hear, go on with, rename, pin, take away and delete. */
import { applyAccent } from "../../components/accent.js";
import { dayName, lengthOf, timeOfDay } from "../../components/dates.js";
import { h, icon } from "../../components/dom.js";
import { faceOf, UNKNOWN_ACCENT } from "../../components/portraits.js";
import { showUndoBar } from "../../components/undo-bar.js";
import { languageName, t } from "../../i18n.js";
import { ServerRefused } from "../../protocol/api.js";
import { download } from "../../protocol/download.js";
import { deleteConversation, editConversation, exportPath, fetchConversation, restoreConversation } from "../../protocol/history.js";
import { go, hashOf } from "../../router.js";
import { conversationOf } from "./continued.js";
import { Lines } from "./lines.js";
import { RecordingBar } from "./recording.js";
import { editableTitle } from "./title.js";

/** Formats, and how their files' names end. */
const FORMATS = { text: "txt", markdown: "md", json: "json", srt: "srt", audio: "ogg" };

/** How often a conversation that goes on is looked at again, and for how long after its end: its sound is stored last. */
const FOLLOW_MS = 1500;
const STORED_MS = 20_000;

/** @typedef {import("../../protocol/history.js").Kept} Kept */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export function conversation(root, page) {
  const [id, line] = page.address.rest;
  const closing = new AbortController();
  const view = h("section", { class: "view conversation", "aria-busy": "true" }, back(page.address.query.get("q") ?? ""));
  root.append(view);
  /** @type {Opened | null} */
  let opened = null;
  const show = (/** @type {Kept} */ kept) => {
    opened?.close();
    while (view.childElementCount > 1) view.lastElementChild?.remove();
    opened = new Opened(view, kept, page, show);
  };
  fetchConversation(id, closing.signal)
    .then((kept) => {
      if (closing.signal.aborted) return;
      show(kept);
      if (line) void opened?.lines.goTo(line);
    })
    .catch((error) => {
      if (closing.signal.aborted) return;
      if (error instanceof ServerRefused && error.status === 404) return view.append(missing());
      page.refused(error);
    })
    .finally(() => view.removeAttribute("aria-busy"));
  return {
    close() {
      closing.abort();
      opened?.close();
    },
  };
}

/** @param {string} q what was searched for */
const back = (q) => h("a", { class: "quiet back", href: hashOf(["history"], { q }), html: icon("back") }, h("span", {}, t("history.all")));

const missing = () =>
  h("div", { class: "panel", role: "alert" }, h("h1", {}, t("history.missing.title")), h("p", {}, t("history.missing.text")));

class Opened {
  /**
   * @param {HTMLElement} view @param {Kept} kept @param {import("../../app.js").PageContext} page
   * @param {(kept: Kept) => void} reopen for what looks different then
   */
  constructor(view, kept, page, reopen) {
    this.reopen = reopen;
    this.kept = kept;
    this.page = page;
    this.character = page.characters.find(({ id }) => id === kept.character.id);
    this.bar = kept.recorded ? new RecordingBar(kept.id, kept.length_ms, (ms) => this.lines.light(ms)) : null;
    this.lines = new Lines(kept, {
      wanted: page.address.query.get("q") ?? "",
      play: this.bar && ((line) => void this.bar?.playFrom(line.at_ms)),
      failed: () => this.say(t("history.failed")),
    });
    this.word = h("p", { class: "note", role: "status" });
    this.title = editableTitle(this.name, (title) => this.edit({ title }));
    this.pin = h("button", { type: "button", id: "pin", class: "plain", onclick: () => void this.edit({ pinned: !this.kept.pinned }) });
    this.told = h("p", { class: "tongues" });
    if (this.character) applyAccent(document.documentElement, this.character.accent);
    const face = faceOf(this.character ?? { portrait: kept.character.id, accent: UNKNOWN_ACCENT });
    view.append(
      h("header", {}, h("div", { class: "face", html: face }), h("div", { class: "words" }, this.title.element, this.told)),
      this.actions(),
      this.word,
      this.lines.element,
    );
    if (this.bar) view.append(this.bar.element);
    this.show(kept);
    void this.lines.fetchMore();
    this.timer = this.settled ? 0 : setTimeout(() => void this.follow(), FOLLOW_MS);
  }

  /** Whether nothing more comes of it. */
  get settled() {
    const { ended_at, recorded } = this.kept;
    return ended_at !== null && (recorded || Date.now() - Date.parse(ended_at) > STORED_MS);
  }

  /** A talk that goes on, or whose last words are just being written: what is said meanwhile is shown. */
  async follow() {
    const { signal } = this.lines.closing;
    try {
      const kept = await fetchConversation(this.kept.id, signal);
      await this.lines.fetchNew();
      if (signal.aborted) return;
      if (kept.recorded && !this.bar) return this.reopen(kept);
      this.show(kept);
      if (this.settled) return;
    } catch {
      if (signal.aborted) return; // Otherwise it is tried again.
    }
    this.timer = setTimeout(() => void this.follow(), FOLLOW_MS);
  }

  close() {
    clearTimeout(this.timer);
    this.lines.close();
    this.bar?.close();
  }

  get name() {
    return this.kept.title || this.kept.character.name;
  }

  /** @param {string} text */
  say(text) {
    this.word.textContent = text;
  }

  /** When, how long, with whom. */
  about() {
    const { kept } = this;
    const date = new Date(kept.talked_at);
    const lines = kept.lines === 1 ? t("history.lines.one") : t("history.lines", { count: kept.lines });
    const long = kept.ended_at ? lengthOf(kept.length_ms) : t("history.goes-on");
    return [`${dayName(date)}, ${timeOfDay(date)}`, kept.character.name, long, lines, languageName(kept.language)].join(" · ");
  }

  actions() {
    const { character, kept } = this;
    return h(
      "div",
      { class: "actions" },
      character && h("button", { type: "button", id: "continue", class: "primary", onclick: () => this.goOn(character) }, t("history.continue")),
      kept.practice_id && h("a", { class: "plain", id: "report-open", href: hashOf(["practice", kept.practice_id, "report"]) }, t("history.report")),
      h("button", { type: "button", id: "rename", class: "plain", onclick: () => this.title.edit() }, t("history.rename")),
      this.pin,
      this.exports(),
      h("button", { type: "button", id: "delete", class: "plain", onclick: () => void this.remove() }, t("history.delete")),
      !character && h("p", { class: "note" }, t("history.continue.gone", { name: kept.character.name })),
    );
  }

  exports() {
    const offered = Object.entries(FORMATS).filter(([format]) => format !== "audio" || this.kept.recorded);
    const menu = h(
      "details",
      { id: "export", class: "menu" },
      h("summary", { class: "plain" }, t("history.export")),
      h("ul", {}, ...offered.map(([format, ending]) => h("li", {}, this.exportButton(format, ending, () => (menu.open = false))))),
    );
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

  /** @param {string} format @param {string} ending @param {() => void} close */
  exportButton(format, ending, close) {
    const save = () => {
      close();
      const day = this.kept.talked_at.slice(0, 10);
      download(exportPath(this.kept.id, format), `${this.name} ${day}.${ending}`).catch(() => this.say(t("history.failed")));
    };
    return h("button", { type: "button", "data-format": format, onclick: save }, t(`history.export.${format}`));
  }

  /** @param {Kept} kept */
  show(kept) {
    this.kept = kept;
    if (!this.title.editing) this.title.show(this.name);
    this.told.textContent = this.about();
    this.pin.textContent = t(kept.pinned ? "history.unpin" : "history.pin");
    this.pin.setAttribute("aria-pressed", String(kept.pinned));
    this.page.title(this.name);
  }

  /** @param {import("../../app.js").Character} character */
  goOn(character) {
    const { id, language } = this.kept;
    this.page.talk(character, { id, language, conversation: conversationOf(this.lines.next === null ? this.lines.all : []) });
  }

  /** @param {{ title?: string, pinned?: boolean }} changes */
  async edit(changes) {
    this.say("");
    try {
      this.show(await editConversation(this.kept, changes));
    } catch (error) {
      if (!(error instanceof ServerRefused)) throw error;
      if (error.status !== 412) return this.say(t("history.failed"));
      this.show(await fetchConversation(this.kept.id, this.lines.closing.signal));
      this.say(t("history.changed"));
    }
  }

  async remove() {
    const { id } = this.kept;
    try {
      await deleteConversation(id);
      const act = () =>
        restoreConversation(id).then(
          () => (go(hashOf(["history", id])), t("history.undone")),
          () => t("history.undo.late"),
        );
      showUndoBar(t("history.deleted", { title: this.name }), { label: t("history.undo"), act });
      go(hashOf(["history"]));
    } catch (error) {
      if (!(error instanceof ServerRefused)) throw error;
      this.say(t("history.failed"));
    }
  }
}
