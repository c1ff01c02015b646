// <atelier-flame>: where time went, boxes under one another. <atelier-lanes>: what each thread did when.
// Up to 2 000 boxes a flame graph is SVG, whose texts can be searched and copied; above, and where it is small, a canvas.

import { Canvas, color, drawings, put } from './chart.js';
import { h } from './dom.js';
import { frame } from './frames.js';

/** Colours of work, one legend everywhere. @type {[string, string, RegExp][]} */
export const kinds = [
  ['decode', 'f1', /decode|image\.|png|jpeg|webp|features/], ['segment', 'f2', /quantize|segment|palette|region/],
  ['fit', 'f3', /tracing|trace|fit|search/], ['slides', 'f4', /pptx|svg|slide|report|deck|archive|zip/], ['compose', 'f5', /layers|compos|item/],
  ['cache', 'f6', /cache|memo|store|disk|redis|key|engine/],
];
/** @type {Map<string, string>} */
const colors = new Map();
/** @param {string} name */
function kindColor(name) {
  let found = colors.get(name);
  if (!found) colors.set(name, found = kinds.find(k => k[2].test(name))?.[1] ?? 'f0');
  return found;
}

const SVG = 'http://www.w3.org/2000/svg', ROW = 20, LIMIT = 2000, LETTER = 5.9;

/** @typedef {{name: string, depth: number, start: number, width: number}} Box shares of the whole width, 0…1 */

/** As much of a name as fits. @param {string} name @param {number} width px */
function cut(name, width) {
  const letters = Math.floor((width - 8) / LETTER);
  return letters < 3 ? '' : letters >= name.length ? name : name.slice(0, letters - 1) + '…';
}

class Flame extends Canvas {
  /** @type {Box[]} */
  frames = [];
  /** @type {{g: Element, box: Element, text: Element, title: Element, drawn: string}[]} */
  pool = [];

  /** @param {{frames?: Box[], seconds?: number} | undefined} flame */
  show(flame) {
    this.frames = flame?.frames ?? [];
    this.draw();
  }

  redraw() {
    if (this.isConnected) frame('telemetry', this.key ?? '', () => this.draw());
  }

  get depth() {
    let depth = 0;
    for (const f of this.frames) if (f.depth > depth) depth = f.depth;
    return depth + 1;
  }

  draw() {
    const frames = this.frames, isSmall = this.hasAttribute('small'), asSVG = !isSmall && frames.length <= LIMIT;
    this.canvas.hidden = asSVG;
    if (this.svg) this.svg.style.display = asSVG ? '' : 'none';
    if (asSVG) this.drawSVG(); else this.drawCanvas(isSmall);
    this.tell();
  }

  drawSVG() {
    const width = this.clientWidth;
    if (!this.svg) {
      this.svg = document.createElementNS(SVG, 'svg');
      this.svg.setAttribute('aria-hidden', 'true');
      this.append(this.svg);
      new ResizeObserver(() => this.redraw()).observe(this);
    }
    const height = String(this.depth * ROW);
    if (this.svg.getAttribute('height') !== height) this.svg.setAttribute('height', height);
    this.frames.forEach((f, i) => {
      let p = this.pool[i];
      if (!p) {
        const [g, box, text, title] = ['g', 'rect', 'text', 'title'].map(n => document.createElementNS(SVG, n));
        g.append(box, text);
        box.append(title);
        box.setAttribute('height', String(ROW - 1));
        box.setAttribute('rx', '2');
        this.svg?.append(g);
        this.pool[i] = p = { g, box, text, title, drawn: '' };
      }
      const x = f.start * width, w = Math.max(.5, f.width * width - 1), drawn = `${f.name} ${f.depth} ${x.toFixed(1)} ${w.toFixed(1)}`;
      if (p.drawn === drawn) return;
      p.drawn = drawn;
      p.g.setAttribute('transform', `translate(${x.toFixed(1)} ${f.depth * ROW})`);
      p.box.setAttribute('width', w.toFixed(1));
      p.box.setAttribute('class', kindColor(f.name));
      p.title.textContent = this.line(f);
      p.text.setAttribute('x', '5');
      p.text.setAttribute('y', '13.5');
      p.text.textContent = cut(f.name, w);
    });
    for (const p of this.pool.splice(this.frames.length)) p.g.remove();
  }

  /** @param {Box} f */
  line(f) { return `${f.name}: ${(f.width * 100).toFixed(1)} %`; }

  /** @param {boolean} isSmall */
  drawCanvas(isSmall) {
    const c = this.context, r = this.ratio ?? 1, W = this.canvas.width, row = ROW * r;
    if (!isSmall) {
      const height = this.depth * ROW + 'px';
      if (this.canvas.style.height !== height) this.canvas.style.height = height;
    }
    c.clearRect(0, 0, W, this.canvas.height);
    c.font = `${10.5 * r}px ${getComputedStyle(this).fontFamily}`;
    for (const f of this.frames) {
      const x = f.start * W, w = f.width * W - r;
      if (w < .7 || f.depth * row > this.canvas.height) continue;
      c.fillStyle = color(kindColor(f.name));
      c.fillRect(x, f.depth * row, w, row - r);
      const text = cut(f.name, w / r);
      if (!text) continue;
      c.fillStyle = color('ft');
      c.fillText(text, x + 5 * r, f.depth * row + 13.5 * r);
    }
  }

  /** For readers: the names that took most by themselves. */
  tell() {
    if (performance.now() - (this.told ?? -9e9) < 5000) return;
    this.told = performance.now();
    if (!this.table) this.append(this.table = h('ul.vh', { ariaLabel: 'Where time goes, by name' }));
    /** @type {Map<string, number>} */
    const own = new Map();
    const stack = ([]);
    for (const f of this.frames) {
      own.set(f.name, (own.get(f.name) ?? 0) + f.width);
      stack.length = f.depth;
      const parent = stack[f.depth - 1];
      if (parent) own.set(parent.name, (own.get(parent.name) ?? 0) - f.width);
      stack[f.depth] = f;
    }
    const most = [...own].sort((a, b) => b[1] - a[1]).slice(0, 6);
    this.table.replaceChildren(...most.map(([name, share]) => h('li', `${name} ${(share * 100).toFixed(1)} %`)));
  }
}
customElements.define('atelier-flame', Flame);

/** What threads did: slices `{start, width, name}` as shares of the window. */
class Lanes extends HTMLElement {
  /** @type {any[]} */
  rows = [];

  connectedCallback() { drawings.add(this); }
  disconnectedCallback() { drawings.delete(this); }

  /** @param {{name: string, busy_share?: number, slices?: {start: number, width: number, name: string}[]}[]} threads */
  show(threads) {
    while (this.rows.length > threads.length) this.rows.pop().row.remove();
    threads.forEach((t, i) => {
      let r = this.rows[i];
      if (!r) {
        const lane = (document.createElement('atelier-lane'));
        r = this.rows[i] = { lane, name: h('span'), share: h('b'), row: h('div.lane') };
        r.row.append(r.name, lane, r.share);
        this.append(r.row);
      }
      put(r.name, t.name);
      put(r.share, t.busy_share === undefined ? '' : Math.round(t.busy_share * 100) + ' %');
      if (t.slices && t.slices !== r.lane.slices) { r.lane.slices = t.slices; r.lane.draw(); }
    });
  }

  redraw() { for (const r of this.rows) r.lane.redraw(); }
}
customElements.define('atelier-lanes', Lanes);

class Lane extends Canvas {
  /** @type {{start: number, width: number, name: string}[]} */
  slices = [];

  draw() {
    const c = this.context, r = this.ratio ?? 1, W = this.canvas.width, H = this.canvas.height;
    c.clearRect(0, 0, W, H);
    c.font = `${10 * r}px ${getComputedStyle(this).fontFamily}`;
    for (const s of this.slices) {
      const w = Math.max(r, s.width * W - r);
      c.fillStyle = color(kindColor(s.name));
      c.fillRect(s.start * W, 2 * r, w, H - 4 * r);
      const text = cut(s.name, w / r);
      if (!text) continue;
      c.fillStyle = color('ft');
      c.fillText(text, s.start * W + 4 * r, H / 2 + 3.5 * r);
    }
  }
}
customElements.define('atelier-lane', Lane);
