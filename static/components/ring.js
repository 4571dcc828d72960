/**
 * The ring around the portrait: what is going on, told by shape and motion, and the level meter of whoever speaks.
 *
 * Your voice comes in as separate strokes that rise from below, where you sit; theirs goes out in closed circles.
 * Thought is a point on its way around. Whatever is broken has gaps. With reduced motion the shapes stand still.
 */
import { reducedMotion } from "./dom.js";

const TURN = 2 * Math.PI;
const BOTTOM = Math.PI / 2;
const FADE_MS = 180;
/** Levels kept, one per frame at 60 a second: how far a voice has travelled. */
const KEPT = 64;
const MOVING = new Set(["listening", "speaking", "thinking", "reconnecting", "connecting", "waiting"]);

/**
 * @typedef {object} Brush
 * @property {CanvasRenderingContext2D} g
 * @property {number} r radius of the portrait
 * @property {number} unit stroke unit: 1 at a portrait of 200 px
 * @property {number} t seconds
 * @property {(age: number) => number} level of the voice `age` frames ago
 */

/** @param {Brush} brush @param {number} radius @param {number} from @param {number} to @param {number} width */
function arc({ g }, radius, from, to, width) {
  g.lineWidth = width;
  g.beginPath();
  g.arc(0, 0, Math.max(0, radius), from, to);
  g.stroke();
}

/** @param {Brush} brush @param {number} radius @param {number} angle @param {number} size */
function point({ g }, radius, angle, size) {
  g.beginPath();
  g.arc(radius * Math.cos(angle), radius * Math.sin(angle), size, 0, TURN);
  g.fill();
}

/** @param {Brush} brush @param {number} alpha @param {() => void} draw */
function faint({ g }, alpha, draw) {
  const before = g.globalAlpha;
  g.globalAlpha = before * alpha;
  draw();
  g.globalAlpha = before;
}

/** @param {Brush} b */
const base = (b) => b.r + 11 * b.unit;

/** @param {Brush} b @param {number} count @param {(share: number) => number} alpha */
function dots(b, count, alpha) {
  for (let i = 0; i < count; i++) faint(b, alpha(i / count), () => point(b, base(b), (i / count) * TURN - BOTTOM, 1.7 * b.unit));
}

/** @type {Record<string, (b: Brush) => void>} */
const SHAPES = {
  resting: (b) => arc(b, base(b), 0, TURN, 1.8 * b.unit),

  listening(b) {
    const strokes = 96;
    b.g.lineWidth = 2.4 * b.unit;
    b.g.beginPath();
    for (let i = 0; i <= strokes; i++) {
      const away = Math.abs(i - strokes / 2);
      const angle = BOTTOM + ((i - strokes / 2) / strokes) * TURN;
      const length = (3.5 + 21 * b.level(Math.round(away / 1.6))) * b.unit;
      const from = base(b) - 2 * b.unit;
      b.g.moveTo(from * Math.cos(angle), from * Math.sin(angle));
      b.g.lineTo((from + length) * Math.cos(angle), (from + length) * Math.sin(angle));
    }
    b.g.stroke();
  },

  speaking(b) {
    arc(b, base(b) + 2 * b.unit, 0, TURN, (3 + 8 * b.level(0)) * b.unit);
    faint(b, 0.4, () => arc(b, base(b) + (10 + 10 * b.level(8)) * b.unit, 0, TURN, 2 * b.unit));
    faint(b, 0.2, () => arc(b, base(b) + (17 + 15 * b.level(16)) * b.unit, 0, TURN, 1.6 * b.unit));
  },

  thinking(b) {
    faint(b, 0.35, () => arc(b, base(b), 0, TURN, 1.6 * b.unit));
    const angle = -BOTTOM + (b.t / 3.2) * TURN;
    b.g.lineCap = "butt";
    for (let i = 0; i < 6; i++) faint(b, 0.5 - i * 0.08, () => arc(b, base(b), angle - (i + 1) * 0.15, angle - i * 0.15, 3 * b.unit));
    point(b, base(b), angle, 5.5 * b.unit);
  },

  paused(b) {
    for (const side of [0, Math.PI]) arc(b, base(b), side - 0.9, side + 0.9, 4 * b.unit);
  },

  interrupted(b) {
    arc(b, base(b), BOTTOM + 0.5, BOTTOM + TURN - 0.5, 3 * b.unit);
    arc(b, base(b) + 9 * b.unit, BOTTOM - 0.34, BOTTOM + 0.34, 3 * b.unit);
  },

  failed(b) {
    arc(b, base(b), BOTTOM + 0.28, BOTTOM + TURN - 0.28, 2 * b.unit);
    point(b, base(b), BOTTOM, 4.5 * b.unit);
  },

  reconnecting(b) {
    const angle = b.t * 0.5;
    for (let i = 0; i < 12; i++) arc(b, base(b), angle + (i / 12) * TURN, angle + ((i + 0.55) / 12) * TURN, 2.6 * b.unit);
  },

  gone(b) {
    for (let i = 0; i < 7; i++) arc(b, base(b), Math.PI + (i / 12) * TURN, Math.PI + ((i + 0.4) / 12) * TURN, 2.4 * b.unit);
  },

  connecting: (b) => dots(b, 40, (share) => 0.3 + 0.7 * ((share - b.t / 2 + 1000) % 1)),
  asking: (b) => dots(b, 40, () => 0.6),
  ended: (b) => faint(b, 0.4, () => arc(b, base(b), 0, TURN, 1.4 * b.unit)),
};
SHAPES.waiting = SHAPES.connecting;
SHAPES.refused = SHAPES["no-microphone"] = SHAPES.insecure = SHAPES.asking;

export class Ring {
  /** @param {HTMLCanvasElement} canvas its side is 1.6 times that of the portrait */
  constructor(canvas) {
    this.canvas = canvas;
    this.g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.state = "resting";
    this.before = "";
    this.changed = 0;
    this.levels = new Float32Array(KEPT);
    this.newest = 0;
    this.size = 0;
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(canvas);
  }

  /** Whether the next frame will look different. @param {number} now milliseconds */
  moves(now) {
    return now - this.changed < FADE_MS + 50 || (MOVING.has(this.state) && !reducedMotion.matches);
  }

  /** @param {string} state @param {number} level of the voice that is heard now @param {number} now milliseconds */
  draw(state, level, now) {
    if (state !== this.state) [this.before, this.state, this.changed] = [this.state, state, now];
    this.newest = (this.newest + 1) % KEPT;
    const last = this.levels[(this.newest + KEPT - 1) % KEPT];
    // Quick to rise, slow to fall, as ears are.
    this.levels[this.newest] = level > last ? level : last + (level - last) * 0.18;
    this.paint(now);
  }

  /** @param {number} now */
  paint(now) {
    const { g, canvas, size } = this;
    if (!size) return;
    const scale = canvas.width / size;
    g.setTransform(scale, 0, 0, scale, canvas.width / 2, canvas.height / 2);
    g.clearRect(-size, -size, 2 * size, 2 * size);
    g.strokeStyle = g.fillStyle = getComputedStyle(canvas).color;
    g.lineCap = "round";
    const r = size / 3.2;
    const still = reducedMotion.matches;
    const level = (/** @type {number} */ age) => (still ? 0.2 : this.levels[(this.newest + KEPT - Math.min(age, KEPT - 1)) % KEPT]);
    const brush = { g, r, unit: Math.max(0.62, r / 100), t: still ? 0 : now / 1000, level };
    const shown = still ? 1 : Math.min(1, (now - this.changed) / FADE_MS);
    if (shown < 1) faint(brush, 1 - shown, () => SHAPES[this.before]?.(brush));
    faint(brush, shown, () => SHAPES[this.state]?.(brush));
  }

  fit() {
    this.size = this.canvas.clientWidth;
    this.canvas.width = this.canvas.height = Math.round(this.size * Math.min(3, devicePixelRatio));
    this.paint(performance.now());
  }

  close() {
    this.resized.disconnect();
  }
}
