/** The talk: the character in the middle, what is said below, one row of controls. */
import { applyAccent } from "../../components/accent.js";
import { h, icon, iconButton } from "../../components/dom.js";
import { hasText, localized, t } from "../../i18n.js";
import { faceOf } from "../../components/portraits.js";
import { Ring } from "../../components/ring.js";
import { Captions } from "./captions.js";
import { hearing } from "../choose.js";
import { PracticePanel } from "./practice.js";
import { explanation, problemOf, problemPanel } from "./problem.js";
import { RememberedChips } from "./remembered.js";
import { SilentMicrophone } from "./silent-microphone.js";
import "./texts.js";

/** Keys are for the page unless something on it wants them. */
const WANTS_KEYS = "input, textarea, select, summary, a, dialog, dialog *";

/** @typedef {import("../../conversation/conversation.js").Notice} Notice */
/** @typedef {{ end: () => void, settings: (section?: string) => void }} Actions */

/**
 * What stays when the view is drawn again: a line half typed, and the silent microphone nobody wants to be told of.
 * @typedef {{ draft: string, dismissed: import("../../audio/microphone.js").Microphone | null }} Kept
 */

/** @param {HTMLElement} root @param {import("../../conversation/call.js").Call} call @param {Actions} actions @param {Kept} kept */
export function talk(root, call, actions, kept) {
  return new TalkView(root, call, actions, kept);
}

class TalkView {
  /** @param {HTMLElement} root @param {import("../../conversation/call.js").Call} call @param {Actions} actions @param {Kept} kept */
  constructor(root, call, actions, kept) {
    this.call = call;
    this.actions = actions;
    this.kept = kept;
    this.problem = "";
    this.frame = 0;
    this.dirty = true;
    /** @type {Map<HTMLElement, string>} what the notes show now, to leave them alone while it is the same */
    this.said = new Map();
    this.captions = new Captions(call);
    this.practice = call.practice && new PracticePanel(call, call.practice, () => actions.end());
    this.canvas = h("canvas", { class: "ring", "aria-hidden": "true" });
    this.status = h("p", { id: "status", role: "status" });
    this.keeping = h("p", { id: "keeping", role: "status" });
    this.panel = h("div");
    this.notice = h("div");
    this.hint = h("div");
    this.remembered = new RememberedChips(call, () => this.mute.focus());
    this.silence = new SilentMicrophone(call, kept, () => this.mute.focus());
    this.say = h("input", {
      id: "say",
      type: "text",
      value: kept.draft,
      oninput: () => (kept.draft = this.say.value),
      placeholder: t("say"),
      "aria-label": t("say"),
      autocomplete: "off",
      enterkeyhint: "send",
      dir: "auto",
    });
    this.mute = iconButton("microphone", t("mute"), { id: "mute", class: "round main", onclick: () => void call.toggleMicrophone() });
    this.stop = iconButton("stop", t("stop"), { id: "stop", onclick: () => void call.interrupt() });
    this.element = this.build();
    root.append(this.element);
    applyAccent(document.documentElement, call.character.accent);
    if (hearing(call.character, call.language)) this.toggleTyping(true, false);
    this.ring = new Ring(this.canvas);
    this.lifetime = new AbortController();
    const { signal } = this.lifetime;
    addEventListener("keydown", (event) => this.pressed(event), { signal });
    this.restart = restartButton(call);
    if (!call.practice) document.querySelector("#corner")?.prepend(this.restart); // A practice is talked once.
    this.render();
    this.tick = this.tick.bind(this);
    this.frame = requestAnimationFrame(this.tick);
  }

  build() {
    const { call } = this;
    const name = localized(call.character.name);
    return h(
      "section",
      { class: this.practice ? "talk practising" : "talk", "aria-label": name },
      h(
        "div",
        { class: "person" },
        h("div", { class: "face" }, this.canvas, h("span", { html: faceOf(call.character) })),
        h("h1", { class: "name", dir: "auto" }, name),
        this.status,
        this.keeping,
      ),
      this.practice && this.practice.element,
      this.captions.element,
      h("div", { class: "notes" }, this.practice && this.practice.told, this.remembered.element, this.silence.element, this.panel, this.notice, this.hint),
      h(
        "div",
        { class: "below" },
        this.practice && this.practice.aids,
        h("form", { class: "saying", onsubmit: (/** @type {SubmitEvent} */ event) => this.sent(event) }, this.say, this.sendButton()),
        this.controls(),
        h("p", { class: "keys" }, t("hint.keys")),
      ),
    );
  }

  sendButton() {
    return h("button", { id: "send", class: "round", "aria-label": t("send"), title: t("send"), html: icon("send") });
  }

  controls() {
    return h(
      "div",
      { class: "controls", role: "group", "aria-label": t("controls") },
      iconButton("keyboard", t("keyboard"), { id: "keyboard", "aria-expanded": "false", onclick: () => this.toggleTyping() }),
      this.stop,
      this.mute,
      iconButton("settings", t("settings"), { id: "settings-open", onclick: () => this.actions.settings() }),
      iconButton("end", t("end"), { id: "end", onclick: () => this.actions.end() }),
    );
  }

  /** The call changed: show it with the next frame. */
  changed() {
    this.dirty = true;
    if (document.hidden) this.render();
  }

  close() {
    this.lifetime.abort();
    cancelAnimationFrame(this.frame);
    this.ring.close();
    this.captions.close();
    this.silence.close();
    this.remembered.close();
    this.practice?.close();
    this.restart.remove();
  }

  // --- Drawing -------------------------------------------------------------------------------------------------------

  /** @param {number} now */
  tick(now) {
    this.frame = requestAnimationFrame(this.tick);
    if (this.dirty) this.render();
    const { state } = this.call;
    const level = this.call.audio.level();
    const user = level.user.toFixed(1);
    if (user !== this.mute.style.getPropertyValue("--level")) this.mute.style.setProperty("--level", user);
    if (state !== this.ring.state || this.ring.moves(now)) {
      this.ring.draw(state, state === "speaking" ? level.character : level.user, now);
    }
    if (state === "speaking" || state === "paused") this.captions.light();
    if (this.problem === "reconnecting" || this.problem === "waiting") this.recount();
  }

  render() {
    this.dirty = false;
    const { call } = this;
    const { state } = call;
    const status = statusOf(call);
    if (this.status.textContent !== status) this.status.textContent = status; // It is read out whenever it is written.
    const kept = keepingOf(call.conversation.keeping);
    if (this.keeping.textContent !== kept) this.keeping.textContent = kept;
    this.keeping.toggleAttribute("data-recording", call.conversation.keeping?.recording ?? false);
    this.captions.render();
    if (!call.busy && document.activeElement === this.stop) this.mute.focus(); // What is disabled loses the focus.
    this.stop.disabled = !call.busy;
    this.showMuted(!call.audio.listening && state !== "asking");
    this.silence.render();
    this.remembered.render();
    this.practice?.render();
    this.element.classList.toggle("begun", call.conversation.lines.some((line) => line.text));
    this.annotate();
  }

  /** @param {boolean} off */
  showMuted(off) {
    if (this.mute.getAttribute("aria-pressed") === String(off)) return;
    this.mute.innerHTML = icon(off ? "muted" : "microphone");
    this.mute.setAttribute("aria-pressed", String(off));
    const label = t(off ? "unmute" : "mute");
    this.mute.title = label;
    this.mute.setAttribute("aria-label", label);
  }

  /** What is said besides the conversation: problem first, then a notice, then a hint. */
  annotate() {
    const { call } = this;
    const problem = problemOf(call);
    if (problem !== this.problem && ["refused", "no-microphone", "busy", "insecure"].includes(problem)) this.toggleTyping(true, false);
    this.problem = problem;
    const { notice, failure } = call.conversation;
    const hears = !problem && hearing(call.character, call.language);
    const quiet = !problem && !notice && !hears && !this.silence.shown && call.conversation.lines.length === 0;
    this.note(this.panel, problem && JSON.stringify([problem, failure]), () => problemPanel(call, problem, () => this.typeInstead()));
    this.note(this.notice, notice && JSON.stringify(notice), () => noticeOf(call, /** @type {Notice} */ (notice)));
    this.note(this.hint, hears || (quiet && t("hint")), (text) => (hears ? this.hearingNote(text) : h("p", { class: "note" }, text)));
  }

  /**
   * Say something, or nothing; what is said already is left alone, with what is being typed into it. The focus in it goes to the
   * same button of what comes instead, or to the controls.
   * @param {HTMLElement} place @param {string | false | null} text @param {(text: string) => HTMLElement} make
   */
  note(place, text, make) {
    if ((this.said.get(place) ?? "") === (text || "")) return;
    this.said.set(place, text || "");
    const focused = place.contains(document.activeElement) ? document.activeElement?.id : null;
    place.replaceChildren(...(text ? [make(text)] : []));
    if (focused === null) return;
    const again = focused && place.querySelector(`#${focused}`);
    (again instanceof HTMLElement ? again : this.mute).focus();
  }

  /** @param {string} text */
  hearingNote(text) {
    const how = h("button", { type: "button", class: "link", onclick: () => this.actions.settings("server") }, t("hears.how"));
    return h("p", { class: "note" }, text, " ", how);
  }

  /** What is being waited for comes nearer. */
  recount() {
    const line = this.panel.querySelector(".because");
    const text = explanation(this.call, this.problem);
    if (line && line.textContent !== text) line.textContent = text;
  }

  // --- What the person does ------------------------------------------------------------------------------------------

  /** @param {SubmitEvent} event */
  sent(event) {
    event.preventDefault();
    const text = this.say.value.trim();
    if (!text || !this.call.reachable) return;
    this.say.value = this.kept.draft = "";
    this.captions.following = true;
    void this.call.say(text);
  }

  typeInstead() {
    this.toggleTyping(true);
    this.call.typeInstead();
  }

  /** On phones the line for typing comes and goes; elsewhere it is always there. @param {boolean} [open] @param {boolean} [focus] */
  toggleTyping(open = !this.element.classList.contains("typing"), focus = true) {
    this.element.classList.toggle("typing", open);
    const visible = this.say.offsetParent !== null;
    this.element.querySelector("#keyboard")?.setAttribute("aria-expanded", String(visible));
    if (focus && visible) this.say.focus();
  }

  /** Space talks or stops, escape interrupts, slash types. @param {KeyboardEvent} event */
  pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      if (document.activeElement === this.say) this.say.blur();
      void this.call.interrupt();
      return;
    }
    const target = /** @type {Element} */ (event.target);
    if (target.matches(WANTS_KEYS)) return;
    if (event.key === "/") {
      event.preventDefault();
      this.toggleTyping(true);
    } else if (event.key === " " && !target.matches("button")) {
      event.preventDefault();
      if (event.repeat) return;
      if (this.call.busy) void this.call.interrupt();
      else void this.call.toggleMicrophone();
    } else if (this.practice?.pressed(event.key)) event.preventDefault();
  }
}

/** @param {import("../../conversation/call.js").Call} call */
function statusOf(call) {
  const { thought, slow } = call.conversation;
  // Also while a filler is heard: what it says of itself is that the answer is still to come.
  if (thought && (call.state === "thinking" || call.state === "speaking")) return t(`state.thought.${thought}`);
  if (call.state === "thinking" && slow) return t("state.slow");
  if (call.state === "resting" && !call.audio.listening) return t("state.resting.muted");
  if (call.state === "resting" && call.microphoneSilent) return t("state.resting.silent");
  return t(`state.${call.state}`);
}

/** Whether it is recorded, or why it is not kept; nothing where all is as usual. @param {import("../../conversation/conversation.js").Keeping | null} keeping */
function keepingOf(keeping) {
  if (keeping?.recording) return t("keeping.recording");
  if (!keeping) return "";
  if (keeping.kept) return keeping.reason ? t("keeping.no-sound") : "";
  return t(hasText(`keeping.${keeping.reason}`) ? `keeping.${keeping.reason}` : "keeping.not");
}

/** @param {import("../../conversation/call.js").Call} call @param {Notice} notice */
function noticeOf(call, notice) {
  const text = hasText(`notice.${notice.code}`) ? t(`notice.${notice.code}`, { name: notice.message }) : notice.message;
  const dismiss = () => call.dispatch({ type: "page.notice_dismissed" });
  return h(
    "div",
    { class: "notice", role: "status", "data-level": notice.level },
    h("p", { dir: "auto" }, text),
    iconButton("close", t("dismiss"), { class: "round small", onclick: dismiss }),
  );
}

/** @param {import("../../conversation/call.js").Call} call */
function restartButton(call) {
  const label = t("restart");
  const properties = { type: "button", id: "restart", class: "quiet", "aria-label": label, title: label, html: icon("restart") };
  return h("button", { ...properties, onclick: () => void call.restart() }, h("span", {}, label));
}
