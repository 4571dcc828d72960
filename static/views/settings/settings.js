/** Settings: a view, and over a talk a dialog. Everything takes effect at once. */
import { fetchSample, fetchStatus } from "../../protocol/api.js";
import { MicrophoneUnavailable, openMicrophone } from "../../audio/microphone.js";
import { h, iconButton, keyFields, segmentedControl } from "../../components/dom.js";
import { hasText, languageName, localized, t } from "../../i18n.js";
import { serverKey, preferences, savePreferences } from "../../preferences.js";
import { hashOf } from "../../router.js";
import { copyableCommand, spokenWith } from "../choose.js";
import { chooseMicrophone, fillDevices } from "./device-choice.js";
import "../talk/texts.js";
import "./texts.js";

/**
 * @typedef {object} SettingsContext
 * @property {import("../../conversation/call.js").Call | null} call
 * @property {import("../../protocol/api.js").Character | undefined} character whose voice is tried
 * @property {() => void} captionsChanged
 */

/** As a dialog over a talk. @param {SettingsContext} context @param {string} [section] to show first */
export function settings(context, section = "") {
  const lifetime = new AbortController();
  const close = () => dialog.close();
  const dialog = h(
    "dialog",
    { id: "settings", "aria-label": t("settings"), onclose: () => (lifetime.abort(), dialog.remove()) },
    h("header", {}, h("h1", {}, t("settings")), iconButton("close", t("set.done"), { id: "settings-close", onclick: close })),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  document.body.append(dialog);
  fill(dialog, context, lifetime.signal, section);
  dialog.showModal();
  return dialog;
}

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export function open(root, { address, characters, captionsChanged }) {
  const lifetime = new AbortController();
  const character = characters.find(({ id }) => id === preferences.character) ?? characters[0];
  const view = h("section", { id: "settings", class: "view" }, h("h1", {}, t("settings")), elsewhere());
  root.append(view);
  fill(view, { call: null, character, captionsChanged }, lifetime.signal, address.rest[0]);
  return { close: () => lifetime.abort() };
}

/** What a narrow window's row of places has no room for. */
const elsewhere = () =>
  h("nav", { class: "ways", "aria-label": t("set.elsewhere") }, ...["files", "account"].map((view) => h("a", { class: "plain", href: hashOf([view]) }, t(view))));

/** @param {HTMLElement} place @param {SettingsContext} context @param {AbortSignal} signal aborted when it is closed @param {string} [section] */
function fill(place, context, signal, section) {
  const server = h("section", { id: "server" });
  const showServer = () => describeServer(server).then(() => server.scrollIntoView());
  place.append(
    h(
      "div",
      { class: "sheet" },
      h("section", {}, h("h2", {}, t("set.sound")), microphone(context, signal), speaker(context), volume(context), speed(context)),
      patience(context),
      captions(context),
      recording(context),
      keyForm(() => void showServer()),
      server,
    ),
  );
  void (section === "server" ? showServer() : describeServer(server));
}

/** A labelled control. @param {string} label @param {HTMLElement} control @param {...(HTMLElement | null | false)} more */
const field = (label, control, ...more) => h("div", { class: "field" }, h("label", { for: control.id }, label), control, ...more);

/** @param {SettingsContext} context @param {AbortSignal} signal */
function microphone(context, signal) {
  const choice = h("select", { id: "microphone" });
  const meter = h("meter", { id: "meter", min: 0, max: 1, value: 0, "aria-label": t("set.level"), hidden: !context.call?.audio.microphone });
  /** @type {(() => number) | null} */
  let level = context.call?.audio.microphone ? () => context.call?.audio.level().user ?? 0 : null;
  const test = h("button", { type: "button", class: "plain", id: "test-microphone", hidden: Boolean(level) }, t("set.test.microphone"));
  test.onclick = async () => {
    try {
      level = await listen(await openMicrophone(preferences.microphone), signal);
      test.hidden = true;
      meter.hidden = false;
      await fillDevices(choice, "audioinput", preferences.microphone);
    } catch (error) {
      if (!(error instanceof MicrophoneUnavailable)) throw error;
      test.replaceWith(h("p", { class: "note", role: "status" }, t(`problem.${error.problem}.text`)));
    }
  };
  choice.onchange = () => chooseMicrophone(context.call, choice.value);
  const follow = () => {
    if (signal.aborted) return;
    if (level) meter.value = level();
    requestAnimationFrame(follow);
  };
  follow();
  void fillDevices(choice, "audioinput", preferences.microphone);
  navigator.mediaDevices?.addEventListener("devicechange", () => void fillDevices(choice, "audioinput", preferences.microphone), { signal });
  return field(t("set.microphone"), choice, meter, test);
}

/** How loud a microphone is, until `signal`. @param {MediaStream} stream @param {AbortSignal} signal */
async function listen(stream, signal) {
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (signal.aborted) {
    stop();
    return () => 0;
  }
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  const wave = new Float32Array(analyser.fftSize);
  new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(analyser);
  signal.addEventListener("abort", () => {
    stop();
    void context.close();
  });
  return () => {
    analyser.getFloatTimeDomainData(wave);
    return Math.min(1, 3 * Math.hypot(...wave) / Math.sqrt(wave.length));
  };
}

/** @param {SettingsContext} context */
function speaker(context) {
  const audio = new Audio();
  const choice = h("select", { id: "speaker" });
  const test = h("button", { type: "button", class: "plain", id: "test-speaker" }, t("set.test.speaker"));
  test.onclick = async () => {
    if (!context.character) return;
    try {
      audio.src = URL.createObjectURL(await fetchSample(context.character.id, spokenWith(context.character)));
      audio.volume = preferences.volume;
      await /** @type {any} */ (audio).setSinkId?.(preferences.speaker);
      await audio.play();
    } catch {
      test.textContent = t("sample.none");
    }
  };
  if (!("setSinkId" in AudioContext.prototype)) return h("div", { class: "field" }, h("span", {}, t("set.speaker")), test);
  choice.onchange = () => {
    savePreferences({ speaker: choice.value });
    void context.call?.audio.useSpeaker();
  };
  void fillDevices(choice, "audiooutput", preferences.speaker);
  return field(t("set.speaker"), choice, test);
}

/** @param {SettingsContext} context */
function volume(context) {
  const range = h("input", { id: "volume", type: "range", min: 0, max: 1, step: 0.05, value: preferences.volume });
  range.oninput = () => {
    savePreferences({ volume: range.valueAsNumber });
    void context.call?.audio.useSpeaker();
  };
  return field(t("set.volume"), range);
}

/** @param {SettingsContext} context */
function speed(context) {
  const range = h("input", { id: "speed", type: "range", min: 0.7, max: 1.3, step: 0.05, value: context.call?.manner.speed ?? preferences.speed });
  const figure = h("output", { for: "speed" }, `${range.valueAsNumber} ×`);
  range.oninput = () => (figure.value = `${range.valueAsNumber} ×`);
  range.onchange = () => {
    savePreferences({ speed: range.valueAsNumber });
    context.call?.configure({ speed: range.valueAsNumber });
  };
  return field(t("set.speed"), range, figure);
}

/** @param {SettingsContext} context */
function patience(context) {
  const options = /** @type {[string, string][]} */ (["patient", "normal", "quick"].map((name) => [name, t(`set.patience.${name}`)]));
  return segmentedControl("patience", t("set.patience"), options, context.call?.manner.patience ?? preferences.patience, (value) => {
    const patience = /** @type {any} */ (value);
    savePreferences({ patience });
    context.call?.configure({ patience });
  });
}

/** @param {SettingsContext} context */
function recording(context) {
  const box = h("input", { id: "record", type: "checkbox", role: "switch", checked: preferences.record, "aria-describedby": "record-note" });
  box.onchange = () => {
    savePreferences({ record: box.checked });
    context.call?.configure();
  };
  return h(
    "section",
    {},
    h("label", { class: "switch" }, box, h("span", {}, t("set.record"))),
    h("p", { class: "note", id: "record-note" }, t("set.record.note")),
  );
}

/** @param {SettingsContext} context */
function captions(context) {
  const options = /** @type {[string, string][]} */ (["normal", "large", "huge"].map((name) => [name, t(`set.captions.${name}`)]));
  return segmentedControl("captions-size", t("set.captions"), options, preferences.captions, (value) => {
    savePreferences({ captions: /** @type {any} */ (value) });
    context.captionsChanged();
  });
}

/** @param {() => void} onkey the key may be another one now */
function keyForm(onkey) {
  const [name, input] = keyFields({ id: "server-key", value: serverKey.value, "aria-describedby": "key-note" });
  input.onchange = () => (serverKey.value = input.value.trim());
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    serverKey.value = input.value.trim();
    onkey();
  };
  return h(
    "form",
    { class: "field", onsubmit: submit },
    name,
    h("label", { for: input.id }, t("set.key")),
    input,
    h("button", { class: "plain" }, t("set.key.use")),
    h("p", { class: "note", id: "key-note" }, t("set.key.note")),
  );
}

/** The languages of this page by name, and how many more. @param {string[]} [codes] */
function spokenBy(codes = []) {
  const named = codes.filter((code) => code === "en" || code === "zh").map(languageName);
  const more = codes.length - named.length;
  return [...named, more && `+${more}`].filter(Boolean).join(", ");
}

/** Say what the server runs, as it is now. @param {HTMLElement} section */
async function describeServer(section) {
  const described = await fetchStatus().catch(() => null);
  section.replaceChildren(
    h("h2", {}, t("set.server")),
    ...(described ? serverDescription(described) : [h("p", { class: "note", role: "status" }, t("set.server.none"))]),
  );
}

/** @param {import("../../protocol/api.js").Status} status */
function serverDescription({ language_model: model, engines, advice, version }) {
  const others = engines.filter(({ role, state }) => role !== "chat_model" || state !== "ready");
  const rows = others.map(({ role, name, state, languages, note }) => ({
    label: hasText(`role.${role}`) ? t(`role.${role}`) : role,
    text: [name, hasText(`engine.${state}`) ? t(`engine.${state}`) : state, spokenBy(languages), note].filter(Boolean).join(" · "),
    state,
  }));
  const connected = [model.name, !model.connected && t("set.model.none")].filter(Boolean).join(" · ");
  const mind = { label: t("set.model"), text: connected, state: "" };
  return [
    h("dl", {}, ...[mind, ...rows].flatMap(({ label, text, state }) => [h("dt", {}, label), h("dd", { "data-engine": state }, text)])),
    ...advice.map(({ text, command: line }) => h("div", { class: "advice" }, h("p", {}, localized(text)), line ? copyableCommand(line) : "")),
    h("p", { class: "note", translate: "no" }, `Kaikou ${version}`),
  ];
}
