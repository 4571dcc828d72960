/** Where the time of an answer went: one figure, which opens into the waterfall. */
import { h } from "./dom.js";
import { t } from "../i18n.js";
import { usedKinds, usedList } from "./used.js";

const MARKS = ["turn_end", "recognized", "first_token", "first_audio", "last_audio"];

/** @param {number} share */
const percent = (share) => `${(Math.min(1, share) * 100).toFixed(1)}%`;

/** @param {number} ms */
const seconds = (ms) => (ms / 1000).toFixed(2);

/**
 * @param {import("../conversation/conversation.js").Timing} timing
 * @param {import("../conversation/conversation.js").Used[]} [used] what the model was shown for it
 * @returns {HTMLElement | null} nothing if the answer never sounded
 */
export function timingOf({ marks, speculative }, used = []) {
  const answered = marks.first_audio;
  if (typeof answered !== "number") return null;
  const known = MARKS.filter((name) => typeof marks[name] === "number");
  // The last sound is seconds away; the scale shows what comes before the first, and the last runs off the edge.
  const scale = 1.12 * Math.max(1, ...known.filter((name) => name !== "last_audio").map((name) => Number(marks[name])));
  let before = 0;
  const rows = known.map((name) => {
    const at = Math.max(0, Number(marks[name]));
    const from = Math.min(before, at);
    before = at;
    const bar = h("i", { class: at > scale ? "beyond" : "" });
    bar.style.setProperty("--from", percent(from / scale));
    bar.style.setProperty("--to", percent(at / scale));
    return h(
      "tr",
      { "data-mark": name },
      h("th", { scope: "row" }, t(`mark.${name}`)),
      h("td", { class: "bar" }, bar),
      h("td", { class: "figure" }, t("seconds", { seconds: seconds(Number(marks[name])) })),
    );
  });
  const spoken = typeof marks.turn_end === "number";
  const caption = [t(spoken ? "timing.from" : "timing.typed"), speculative && t("timing.speculative")].filter(Boolean).join(" · ");
  const kinds = usedKinds(used);
  return h(
    "details",
    { class: speculative ? "timing speculative" : "timing" },
    h("summary", { "aria-label": [t("timing", { seconds: seconds(answered) }), ...kinds].join(" · ") }, [t("seconds", { seconds: seconds(answered) }), ...kinds].join(" · ")),
    h("table", { class: "waterfall" }, h("caption", {}, caption), h("tbody", {}, ...rows)),
    usedList(used),
  );
}
