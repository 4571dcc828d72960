/**
 * Whether nothing comes from a microphone: digital silence, or no frames at all. Pure.
 *
 * A room is never digitally silent, so a microphone that was never heard is dead within seconds. In the middle of a talk
 * that takes longer, for noise gates (in headsets, drivers and virtual microphones) are silent whenever nobody speaks;
 * a microphone that was seen to fall silent and come back is taken for one of these.
 */

/** How often `tick` is called. */
export const TICK_MS = 500;

/** Steps of 16 bits between the highest and the lowest sample of a frame that still is silence: the last bit flickers. */
const FLICKER = 2;
/** How many frames with sound (of 20 ms) it takes to have been heard: more than a click as the device starts. */
const HEARD_FRAMES = 10;
const NEVER_HEARD_S = 4;
const FELL_SILENT_S = 8;
const GATED_S = 30;
/** A muted track, or one that gives no frames, leaves nothing to doubt. */
const ABSENT_S = 2;
/** A silence this long that ended, so many times, is the work of a noise gate. */
const GAP_S = 1;
const GAPS_OF_A_GATE = 2;

export class SilenceWatch {
  constructor() {
    /** Whether nothing comes, until something does. */
    this.silent = false;
    this.soundFrames = 0;
    this.gaps = 0;
    /** How long there has been no sound, all in all and while that meant something. */
    this.silentS = 0;
    this.expectantS = 0;
    this.absentS = 0;
    this.frames = 0;
    this.sounded = false;
  }

  get heard() {
    return this.soundFrames >= HEARD_FRAMES;
  }

  /** A frame came. @param {number} range from its lowest to its highest sample */
  frame(range) {
    this.frames++;
    if (range <= FLICKER) return;
    this.soundFrames++;
    this.sounded = true;
  }

  /**
   * `TICK_MS` have passed.
   * @param {boolean} muted whether the system muted the track
   * @param {boolean} expectant whether silence means anything now: people, and gates, are silent while they listen
   */
  tick(muted, expectant) {
    const absent = muted || this.frames === 0;
    if (this.sounded && !absent) this.soundCame();
    else this.silenceLasts(absent, expectant);
    this.frames = 0;
    this.sounded = false;
  }

  soundCame() {
    if (this.heard && this.silentS >= GAP_S) this.gaps++;
    this.forget();
  }

  /** @param {boolean} absent @param {boolean} expectant */
  silenceLasts(absent, expectant) {
    const passed = TICK_MS / 1000;
    this.silentS += passed;
    if (expectant) this.expectantS += passed;
    this.absentS = absent ? this.absentS + passed : 0;
    this.silent ||= this.absentS >= ABSENT_S || this.expectantS >= this.limit();
  }

  limit() {
    if (!this.heard) return NEVER_HEARD_S;
    return this.gaps >= GAPS_OF_A_GATE ? GATED_S : FELL_SILENT_S;
  }

  /** What was silent until now counts for nothing. */
  forget() {
    this.silent = false;
    this.silentS = this.expectantS = this.absentS = 0;
  }
}
