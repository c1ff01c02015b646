// @ts-check
// The outlines and nodes of a drawing, read from its markup and drawn by the page. The markup is parsed as a document of its own
// that runs nothing; only numbers come out of it.

import { nodesOf } from './nodes.js';

/** @typedef {{path: Path2D, matrix: DOMMatrix, nodes: number[]}} Shape */

const MOST = 30000;

export class Outline {
  /** @type {Shape[] | null} */
  shapes = [];
  svg = '';

  /** Takes another drawing; it is read when it is first drawn. @param {string} svg */
  set(svg) {
    if (svg === this.svg) return;
    this.svg = svg;
    this.shapes = null;
  }

  read() {
    const root = new DOMParser().parseFromString(this.svg, 'image/svg+xml').documentElement;
    /** @type {Shape[]} */
    const shapes = [];
    // Units of the drawing are pixels of the picture, unless its view box says otherwise.
    const box = (root.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number), width = parseFloat(root.getAttribute('width') ?? '');
    const start = new DOMMatrix();
    if (box.length === 4 && width > 0) start.scaleSelf(width / box[2]).translateSelf(-box[0], -box[1]);
    const visit = (/** @type {Element} */ e, /** @type {DOMMatrix} */ m) => {
      if (/^(defs|clipPath|mask|pattern|symbol)$/.test(e.localName)) return;
      const t = e.getAttribute('transform');
      const own = t ? m.multiply(new DOMMatrix(t.replace(/(\d)\s+(?=[-\d.])/g, '$1,').replace(/rotate\(([-\d.e]+)\)/g, 'rotate($1deg)'))) : m;
      const d = pathData(e);
      if (d) shapes.push({ path: new Path2D(d), matrix: own, nodes: nodesOf(d) });
      for (const child of e.children) visit(child, own);
    };
    visit(root, start);
    this.shapes = shapes;
  }

  /** @param {HTMLCanvasElement} canvas @param {{z: number, x: number, y: number}} view @param {number} width @param {number} height
   *  @param {boolean} lines @param {boolean} nodes */
  draw(canvas, { z, x, y }, width, height, lines, nodes) {
    if (!this.shapes) this.read();
    const r = devicePixelRatio, ink = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const [w, h] = [Math.round(width * r), Math.round(height * r)];
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    else { ink.resetTransform(); ink.clearRect(0, 0, w, h); }
    const look = getComputedStyle(canvas), line = look.getPropertyValue('--node') || '#3b66ff';
    const base = new DOMMatrix([z * r, 0, 0, z * r, x * r, y * r]);
    if (lines || z >= 1) {
      ink.strokeStyle = line;
      ink.globalAlpha = lines ? 1 : 0.75;
      for (const s of this.shapes ?? []) {
        const m = base.multiply(s.matrix);
        ink.setTransform(m);
        ink.lineWidth = (lines ? 1.2 : 1) * r / Math.sqrt(Math.abs(m.a * m.d - m.b * m.c) || 1);
        ink.stroke(s.path);
      }
      ink.globalAlpha = 1;
    }
    if (!nodes) return;
    ink.resetTransform();
    ink.fillStyle = '#fff';
    ink.strokeStyle = line;
    ink.lineWidth = r;
    const side = (z < 1.5 ? 3 : z < 4 ? 4 : 6) * r;
    ink.beginPath();
    let drawn = 0;
    for (const s of this.shapes ?? []) {
      const m = base.multiply(s.matrix);
      for (let i = 0; i < s.nodes.length && drawn < MOST; i += 2) {
        const px = m.a * s.nodes[i] + m.c * s.nodes[i + 1] + m.e, py = m.b * s.nodes[i] + m.d * s.nodes[i + 1] + m.f;
        if (px < -side || py < -side || px > w + side || py > h + side) continue;
        drawn++;
        ink.rect(px - side / 2, py - side / 2, side, side);
      }
    }
    ink.fill();
    ink.stroke();
  }
}

/** A basic shape as path data; empty for what is none. @param {Element} e */
function pathData(e) {
  const n = (/** @type {string} */ name) => parseFloat(e.getAttribute(name) ?? '0') || 0;
  const oval = (/** @type {number} */ rx, /** @type {number} */ ry) => {
    const [x, y] = [n('cx'), n('cy')];
    return `M${x - rx} ${y}A${rx} ${ry} 0 0 1 ${x} ${y - ry}A${rx} ${ry} 0 0 1 ${x + rx} ${y}A${rx} ${ry} 0 0 1 ${x} ${y + ry}A${rx} ${ry} 0 0 1 ${x - rx} ${y}Z`;
  };
  switch (e.localName) {
    case 'path': return e.getAttribute('d') ?? '';
    case 'rect': return `M${n('x')} ${n('y')}h${n('width')}v${n('height')}h${-n('width')}z`;
    case 'circle': return oval(n('r'), n('r'));
    case 'ellipse': return oval(n('rx'), n('ry'));
    case 'line': return `M${n('x1')} ${n('y1')}L${n('x2')} ${n('y2')}`;
    case 'polygon': case 'polyline': return 'M' + (e.getAttribute('points') ?? '') + (e.localName === 'polygon' ? 'Z' : '');
    default: return '';
  }
}
