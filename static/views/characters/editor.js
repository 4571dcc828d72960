/** Make and edit a character: the form, what it looks and sounds like beside it, and what is kept of it. */
import { applyAccent } from "../../components/accent.js";
import { h, icon, segmentedControl } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { language as pageLanguage, languageName, t } from "../../i18n.js";
import { fetchVoices, givePicture, removePicture, saveVersion } from "../../protocol/characters.js";
import { randomPortrait } from "../../components/portrait-parts.js";
import { hashOf, replaceAddress } from "../../router.js";
import { cardOf } from "./card.js";
import { goOn, lookForOthers, savedElsewhere } from "./conflict.js";
import { DraftKeeper } from "./draft-keeper.js";
import { Faults } from "./faults.js";
import { addLanguage, blank, isBlank, mainLanguage, putAt, removeLanguage, spelledOut, textIn, tidied, valueAt } from "./form/paths.js";
import { sections } from "./form/sections.js";
import { Preview } from "./preview.js";
import { proposal } from "./propose.js";
import { toolsMenu } from "./tools.js";
import { unsentOf } from "./unsent.js";

const WRITTEN = ["en", "zh"];

/** Why a draft is not kept, by the status of the answer, besides that there was none. @type {Record<number, string>} */
const UNKEPT = { 401: ".log-in", 404: ".gone", 413: ".large" };

/** @typedef {import("../../protocol/characters.js").Made} Made */
/** @typedef {import("../../protocol/characters.js").CharacterFile} CharacterFile */

export class Editor {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page @param {Made | null} made null for a new one */
  constructor(root, page, made) {
    this.page = page;
    this.made = made;
    const left = unsentOf(made?.id ?? "");
    /** @type {CharacterFile} */
    this.file = spelledOut(left?.draft ?? made?.draft ?? made?.file ?? blank(pageLanguage, randomPortrait()));
    this.language = this.file.languages.includes(pageLanguage) ? pageLanguage : mainLanguage(this.file);
    this.closing = new AbortController();
    /** @type {{ id: string, name: string, language?: string }[]} */
    this.voices = [];
    this.keeper = new DraftKeeper(made?.id ?? "", made?.updated_at ?? "", () => tidied(this.file), {
      changed: (state, error) => this.showKeeping(state, error),
      begun: (begun) => this.begun(begun),
    });
    this.word = h("p", { class: "note", role: "status", id: "kept" });
    this.alert = h("div", { role: "alert" });
    this.heading = h("h1", { dir: "auto" });
    this.save = h("button", { type: "button", class: "primary", id: "save", onclick: () => void this.saveVersion() }, t("editor.save"));
    this.tongues = h("div", { class: "tongues-bar" });
    this.fields = h("div", { class: "sections" });
    this.menu = h("div");
    this.preview = new Preview({
      file: () => this.file,
      picture: () => this.made?.picture ?? "",
      language: () => this.language,
      ask: () => void this.ask(),
      goTo: (field) => this.goTo(field),
    });
    root.append(
      h(
        "section",
        { class: "view editor" },
        h("a", { class: "quiet back", href: hashOf(["characters"]), html: icon("back") }, h("span", {}, t("characters"))),
        h("header", {}, h("div", { class: "words" }, this.heading, this.word), h("div", { class: "tools" }, this.menu, this.save)),
        this.alert,
        h("div", { class: "columns" }, h("div", { class: "writing" }, proposal(this), this.tongues, this.fields), this.preview.element),
      ),
    );
    this.faults = new Faults(this.fields, () => this.file, (problems, warnings) => this.preview.tell(problems, warnings));
    this.draw();
    this.showKeeping("kept");
    if (left) goOn(this, left);
    void this.faults.check();
    document.addEventListener("visibilitychange", () => document.hidden || void lookForOthers(this), { signal: this.closing.signal });
    void fetchVoices().then((voices) => this.gotVoices(voices), () => {});
  }

  close() {
    this.closing.abort();
    this.faults.close();
    this.keeper.close();
    this.preview.close();
  }

  // --- What is shown -------------------------------------------------------------------------------------------------

  draw() {
    /** @type {import("./form/fields.js").Form} */
    const form = { language: this.language, get: (path) => valueAt(this.file, path), put: (path, value) => this.put(path, value) };
    const picture = {
      shown: this.made?.picture ?? "",
      give: (/** @type {Blob} */ blob, /** @type {import("./form/crop.js").Square} */ square) => this.givePicture(blob, square),
      remove: () => this.removePicture(),
    };
    this.tongues.replaceChildren(...this.languageBar());
    this.fields.replaceChildren(...sections(form, { picture, voices: this.voices, hear: () => this.preview.hear(), redraw: () => this.draw() }));
    this.menu.replaceChildren(...(this.made ? [toolsMenu(this, this.made)] : []));
    this.showName();
    this.preview.show();
    this.faults.show();
  }

  showName() {
    const name = textIn(this.file, "name", pageLanguage);
    this.heading.textContent = name || t("editor.new");
    this.page.title(name || t("editor.new"));
    applyAccent(document.documentElement, this.file.accent ?? "");
  }

  languageBar() {
    const { languages } = this.file;
    const offered = [...new Set([...languages, ...WRITTEN])];
    const bar = segmentedControl("writing", t("editor.language"), offered.map((code) => [code, languageName(code)]), this.language, (code) => {
      this.language = code;
      this.draw();
      /** @type {HTMLElement | null} */ (this.tongues.querySelector(`[value="${code}"]`))?.focus();
    });
    if (languages.includes(this.language)) {
      const remove = languages.length > 1 && isBlank({ languages: [this.language], [this.language]: this.file[this.language] });
      return remove ? [bar, this.languageButton("editor.language.remove", () => this.dropLanguage())] : [bar];
    }
    const name = languageName(this.language);
    this.fields.hidden = true;
    return [bar, h("p", { class: "note" }, t("editor.language.absent", { language: name })), this.languageButton("editor.language.add", () => this.takeLanguage())];
  }

  /** @param {string} key @param {() => void} act */
  languageButton(key, act) {
    return h("button", { type: "button", class: "plain", id: "language-change", onclick: act }, t(key, { language: languageName(this.language) }));
  }

  takeLanguage() {
    addLanguage(this.file, this.language);
    this.put("languages", this.file.languages);
    this.draw();
    /** @type {HTMLElement | null} */ (this.fields.querySelector("input"))?.focus();
  }

  dropLanguage() {
    removeLanguage(this.file, this.language);
    this.language = mainLanguage(this.file);
    this.put("languages", this.file.languages);
    this.draw();
  }

  /** @param {import("./draft-keeper.js").Keeping} state @param {any} [error] why it is not kept */
  showKeeping(state, error) {
    const version = this.made?.version ?? 0;
    const draft = state !== "kept" || this.keeper.id === "" || this.made?.draft;
    const talks = draft && version > 0 ? t("editor.talks", { version }) : "";
    const key = state === "kept" ? (!this.keeper.id ? "editor.unbegun" : draft ? "editor.kept" : "editor.saved") : `editor.${state}${UNKEPT[error?.status] ?? ""}`;
    this.word.textContent = [t(key, { version }), talks].filter(Boolean).join(" ");
    this.word.dataset.state = state;
  }

  /** @param {{ id: string, name: string, language?: string }[]} voices */
  gotVoices(voices) {
    if (this.closing.signal.aborted) return;
    this.voices = voices;
    if (!this.fields.contains(document.activeElement)) this.draw();
  }

  // --- What is written -----------------------------------------------------------------------------------------------

  /** @param {string} path @param {any} value */
  put(path, value) {
    putAt(this.file, path, value);
    this.changed();
  }

  changed() {
    if (this.made) this.made.draft = this.file;
    this.keeper.changed();
    this.showName();
    this.preview.show();
    this.faults.changed();
  }

  /** In place of all that is written. @param {CharacterFile} file */
  replace(file) {
    this.file = spelledOut(file);
    if (!file.languages.includes(this.language)) this.language = mainLanguage(file);
    this.changed();
    this.draw();
  }

  /** @param {Made} begun */
  begun(begun) {
    this.made = { ...begun, draft: this.file };
    if (!this.closing.signal.aborted) replaceAddress(hashOf(["characters", begun.id]));
    this.menu.replaceChildren(toolsMenu(this, this.made));
  }

  /** To a field, in whatever language it is. @param {string} path */
  goTo(path) {
    const [language] = path.split(".");
    if (this.file.languages.includes(language) && language !== this.language) {
      this.language = language;
      this.draw();
    }
    this.faults.goTo(path);
  }

  // --- What is done with it ------------------------------------------------------------------------------------------

  async saveVersion() {
    this.save.disabled = true;
    this.alert.replaceChildren();
    try {
      if (!(await this.keeper.flush()) || !this.made) return this.warn(reasonOf(this.keeper.error ?? {}));
      await this.saveOver(this.made.etag ?? "");
    } finally {
      this.save.disabled = false;
    }
  }

  /** Save it in place of the version that the tag tells. @param {string} etag */
  async saveOver(etag) {
    const { id, changes } = this.keeper;
    try {
      this.saved(await saveVersion(id, etag, tidied(this.file)), this.keeper.changes > changes);
    } catch (error) {
      await this.notSaved(/** @type {import("../../protocol/api.js").ServerRefused} */ (error));
    }
  }

  /** @param {Made} made the version that it is now @param {boolean} written whether more was written since that was sent */
  saved(made, written) {
    this.made = made;
    this.page.charactersChanged();
    if (written) this.changed();
    else this.keeper.settled(made.updated_at);
    this.menu.replaceChildren(toolsMenu(this, this.made));
    this.alert.replaceChildren();
  }

  /** @param {import("../../protocol/api.js").ServerRefused} error */
  async notSaved(error) {
    if (error.status === 412) return savedElsewhere(this);
    const problems = error.status === 422 ? await this.faults.check() : [];
    if (!problems.length) return this.warn(reasonOf(error));
    this.insist();
  }

  /** Say that something is missing, and go there. */
  insist() {
    this.warn(t("editor.missing"));
    this.faults.sayAll();
    this.goTo(this.faults.problems[0].field);
  }

  /** What another wrote, in place of what is here. @param {Made} theirs */
  take(theirs) {
    this.made = theirs;
    this.file = spelledOut(theirs.draft ?? theirs.file ?? this.file);
    if (!this.file.languages.includes(this.language)) this.language = mainLanguage(this.file);
    this.keeper.settled(theirs.updated_at);
    this.draw();
    this.faults.changed();
  }

  /** What is here, in place of what another wrote. @param {Made} theirs */
  keepOver(theirs) {
    this.made = theirs;
    this.changed();
  }

  /** @param {string} text */
  warn(text) {
    this.alert.replaceChildren(h("p", { class: "problem" }, text));
  }

  /** A talk with what is written now. */
  async ask() {
    const context = new AudioContext({ latencyHint: "interactive" }); // In the press.
    const problems = await this.faults.check();
    const kept = problems.length === 0 && (await this.keeper.flush());
    if (!kept || !this.made) {
      void context.close();
      return problems.length ? this.insist() : this.warn(reasonOf(this.keeper.error ?? {}));
    }
    this.page.talkIn(cardOf(this.made, this.file, this.page.characters, this.made.draft !== null), context);
  }

  /** @param {Blob} blob @param {import("./form/crop.js").Square} square */
  async givePicture(blob, square) {
    if (!(await this.keeper.flush()) || !(await this.begin())) throw new Error("not kept");
    const { picture } = await givePicture(this.keeper.id, blob, square);
    if (this.made) this.made.picture = picture;
  }

  async removePicture() {
    await removePicture(this.keeper.id);
    if (this.made) this.made.picture = "";
  }

  /** Let the server know of it, though nothing may be written yet. */
  async begin() {
    if (this.keeper.id) return true;
    this.keeper.changed();
    return this.keeper.flush();
  }
}
