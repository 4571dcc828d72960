/** The audio thread's end of the player. */
import { PlayoutBuffer } from "./playout-buffer.js";

class Playback extends AudioWorkletProcessor {
  /** @param {{ processorOptions: { rate: number, capacity: number } }} options */
  constructor({ processorOptions }) {
    super();
    this.buffer = new PlayoutBuffer(processorOptions, sampleRate, (report) => this.port.postMessage(report));
    this.port.onmessage = ({ data }) => this.buffer.receive(data);
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
  process(_inputs, outputs) {
    this.buffer.fill(outputs[0][0]);
    return true;
  }
}

registerProcessor("kaikou-playback", Playback);
