/** A list of microphones or speakers to choose from. */
import { devices } from "../../audio/devices.js";
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { savePreferences } from "../../preferences.js";

/** Show which there are now. @param {HTMLSelectElement} choice @param {"audioinput" | "audiooutput"} kind @param {string} chosen */
export async function fillDevices(choice, kind, chosen) {
  const found = (await devices(kind)).filter(({ deviceId }) => deviceId !== "default" && deviceId !== "communications");
  choice.replaceChildren(
    h("option", { value: "" }, t("set.default")),
    ...found.map(({ deviceId, label }, i) => h("option", { value: deviceId, selected: deviceId === chosen }, label || `${i + 1}`)),
  );
}

/** From now on. @param {import("../../conversation/call.js").Call | null} call one that goes on @param {string} microphone */
export function chooseMicrophone(call, microphone) {
  savePreferences({ microphone });
  if (call?.audio.microphone || call?.audio.lost) void call.audio.changeMicrophone();
}
