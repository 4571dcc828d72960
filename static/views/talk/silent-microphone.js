/** Nothing comes from the microphone: says so, with the others to choose from, until something comes. */
import { h, iconButton } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { chooseMicrophone, fillDevices } from "../settings/device-choice.js";

export class SilentMicrophone {
  /**
   * @param {import("../../conversation/call.js").Call} call
   * @param {{ dismissed: import("../../audio/microphone.js").Microphone | null }} kept the one that nobody wants to be told about
   * @param {() => void} leave where the focus goes when this goes away
   */
  constructor(call, kept, leave) {
    this.call = call;
    this.kept = kept;
    this.leave = leave;
    /** Always there and only sometimes with words, so that it is read out when they come, and once. */
    this.text = h("p", { role: "status" });
    this.choice = h("select", { id: "other-microphone", "aria-label": t("silent.other"), onchange: () => this.chosen() });
    const dismiss = iconButton("close", t("dismiss"), { class: "round small", onclick: () => this.dismiss() });
    this.tools = h("div", { class: "field", hidden: true }, this.choice, dismiss);
    this.element = h("div", { class: "silent-microphone" }, this.text, this.tools);
    this.lifetime = new AbortController();
    const { signal } = this.lifetime;
    navigator.mediaDevices?.addEventListener("devicechange", () => this.shown && this.list(), { signal });
  }

  get shown() {
    return !this.tools.hidden;
  }

  /** Show what is true now. */
  render() {
    const { microphone } = this.call.audio;
    if (microphone !== this.kept.dismissed) this.kept.dismissed = null;
    const silent = this.call.microphoneSilent && !this.kept.dismissed;
    const name = microphone?.label ?? "";
    const text = silent ? t(name ? "silent.named" : "silent", { name }) : "";
    if (this.text.textContent !== text) this.text.textContent = text;
    if (silent === this.shown) return;
    if (silent) this.list();
    else if (this.tools.contains(document.activeElement)) this.leave();
    this.tools.hidden = !silent;
  }

  /** The others, and the silent one chosen. */
  list() {
    void fillDevices(this.choice, "audioinput", this.call.audio.microphone?.deviceId ?? "");
  }

  chosen() {
    chooseMicrophone(this.call, this.choice.value);
  }

  dismiss() {
    this.kept.dismissed = this.call.audio.microphone;
    this.render();
  }

  close() {
    this.lifetime.abort();
  }
}
