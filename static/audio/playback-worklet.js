/** The audio thread's end of the player. */
import { Playout } from "./playout.js";

class Playback extends AudioWorkletProcessor {
  /** @param {{ processorOptions: { rate: number, capacity: number } }} options */
  constructor({ processorOptions }) {
    super();
    this.playout = new Playout(processorOptions, sampleRate, (report) => this.port.postMessage(report));
    this.port.onmessage = ({ data }) => this.playout.receive(data);
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
  process(_inputs, outputs) {
    this.playout.fill(outputs[0][0]);
    return true;
  }
}

registerProcessor("kaikou-playback", Playback);
