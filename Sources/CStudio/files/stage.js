// @ts-check
// The picture and its drawing, to the pixel. Both lie in panes that are composited layers: a split moves one pane by `translateX`
// and its content back by the same, so dragging repaints nothing. The drawing is shown as an image, never put into the page.

import { frame } from './frames.js';
import { h, icon } from './dom.js';

const STOPS = [1 / 16, 1 / 8, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64];
const HEAVY = 2000, MARGIN = 20;

class Stage extends HTMLElement {
  connectedCallback() {
    this.size = { w: 0, h: 0 };
    this.view = { z: 1, x: 0, y: 0 };
    this.mode = 'split';
    this.isFit = true;
    this.share = 0.5;
    this.shows = { nodes: false, grid: false };
    /** Comes when it is first drawn. @type {import('./outline.js').Outline | null} */
    this.outline = null;
    this.svg = '';
    this.original = h('img', { alt: '', draggable: false });
    this.result = h('div.hold#result', { hidden: true }, h('i.grid'));
    this.source = h('div.hold', this.original, h('i.grid'));
    this.over = h('canvas.over', { ariaHidden: 'true' });
    this.vec = h('div.pane.vec', this.result, this.over);
    this.inner = h('div.inner', this.source);
    this.orig = h('div.pane.orig', this.inner);
    this.range = h('input.split#split', {
      type: 'range', min: 0, max: 1, step: 0.001, value: 0.5, ariaLabel: 'Split position',
      oninput: () => { this.share = Number(this.range.value); frame('input', 'split', () => this.split()); },
    });
    this.handle = h('span.handle', { ariaHidden: 'true' });
    this.tags = [h('span.tag.tl'), h('span.tag.tr')];
    this.empty = h('p.empty', icon('drop'), h('b', 'Drop pictures anywhere'), h('span', 'or press O to open, V to paste'));
    this.classList.add('stage', 'split');
    this.tabIndex = 0;
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', 'Stage: arrow keys pan, plus and minus zoom');
    this.append(this.vec, this.orig, this.handle, this.range, ...this.tags, this.empty);
    new ResizeObserver(() => { if (this.isFit) this.fit(); else this.ask(); }).observe(this);
  }

  // MARK: what is shown

  /** Shows another picture. @param {string} url @param {string} name */
  async setPicture(url, name) {
    this.clear();
    this.url = url;
    this.classList.toggle('filled', !!url);
    if (!url) return;
    this.hands ??= import('./hands.js').then(m => m.hands(this));
    const image = h('img', { alt: 'Original: ' + name, draggable: false, src: url });
    try { await image.decode(); } catch { return; }
    if (this.url !== url) return;
    this.original.replaceWith(image);
    this.original = image;
    this.size = { w: image.naturalWidth || 300, h: image.naturalHeight || 150 };
    this.fit();
    // In this frame, so that nobody sees it at the place of the one before.
    this.apply();
  }

  clear() {
    this.result.hidden = true;
    this.drawing?.remove();
    this.drawing = this.bitmap = null;
    this.svg = '';
    this.size = { w: 0, h: 0 };
    this.original.removeAttribute('src');
    this.original.alt = '';
  }

  /** Shows a drawing of the picture. @param {string} svg @param {string} alt @param {number} nodes */
  async setDrawing(svg, alt, nodes) {
    const picture = this.url, url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    const image = h('img', { alt, draggable: false, src: url });
    try { await Promise.all([image.decode(), this.hands]); } finally { URL.revokeObjectURL(url); }
    if (this.url !== picture) return;
    const canvas = nodes > HEAVY ? await this.rasterise(image) : null;
    if (this.url !== picture) return;
    this.bitmap?.remove();
    this.drawing?.remove();
    [this.drawing, this.bitmap] = [image, canvas];
    this.result.prepend(image, ...(canvas ? [canvas] : []));
    this.result.hidden = false;
    this.svg = svg;
    this.ask();
  }

  /** Many nodes are drawn once: moving a bitmap costs nothing. @param {HTMLImageElement} image */
  async rasterise(image) {
    const { w, h: high } = this.size;
    const scale = Math.min(4096 / Math.max(w, high), Math.max(this.view.z, this.fitting()) * devicePixelRatio);
    const map = await createImageBitmap(image, { resizeWidth: Math.max(1, Math.round(w * scale)), resizeHeight: Math.max(1, Math.round(high * scale)), resizeQuality: 'high' });
    const canvas = h('canvas', { width: map.width, height: map.height, ariaHidden: 'true' });
    canvas.getContext('bitmaprenderer').transferFromImageBitmap(map);
    return canvas;
  }

  /** @param {string} left @param {string} right */
  setTags(left, right) {
    this.tags.forEach((t, i) => { t.textContent = [left, right][i]; t.hidden = ![left, right][i]; });
  }

  /** @param {'split' | 'side' | 'overlay' | 'outline'} mode */
  setMode(mode) {
    this.classList.remove(this.mode);
    this.classList.add(this.mode = mode);
    this.range.hidden = this.handle.hidden = mode !== 'split';
    if (this.isFit) this.fit(); else this.ask();
  }

  /** @param {boolean} on */
  peek(on) {
    if (this.classList.contains('peek') === on) return;
    this.classList.toggle('peek', on);
    this.ask();
  }

  /** @param {'nodes' | 'grid'} what @param {boolean} on */
  toggle(what, on) {
    this.shows[what] = on;
    this.ask();
  }

  /** @param {number} share of the drawing over the picture */
  fade(share) { this.result.style.opacity = String(share); }

  // MARK: place and size

  get width() { return this.mode === 'side' ? this.clientWidth / 2 : this.clientWidth; }

  fitting() {
    const { w, h: high } = this.size;
    return w ? Math.min((this.width - 2 * MARGIN) / w, (this.clientHeight - 2 * MARGIN) / high, 64) : 1;
  }

  fit() {
    this.isFit = true;
    // Asking for a size makes the browser lay the page out at once.
    if (!this.size.w) return;
    const z = Math.max(0.001, this.fitting());
    this.view = { z, x: (this.width - this.size.w * z) / 2, y: (this.clientHeight - this.size.h * z) / 2 };
    this.ask();
  }

  /** Zooms about a point, the middle unless one is given. @param {number} z @param {number} [px] @param {number} [py] */
  zoom(z, px = this.width / 2, py = this.clientHeight / 2) {
    const next = Math.min(64, Math.max(1 / 64, z)), v = this.view;
    this.isFit = false;
    this.view = { z: next, x: px - (px - v.x) * next / v.z, y: py - (py - v.y) * next / v.z };
    this.ask();
  }

  /** The next of the stops: whole multiples above 1:1. @param {1 | -1} way */
  zoomStep(way) {
    const z = this.view.z;
    this.zoom((way > 0 ? STOPS.find(s => s > z * 1.001) : STOPS.findLast(s => s < z * 0.999)) ?? z);
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.isFit = false;
    this.view = { ...this.view, x: this.view.x + dx, y: this.view.y + dy };
    this.ask();
  }

  ask() {
    this.moved = performance.now();
    frame('stage', 'view', () => this.apply());
  }

  apply() {
    const { z, x, y } = this.view, { w, h: high } = this.size;
    if (!w) return;
    // A part of the picture stays in sight.
    const keep = 48, view = this.view = { z, x: Math.min(this.width - keep, Math.max(keep - w * z, x)), y: Math.min(this.clientHeight - keep, Math.max(keep - high * z, y)) };
    for (const hold of [this.source, this.result]) {
      hold.style.transform = `translate(${view.x}px,${view.y}px)`;
      if (this.z !== z || this.w !== w) {
        hold.style.width = w * z + 'px';
        hold.style.height = high * z + 'px';
        hold.classList.toggle('pixels', z >= 1);
      }
      hold.lastChild.hidden = !(this.shows.grid && z >= 4);
      hold.lastChild.style.backgroundSize = `${z}px ${z}px`;
    }
    [this.z, this.w] = [z, w];
    this.swap(true);
    this.place();
    this.split();
    this.drawOver();
    this.dispatchEvent(new Event('view'));
  }

  /** While it moves, a heavy drawing is its bitmap; at rest it is sharp at any size. @param {boolean} isMoving */
  swap(isMoving) {
    if (!this.bitmap) return;
    const isSharp = this.bitmap.width >= this.size.w * this.view.z * devicePixelRatio * 0.99;
    const showsMap = isMoving || isSharp;
    if (this.bitmap.hidden === showsMap) this.bitmap.hidden = !showsMap;
    if (this.drawing.hidden !== showsMap) this.drawing.hidden = showsMap;
    clearTimeout(this.rest);
    if (isMoving && !isSharp) this.rest = setTimeout(() => this.swap(false), 200);
  }

  /** The split goes over what is seen of the picture. */
  place() {
    const { z, x, y } = this.view, left = Math.max(0, x), right = Math.min(this.width, x + this.size.w * z);
    const top = Math.max(0, y), bottom = Math.min(this.clientHeight, y + this.size.h * z);
    this.seen = { left, right, top, bottom };
    Object.assign(this.range.style, { left: left + 'px', top: top + 'px', width: right - left + 'px', height: bottom - top + 'px' });
    const side = this.mode === 'side' ? this.clientWidth / 2 : 0;
    // They stand beside one another, however narrow the picture is.
    for (const t of this.tags) t.style.maxWidth = Math.max(48, (right - left) / (side ? 1 : 2) - 14) + 'px';
    this.tags[0].style.transform = `translate(${left + 10}px,${bottom - 34}px)`;
    this.tags[1].style.transform = `translate(${right + side - 10}px,${bottom - 34}px) translateX(-100%)`;
  }

  split() {
    const full = this.mode !== 'split' || this.classList.contains('peek');
    const { left, right, top, bottom } = this.seen ?? { left: 0, right: 0, top: 0, bottom: 0 };
    const at = left + 16 + this.share * Math.max(0, right - left - 32), w = this.clientWidth;
    this.orig.style.transform = full ? '' : `translateX(${at - w}px)`;
    this.inner.style.transform = full ? '' : `translateX(${w - at}px)`;
    this.handle.style.transform = `translate(${at}px,${top}px)`;
    this.handle.style.height = bottom - top + 'px';
    this.range.setAttribute('aria-valuetext', Math.round(this.share * 100) + ' % original');
  }

  async drawOver() {
    const lines = this.mode === 'outline', shown = (lines || this.shows.nodes) && !this.result.hidden;
    this.over.hidden = !shown;
    if (!shown) return;
    if (!this.outline) {
      const { Outline } = await import('./outline.js');
      this.outline ??= new Outline();
    }
    this.outline.set(this.svg);
    this.outline.draw(this.over, this.view, this.width, this.clientHeight, this.mode === 'outline', this.shows.nodes);
  }
}

customElements.define('atelier-stage', Stage);
