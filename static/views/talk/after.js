/** What was said, to read, hear again and keep. */
import { applyAccent } from "../../components/accent.js";
import { acted, heardText, parts } from "../../conversation/heard-text.js";
import { h, icon, iconButton } from "../../components/dom.js";
import { localized, t } from "../../i18n.js";
import { preferences } from "../../preferences.js";
import { hashOf } from "../../router.js";
import { faceOf } from "../../components/portraits.js";
import { vocalCues } from "../../components/vocal-cues.js";
import { timingOf } from "../../components/timing.js";
import "./texts.js";

/**
 * @param {HTMLElement} root
 * @param {import("../../conversation/call.js").Call} call
 * @param {{ resume: () => void, leave: () => void }} actions
 */
export function after(root, call, actions) {
  const name = localized(call.character.name);
  const lines = call.conversation.lines.filter((line) => line.text);
  const kept = lines.length > 0 && call.continued;
  const audio = new Audio();
  applyAccent(document.documentElement, call.character.accent);
  root.append(
    h(
      "section",
      { class: "after", "aria-label": t("after.title", { name }) },
      h("div", { class: "face", html: faceOf(call.character) }),
      h("h1", { class: "name", dir: "auto" }, t("after.title", { name })),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", id: "continue", class: "primary", onclick: actions.resume }, t("after.continue")),
        h("button", { type: "button", id: "leave", class: "plain", onclick: actions.leave }, t("after.else")),
        lines.length > 0 && navigator.clipboard && copyButton(call, name),
        lines.length > 0 &&
          h("button", { type: "button", id: "download", class: "plain", onclick: () => download(call, name) }, t("after.download")),
      ),
      lines.length === 0 && h("p", { class: "note" }, t("after.empty")),
      kept && h("p", { class: "note" }, h("a", { class: "link", id: "kept", href: hashOf(["history", kept]) }, t("after.history"))),
      !(kept && preferences.record) && lines.some((line) => call.recordings.has(line.id)) && h("p", { class: "note" }, t("after.kept")),
      h("ol", { class: "transcript" }, ...lines.map((line) => row(call, line, audio))),
    ),
  );
  return { close: () => audio.pause() };
}

/** @param {import("../../conversation/call.js").Call} call @param {import("../../conversation/conversation.js").Line} line @param {HTMLAudioElement} audio */
function row(call, line, audio) {
  const said = line.role === "user" ? parts(line, Infinity) : acted(parts(line, line.cutMs ?? Infinity));
  const { timings, used } = call.conversation;
  const timing = timings[line.responseId];
  return h(
    "li",
    { "data-role": line.role },
    h(
      "p",
      { class: "speaker", dir: "auto" },
      line.role === "user" ? t("you") : localized(call.character.name),
      h("span", { class: "vocal-cues" }, ...vocalCues(line)),
    ),
    h("p", { class: "said", dir: "auto" }, ...said.map((part) => h("span", { "data-mark": part.mark, "data-acting": "acting" in part }, part.text))),
    call.recordings.has(line.id) && playButton(audio, () => call.recordings.wav(line.id, line.cutMs ?? Infinity)),
    timing && timingOf(timing, used[line.responseId]),
  );
}

/** @param {HTMLAudioElement} audio @param {() => Blob} wav */
function playButton(audio, wav) {
  const button = iconButton("play", t("after.play"), {
    class: "round small",
    onclick: () => {
      const playing = button.classList.contains("playing");
      audio.pause();
      if (playing) return;
      audio.src = URL.createObjectURL(wav());
      show(true);
      void audio.play();
      // Another line that begins, or the end of this one.
      audio.addEventListener("pause", () => show(false), { once: true });
    },
  });
  const show = (/** @type {boolean} */ playing) => {
    button.classList.toggle("playing", playing);
    button.innerHTML = icon(playing ? "stop" : "play");
    button.setAttribute("aria-label", t(playing ? "after.pause" : "after.play"));
    if (!playing) URL.revokeObjectURL(audio.src);
  };
  return button;
}

/** @param {import("../../conversation/call.js").Call} call @param {string} name */
const transcript = (call, name) =>
  call.conversation.lines
    .filter((line) => heardText(line))
    .map((line) => `${line.role === "user" ? t("you") : name}: ${heardText(line)}`)
    .join("\n\n");

/** @param {import("../../conversation/call.js").Call} call @param {string} name */
function copyButton(call, name) {
  const button = h("button", { type: "button", id: "copy", class: "plain" }, t("copy"));
  button.onclick = async () => {
    await navigator.clipboard.writeText(transcript(call, name));
    button.textContent = t("copied");
  };
  return button;
}

/** @param {import("../../conversation/call.js").Call} call @param {string} name */
function download(call, name) {
  const day = new Date().toISOString().slice(0, 10);
  const href = URL.createObjectURL(new Blob([`${transcript(call, name)}\n`], { type: "text/plain" }));
  h("a", { href, download: `${name} ${day}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}
