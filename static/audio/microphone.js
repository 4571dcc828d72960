/** The microphone: asking for one, naming what went wrong, and turning it into frames. */
import { SilenceWatch } from "./silence-watch.js";

/** @typedef {"refused" | "no-microphone" | "busy" | "insecure"} MicrophoneProblem */

export class MicrophoneUnavailable extends Error {
  /** @param {MicrophoneProblem} problem */
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

/** Everything else means that there is a device which does not open. @type {Record<string, MicrophoneProblem>} */
const PROBLEMS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "no-microphone",
  OverconstrainedError: "no-microphone",
};

const PROCESSED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: { ideal: 1 } };
/** Said, because browsers cancel echoes where nothing is said. */
const WITH_ECHO = { echoCancellation: false };
const UNPROCESSED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 2 } };

/** Whether the browser lets this page use a microphone at all: only https and this very computer do. */
const secure = () => window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Ask for the microphone; the browser may ask the person. What it refuses is asked for no more: first that the browser
 * cancels its echo (a hands-free profile may open in no other way), then that it is this device (another program may
 * have it), then anything at all.
 * @param {string} [deviceId] a wish: if that one is gone, any will do
 * @returns {Promise<MediaStream>}
 * @throws {MicrophoneUnavailable}
 */
export async function openMicrophone(deviceId = "") {
  const device = { deviceId: { ideal: deviceId } };
  const anyDevice = [PROCESSED, WITH_ECHO];
  const wishes = deviceId ? [{ ...PROCESSED, ...device }, { ...WITH_ECHO, ...device }, ...anyDevice] : anyDevice;
  for (const wish of wishes) {
    try {
      return await ask(wish);
    } catch (error) {
      if (!(error instanceof MicrophoneUnavailable) || error.problem === "refused" || error.problem === "insecure") throw error;
    }
  }
  return ask(true);
}

/**
 * Ask for a device's sound as it is, all channels of it, and without echo cancellation.
 * @param {string} deviceId @returns {Promise<MediaStream>}
 * @throws {MicrophoneUnavailable}
 */
export const openUnprocessed = (deviceId) => ask({ ...UNPROCESSED, deviceId: { exact: deviceId } });

/** @param {any} audio constraints */
async function ask(audio) {
  if (!secure()) throw new MicrophoneUnavailable("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new MicrophoneUnavailable(PROBLEMS[error.name] ?? "busy");
  }
}

/** An open microphone: 20 ms frames of 16 kHz s16le, how loud the last one was, and whether anything comes at all. */
export class Microphone {
  /** @param {AudioContext} context @param {MediaStream} stream @param {(pcm: ArrayBuffer) => void} onframe */
  constructor(context, stream, onframe) {
    this.context = context;
    this.stream = stream;
    this.track = stream.getAudioTracks()[0];
    this.onframe = onframe;
    this.level = 0;
    this.watch = new SilenceWatch();
    this.onended = () => {};
  }

  async open() {
    this.track.onended = () => this.onended();
    try {
      this.source = new MediaStreamAudioSourceNode(this.context, { mediaStream: this.stream });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "NotSupportedError")) throw error;
      // Firefox joins only equal rates, and a headset changes its own as its microphone opens; a new context has the new one.
      this.own = this.context = new AudioContext();
      this.source = new MediaStreamAudioSourceNode(this.context, { mediaStream: this.stream });
    }
    await this.context.audioWorklet.addModule(new URL("./capture-worklet.js", import.meta.url).href);
    this.node = new AudioWorkletNode(this.context, "kaikou-capture", { numberOfOutputs: 0 });
    this.node.port.onmessage = ({ data }) => this.receive(data);
    this.source.connect(this.node);
  }

  /** Send silence instead of the voice; the line of time goes on. @param {boolean} muted */
  setMuted(muted) {
    this.track.enabled = !muted;
  }

  /** The device in use. */
  get deviceId() {
    return this.track.getSettings().deviceId ?? "";
  }

  /** What the system calls it; "" if the browser does not say. */
  get label() {
    return this.track.label;
  }

  /** Whether it was not unplugged, taken away or closed. */
  get live() {
    return this.track.readyState === "live";
  }

  /**
   * Whether the browser makes one channel of two, in which those that are each other's opposite leave nothing, as it does
   * before it cancels echoes.
   */
  get mixesChannels() {
    return Boolean(this.track.getSettings().echoCancellation) && (this.track.getCapabilities?.().channelCount?.max ?? 1) > 1;
  }

  close() {
    this.source?.disconnect();
    this.node?.port.postMessage("close");
    if (this.node) this.node.port.onmessage = null;
    for (const track of this.stream.getAudioTracks()) {
      track.onended = null;
      track.stop();
    }
    void this.own?.close();
  }

  /** @param {ArrayBuffer} pcm */
  receive(pcm) {
    let energy = 0;
    let [lowest, highest] = [0x7fff, -0x8000];
    const samples = new Int16Array(pcm);
    for (const sample of samples) {
      energy += sample * sample;
      if (sample < lowest) lowest = sample;
      if (sample > highest) highest = sample;
    }
    this.level = Math.min(1, (3 * Math.sqrt(energy / samples.length)) / 32768);
    this.watch.frame(highest - lowest);
    this.onframe(pcm);
    this.node?.port.postMessage(pcm, [pcm]);
  }
}
