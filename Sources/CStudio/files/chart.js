// <atelier-chart>: lines over time on a canvas. It draws when its numbers or its size have changed, one frame for all charts,
// with the least and the most of each pixel column, so a peak of one sample is never lost. Readers get a table.

import { h } from './dom.js';
import { frame } from './frames.js';

/** @type {Map<string, string>} */
const known = new Map();
/** @type {Set<{redraw: () => void}>} */
export const drawings = new Set();

/** The value of a colour of the theme, for canvases. @param {string} name */
export function color(name) {
  let value = known.get(name);
  if (!value) known.set(name, value = getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim() || '#888');
  return value;
}

function recolor() {
  known.clear();
  for (const d of drawings) d.redraw();
}
new MutationObserver(recolor).observe(document.documentElement, { attributeFilter: ['data-theme'] });

/** Writes a text where it is another one. @param {any} e @param {string} text */
export function put(e, text) {
  if (e.firstChild?.nodeType === 3 && e.childNodes.length === 1) {
    if (e.firstChild.data !== text) e.firstChild.data = text;
  } else e.textContent = text;
}

let made = 0;

/** A canvas as large as its element in device pixels, which redraws when asked, when its size changes and with the theme. */
export class Canvas extends HTMLElement {
  connectedCallback() {
    if (!this.canvas) {
      this.key = 'canvas' + made++;
      this.canvas = h('canvas', { ariaHidden: 'true' });
      this.context = this.canvas.getContext('2d', { alpha: true });
      this.ratio = 1;
      this.append(this.canvas);
      this.sizes = new ResizeObserver(([entry]) => {
        const box = entry.contentBoxSize[0];
        this.ratio = devicePixelRatio || 1;
        const w = Math.round(box.inlineSize * this.ratio), t = Math.round(box.blockSize * this.ratio);
        if (w === this.canvas.width && t === this.canvas.height) return;
        this.canvas.width = w;
        this.canvas.height = t;
        this.redraw();
      });
    }
    drawings.add(this);
    this.sizes?.observe(this.canvas);
  }

  disconnectedCallback() {
    drawings.delete(this);
    this.sizes?.disconnect();
  }

  redraw() {
    if (this.isConnected && this.canvas?.width) frame('telemetry', this.key ?? '', () => this.draw());
  }

  draw() {}
}

/** The next of 1, 2, 5, 10, 20, … from a number up. @param {number} n */
function round(n) {
  const power = 10 ** Math.floor(Math.log10(n)), part = n / power;
  return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

/** @typedef {{column: string, title: string, color: string, area?: boolean}} Series */

class Chart extends Canvas {
  /** @param {{ring: import('./stats.js').Ring, series: Series[], label: string, seconds?: number, most?: number, plain?: boolean,
   *   text?: (n: number) => string}} what `plain` leaves out labels and read-out */
  of(what) {
    this.what = { seconds: 60, text: n => String(n < 10 ? +n.toFixed(1) : Math.round(n)), ...what };
    this.hover = -1;
    this.told = 0;
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', what.label);
    return this;
  }

  connectedCallback() {
    const isNew = !this.canvas;
    super.connectedCallback();
    if (!isNew || !this.what) return;
    const { series, plain, label } = this.what;
    this.cells = series.map(() => ['now', 'least', 'most'].map(() => h('td')));
    this.append(h('table.vh', h('caption', label), h('tr', h('td'), ...['now', 'least', 'most'].map(t => h('th', { scope: 'col' }, t))),
      ...series.map((s, i) => h('tr', h('th', { scope: 'row' }, s.title), ...(this.cells ?? [])[i]))));
    if (plain) return;
    this.tip = h('output.tip', { hidden: true, ariaLive: 'off' });
    this.append(this.tip);
    this.canvas.addEventListener('pointermove', (e) => this.point(e.offsetX * this.ratio));
    this.canvas.addEventListener('pointerleave', () => this.point(-1));
  }

  /** @param {number} x */
  point(x) {
    this.hover = x;
    this.redraw();
  }

  draw() {
    const { ring, series, seconds, most, plain, text } = this.what;
    const c = this.context, W = this.canvas.width, H = this.canvas.height, r = this.ratio ?? 1;
    if (!W) return;
    c.clearRect(0, 0, W, H);
    const end = ring.last, start = end - seconds * 1000, first = Math.max(0, ring.before(start) - 1), n = ring.count;
    let top = most ?? 0;
    if (!most) {
      for (const s of series) {
        const column = ring.columns[s.column];
        for (let i = first; i < n; i++) { const v = column[ring.at(i)]; if (v > top) top = v; }
      }
      top = round(Math.max(top * 1.1, 1));
    }
    const x = (time) => (time - start) / (seconds * 1000) * (W - 4 * r), y = (v) => H - 2 * r - v / top * (H - 6 * r);
    c.lineWidth = r;
    c.strokeStyle = color('line');
    c.beginPath();
    for (let k = 0; k <= 2; k++) {
      const level = Math.round(y(top * k / 2)) + .5;
      c.moveTo(0, level);
      c.lineTo(W, level);
    }
    c.stroke();
    for (const s of series) this.line(s, first, n, x, y, H, r);
    if (plain) return this.tell(first, n);
    c.font = `${10.5 * r}px ${getComputedStyle(this).fontFamily}`;
    c.fillStyle = color('ink3');
    c.strokeStyle = color('panel');
    c.lineWidth = 3 * r;
    for (const k of [1, 2]) {
      const label = [text(top * k / 2), 0, y(top * k / 2) + (k === 2 ? 12 : -4) * r];
      c.strokeText(...label);
      c.fillText(...label);
    }
    this.read(first, n, start, seconds, W, r, H);
    this.tell(first, n);
  }

  /** @param {Series} s @param {number} first @param {number} n @param {(t: number) => number} x @param {(v: number) => number} y */
  line(s, first, n, x, y, H = 0, r = 1) {
    const { ring } = this.what, c = this.context, column = ring.columns[s.column];
    let at = -Infinity, low = 0, high = 0, from = 0, to = 0, isOpen = false, begin = 0;
    const path = new Path2D();
    const flush = () => {
      if (at === -Infinity) return;
      if (isOpen) path.lineTo(at, from); else { path.moveTo(at, from); begin = at; }
      isOpen = true;
      if (low !== high) { path.lineTo(at, low); path.lineTo(at, high); path.lineTo(at, to); }
    };
    for (let i = first; i < n; i++) {
      const p = ring.at(i), v = column[p];
      if (v !== v) continue;
      const px = Math.round(x(ring.times[p])), py = y(v);
      if (px === at) { if (py < low) low = py; if (py > high) high = py; to = py; continue; }
      flush();
      at = px;
      low = high = from = to = py;
    }
    flush();
    if (!isOpen) return;
    c.strokeStyle = c.fillStyle = color(s.color);
    c.lineWidth = 1.5 * r;
    c.lineJoin = 'round';
    c.stroke(path);
    if (s.area) {
      path.lineTo(at, H);
      path.lineTo(begin, H);
      c.globalAlpha = .13;
      c.fill(path);
      c.globalAlpha = 1;
    }
    c.beginPath();
    c.arc(at, to, 2.4 * r, 0, 7);
    c.fill();
  }

  /** The read-out under the pointer. @param {number} first @param {number} n @param {number} start @param {number} seconds */
  read(first, n, start, seconds, W = 0, r = 1, H = 0) {
    const tip = this.tip, { ring, series, text } = this.what, hover = this.hover ?? -1;
    if (hover < 0 || n === first) { tip.hidden = true; return; }
    const time = start + hover / (W - 4 * r) * seconds * 1000, i = ring.at(Math.min(n - 1, Math.max(first, ring.before(time))));
    const c = this.context, line = Math.round(hover) + .5;
    c.strokeStyle = color('line2');
    c.beginPath();
    c.moveTo(line, 0);
    c.lineTo(line, H);
    c.stroke();
    const ago = Math.round((ring.last - ring.times[i]) / 1000);
    put(tip, [ago ? `${ago} s ago` : 'now', ...series.map((s) => {
      const v = ring.columns[s.column][i];
      return `${s.title} ${v === v ? text(v) : '–'}`;
    })].join('\n'));
    tip.hidden = false;
    tip.style.transform = `translateX(${hover / r > this.clientWidth / 2 ? `calc(${hover / r - 10}px - 100%)` : `${hover / r + 10}px`})`;
  }

  /** The table for readers, every few seconds. @param {number} first @param {number} n */
  tell(first, n) {
    if (performance.now() - (this.told ?? 0) < 5000 && this.told) return;
    this.told = performance.now();
    const { ring, series, text } = this.what;
    series.forEach((s, k) => {
      const column = ring.columns[s.column];
      let now = NaN, low = Infinity, high = -Infinity;
      for (let i = first; i < n; i++) {
        const v = column[ring.at(i)];
        if (v !== v) continue;
        now = v;
        low = Math.min(low, v);
        high = Math.max(high, v);
      }
      [now, low, high].forEach((v, i) => put((this.cells)[k][i], Number.isFinite(v) ? text(v) : '–'));
    });
  }
}
customElements.define('atelier-chart', Chart);

/** A chart. @param {Parameters<Chart['of']>[0]} what */
export const chart = what => (document.createElement('atelier-chart')).of(what);

/** Busy shares over time as shades, a row for each thread. */
class Heat extends Canvas {
  /** @param {import('./stats.js').Ring} ring @param {number} rows */
  of(ring, rows) {
    this.ring = ring;
    if (rows !== this.rows) { this.rows = rows; this.style.setProperty('--rows', String(rows)); }
    this.redraw();
  }

  draw() {
    const c = this.context, W = this.canvas.width, H = this.canvas.height, ring = this.ring, rows = this.rows ?? 0, r = this.ratio ?? 1;
    if (!ring || !rows) return;
    c.clearRect(0, 0, W, H);
    const cells = 56, n = Math.min(cells, ring.count), row = H / rows;
    for (let t = 0; t < rows; t++) {
      c.globalAlpha = 1;
      c.fillStyle = color('sunk');
      c.fillRect(0, t * row, W, row - 3 * r);
      c.fillStyle = color('c1');
      const column = ring.columns[t];
      for (let i = 0; i < n; i++) {
        const v = column?.[ring.at(ring.count - n + i)];
        if (!(v > 0)) continue;
        c.globalAlpha = .12 + .88 * Math.min(1, v);
        c.fillRect((cells - n + i) * W / cells, t * row, W / cells, row - 3 * r);
      }
    }
    c.globalAlpha = 1;
  }
}
customElements.define('atelier-heat', Heat);

/** The names of lines with their colours. @param {{title: string, color: string}[]} lines */
export const legend = lines => h('span.lg', ...lines.flatMap(l => [h('i.' + l.color), h('span', l.title)]));
