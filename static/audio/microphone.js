/** The microphone: asking for one, naming what went wrong, and turning it into frames. */

/** @typedef {"refused" | "no-microphone" | "busy" | "insecure"} MicrophoneProblem */

export class MicrophoneUnavailable extends Error {
  /** @param {MicrophoneProblem} problem */
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

/** @type {Record<string, MicrophoneProblem>} */
const PROBLEMS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "no-microphone",
  OverconstrainedError: "no-microphone",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** Whether the browser lets this page use a microphone at all: only https and this very computer do. */
const secure = () => window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Ask for the microphone; the browser may ask the person.
 * @param {string} [deviceId] a wish: if that one is gone, any will do
 * @returns {Promise<MediaStream>}
 * @throws {MicrophoneUnavailable}
 */
export async function openMicrophone(deviceId = "") {
  if (!secure()) throw new MicrophoneUnavailable("insecure");
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: { ideal: 1 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: deviceId ? { ...audio, deviceId: { ideal: deviceId } } : audio });
  } catch (error) {
    const problem = error instanceof DOMException ? PROBLEMS[error.name] : undefined;
    if (!problem) throw error;
    throw new MicrophoneUnavailable(problem);
  }
}

/** An open microphone: 20 ms frames of 16 kHz s16le, and how loud the last one was. */
export class Microphone {
  /** @param {AudioContext} context @param {MediaStream} stream @param {(pcm: ArrayBuffer) => void} onframe */
  constructor(context, stream, onframe) {
    this.context = context;
    this.stream = stream;
    this.onframe = onframe;
    this.level = 0;
    this.onended = () => {};
  }

  async open() {
    await this.context.audioWorklet.addModule(new URL("./capture-worklet.js", import.meta.url).href);
    this.node = new AudioWorkletNode(this.context, "kaikou-capture", { numberOfOutputs: 0 });
    this.node.port.onmessage = ({ data }) => this.receive(data);
    this.source = new MediaStreamAudioSourceNode(this.context, { mediaStream: this.stream });
    this.source.connect(this.node);
    for (const track of this.stream.getAudioTracks()) track.onended = () => this.onended();
  }

  /** Send silence instead of the voice; the line of time goes on. @param {boolean} muted */
  setMuted(muted) {
    for (const track of this.stream.getAudioTracks()) track.enabled = !muted;
  }

  /** The device in use. */
  get deviceId() {
    return this.stream.getAudioTracks()[0]?.getSettings().deviceId ?? "";
  }

  close() {
    this.source?.disconnect();
    for (const track of this.stream.getAudioTracks()) {
      track.onended = null;
      track.stop();
    }
  }

  /** @param {ArrayBuffer} pcm */
  receive(pcm) {
    let energy = 0;
    const samples = new Int16Array(pcm);
    for (const sample of samples) energy += sample * sample;
    this.level = Math.min(1, (3 * Math.sqrt(energy / samples.length)) / 32768);
    this.onframe(pcm);
    this.node?.port.postMessage(pcm, [pcm]);
  }
}
