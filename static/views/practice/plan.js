/** A practice before it is talked: what will be asked, with whom, and whether it is recorded. */
import { applyAccent } from "../../components/accent.js";
import { askFirst } from "../../components/confirm.js";
import { h, icon } from "../../components/dom.js";
import { faceOf } from "../../components/portraits.js";
import { reasonOf } from "../../components/reasons.js";
import { hasText, languageName, localized, t } from "../../i18n.js";
import { preferences, savePreferences } from "../../preferences.js";
import { fetchStatus, ServerRefused } from "../../protocol/api.js";
import { fetchFound } from "../../protocol/discover.js";
import { deletePractice, fetchPractice, fitPlan } from "../../protocol/practice.js";
import { go, hashOf } from "../../router.js";
import { remembered } from "./choices.js";

/** @typedef {import("../../protocol/practice.js").Practice} Practice */
/** @typedef {import("../../protocol/api.js").Character} Character */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page @param {string} id */
export function plan(root, page, id) {
  const closing = new AbortController();
  const { signal } = closing;
  const back = h("a", { class: "quiet back", href: hashOf(["practice"]), html: icon("back") }, h("span", {}, t("practice")));
  const view = h("section", { class: "view practice plan", "aria-busy": "true" }, back);
  root.append(view);
  const begin = async () => {
    const practice = await fetchPractice(id, signal);
    const character = page.characters.find((one) => one.id === practice.character_id) ?? (await fetchFound(practice.character_id, signal).catch(() => null));
    const status = await fetchStatus().catch(() => null);
    if (signal.aborted) return;
    new Plan(view, page, practice, character, status?.language_model.connected ?? false, signal);
    page.prepare();
  };
  begin()
    .catch((error) => {
      if (signal.aborted) return;
      if (error instanceof ServerRefused && error.status === 404) view.append(missing());
      else page.refused(error);
    })
    .finally(() => view.removeAttribute("aria-busy"));
  return { close: () => closing.abort() };
}

const missing = () => h("div", { class: "panel", role: "alert" }, h("h1", {}, t("practice.missing.title")), h("p", {}, t("practice.missing.text")));

class Plan {
  /**
   * @param {HTMLElement} view @param {import("../../app.js").PageContext} page @param {Practice} practice @param {Character | null} character
   * @param {boolean} connected whether there is a language model @param {AbortSignal} signal
   */
  constructor(view, page, practice, character, connected, signal) {
    this.page = page;
    this.practice = practice;
    this.character = character;
    this.signal = signal;
    this.steps = h("div", { id: "plan" });
    this.word = h("p", { class: "note", role: "status" });
    if (character) applyAccent(document.documentElement, character.accent);
    page.title(practice.title);
    view.append(this.header(), this.beginning(), ...this.fitting(connected), this.word, this.steps, this.removal());
    this.show();
  }

  header() {
    const { practice, character } = this;
    const about = [t(`practice.${practice.kind}`), t("length.minutes", { minutes: practice.minutes }), languageName(practice.language), character && localized(character.name)];
    return h(
      "header",
      {},
      character && h("div", { class: "face", html: faceOf(character) }),
      h("div", { class: "words" }, h("h1", { class: "name", dir: "auto" }, practice.title), h("p", { class: "tongues" }, about.filter(Boolean).join(" · "))),
    );
  }

  beginning() {
    const { practice, character } = this;
    if (practice.state === "over") {
      return h("div", { class: "panel" }, h("p", {}, t("practice.is-over")), h("p", { class: "actions" }, h("a", { class: "primary", href: hashOf(["practice", practice.id, "report"]) }, t("practice.to-report")), this.again()));
    }
    const box = h("input", { id: "record", type: "checkbox", role: "switch", checked: preferences.record, "aria-describedby": "record-why" });
    box.onchange = () => savePreferences({ record: box.checked });
    const label = t(practice.state === "going" ? "practice.go-on" : "practice.begin");
    return h(
      "div",
      { class: "beginning" },
      practice.place && h("p", { dir: "auto" }, practice.place),
      practice.you && h("p", { class: "roles" }, t("practice.roles", { you: practice.you, they: practice.they })),
      h("label", { class: "switch" }, box, h("span", {}, t("practice.record"))),
      h("p", { class: "note", id: "record-why" }, t("practice.record.why")),
      character
        ? h("p", { class: "actions" }, h("button", { type: "button", class: "primary", id: "begin", onclick: () => this.begin(character), onpointerenter: this.page.prepare }, label))
        : h("p", { class: "problem", role: "alert" }, t("practice.nobody")),
    );
  }

  again() {
    return h("a", { class: "plain", href: hashOf(["practice", "new", this.practice.kind]) }, t("practice.another"));
  }

  /** @param {Character} character */
  begin(character) {
    const { id, kind, language, scene, state, conversation_id } = this.practice;
    // How long is waited for somebody who thinks is the practice's to know, unless it is to be short; how fast is spoken, too.
    const manner = { patience: remembered(kind).patience === "quick" ? /** @type {const} */ ("quick") : /** @type {const} */ ("normal") };
    const practised = { id, kind, language, subtitles: scene?.subtitles ?? true, hints: scene?.hints ?? true, manner };
    this.page.talk(character, { language, practice: practised, ...(state === "going" && conversation_id && { id: conversation_id }) });
  }

  /** The plan was made by rules; a language model can fit it to advert and CV. @param {boolean} connected */
  fitting(connected) {
    const { interview, state } = this.practice;
    if (state !== "ready" || !interview || !(interview.advert || interview.resume)) return [];
    if (!connected) return [h("p", { class: "note" }, t("practice.fit.none"), " ", h("a", { class: "link", href: hashOf(["settings", "server"]) }, t("practice.fit.how")))];
    const button = h("button", { type: "button", class: "plain", id: "fit" }, t("practice.fit"));
    const going = h("div", { class: "going", hidden: true }, h("progress", { "aria-label": t("practice.fit") }));
    button.onclick = async () => {
      button.disabled = true;
      going.hidden = false;
      this.word.textContent = t("practice.fit.going");
      try {
        const { practice, made_by, reason } = await fitPlan(this.practice.id, this.signal);
        this.practice = practice;
        this.show();
        const key = made_by === "model" ? "practice.fit.done" : `practice.fit.${reason}`;
        this.word.textContent = hasText(key) ? t(key) : t("practice.fit.model_failed");
      } catch (error) {
        if (this.signal.aborted) return;
        const { code } = /** @type {any} */ (error);
        this.word.textContent = hasText(`practice.fit.${code}`) ? t(`practice.fit.${code}`) : reasonOf(error);
      } finally {
        button.disabled = false;
        going.hidden = true;
      }
    };
    return [h("div", { class: "fitting" }, button, going)];
  }

  show() {
    const { kind, steps, phrases, due } = this.practice;
    const named = steps.map((step) => h("li", { "data-step": step.id }, h("span", { class: "name", dir: "auto" }, step.title), step.card && h("span", { class: "tongues" }, t("practice.from-card"))));
    const waiting = Object.keys(due).length;
    this.steps.replaceChildren(
      h("h2", {}, t("practice.steps")),
      h("ol", { class: "steps" }, ...named),
      ...(waiting ? [h("p", { class: "note" }, t("practice.due", { count: waiting }))] : []),
      ...(kind === "interview" ? [folded("practice.asked", steps.map(({ ask }) => h("li", { dir: "auto" }, ask[0] ?? "")))] : []),
      ...(phrases.length ? [folded("practice.phrases", phrases.map(({ text, meaning }) => h("li", {}, h("span", { dir: "auto" }, text), meaning && h("span", { class: "tongues", dir: "auto" }, meaning))))] : []),
    );
  }

  removal() {
    const words = { question: t("practice.delete.sure"), yes: t("practice.delete"), no: t("practice.delete.no") };
    const remove = async () => {
      try {
        await deletePractice(this.practice.id);
        go(hashOf(["practice"]));
      } catch (error) {
        this.word.textContent = reasonOf(error);
      }
    };
    return h("p", { class: "actions" }, askFirst(h("button", { type: "button", class: "plain", id: "delete" }, t("practice.delete")), words, () => void remove()));
  }
}

/** @param {string} key @param {HTMLElement[]} items */
const folded = (key, items) => h("details", { class: "folded" }, h("summary", {}, t(key)), h("ul", { class: "lines" }, ...items));
