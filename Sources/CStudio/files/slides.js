// <atelier-slides>: what becomes of files on slides, before anybody opens a presentation: every page, every element, every reason.

import { api, isAbort } from './api.js';
import { command } from './commands.js';
import { bytes, copy, count, download, h, icon, iconButton, say } from './dom.js';
import { frame } from './frames.js';
import { asked, library, withInputs } from './library.js';
import { toCommand } from './lines.js';
import { made } from './made.js';
import { cleanSVG } from './sanitize.js';
import { fields } from './schema.js';
import { controls } from './settings.js';
import { state } from './state.js';

const outcomes = ({
  native: ['Native shapes', ''], approximated: ['Approximated', 'warn'], picture: ['As pictures', 'warn'], omitted: ['Left out', 'bad'],
});
const PPTX = 'application/vnd.openxmlformats-officedocument.presentationml.presentation';
/** Rows of the report that are made at once. */
const ROWS = 200;

class Slides extends HTMLElement {
  /** @type {any[]} */
  pages = [];
  page = 0;
  /** @type {any[]} */
  files = [];

  connectedCallback() {
    if (this.right) return;
    this.title2 = h('h2', 'Slides');
    this.facts = h('span.muted');
    this.paper = h('div.paper', { role: 'img' });
    this.ring = h('div.hd', { hidden: true, ariaHidden: 'true' });
    this.stage = h('div.desk', { onclick: (e) => this.hit(e) }, this.none = h('p.none', 'Choose files in the library: each becomes a slide.'), this.sheet = h('div.slide', { hidden: true }, this.paper, this.ring));
    this.film = h('ul.film', { ariaLabel: 'Slides' });
    this.append(
      h('div.tb', this.title2, this.facts, h('span.grow'), this.busy = h('span.muted', { role: 'status' }),
        iconButton('more', 'Previous slide', () => this.turn(-1), { className: 'ib prev' }), this.number = h('output'), iconButton('more', 'Next slide', () => this.turn(1), { className: 'ib next' })),
      this.stage, this.film);
    this.sheet.append(this.hint = h('span.tag', { hidden: true }));

    this.totals = h('tbody');
    this.list = h('ul.els', { ariaLabel: 'Elements of the slide' });
    this.filter = h('select', { ariaLabel: 'Show elements', onchange: () => this.report() },
      h('option', { value: 'all' }, 'All'), h('option', { value: 'notes' }, 'With a reason'), ...Object.entries(outcomes).map(([value, [title]]) => h('option', { value }, title)));
    this.line = h('code');
    this.right = h('div.deck',
      h('div.scroll', { tabIndex: 0, role: 'region', ariaLabel: 'Deck' }, h('div.rh', h('h2', 'Deck')),
        controls({ kind: 'pptx', doc: 'slides', pick: (f) => f.group === 'Slides' }),
        h('h3', this.heading = h('span', 'Report')), h('table.rep', { ariaLabel: 'Totals of the slide' }, this.totals), this.verdict = h('p'),
        h('div.ehead', h('h3', 'Elements'), this.filter), this.list, this.more = h('button.lnk', { type: 'button', hidden: true, onclick: () => { this.rows += ROWS; this.report(); } }, 'Show more')),
      h('div.exp', h('p.cli', this.line, iconButton('copy', 'Copy as a command', () => copy(this.line.textContent, 'The command'))),
        h('div', this.save = h('button.pri#save-deck', { type: 'button', disabled: true, onclick: () => this.export() }, icon('down'), 'Download PPTX'))));
    this.rows = ROWS;
    command({ id: 'slides.export', title: 'Download the deck', key: 'd', view: 'slides', run: () => this.export() });
    command({ id: 'slides.next', title: 'Next slide', key: 'pagedown', view: 'slides', run: () => this.turn(1) });
    command({ id: 'slides.previous', title: 'Previous slide', key: 'pageup', view: 'slides', run: () => this.turn(-1) });
    new ResizeObserver(() => this.markSelected()).observe(this.stage);
  }

  /** @param {{items?: any[]}} [what] */
  show(what) {
    if (what?.items) this.given = what.items;
    this.ends = [library.on((what) => { if (!what.startsWith('thumb')) { if (what === 'current') this.given = undefined; this.soon(); } }), state.on('slides', () => this.soon())];
    this.soon();
  }

  hide() {
    for (const end of this.ends ?? []) end?.();
    this.ends = undefined;
    clearTimeout(this.timer);
    api.stop('slides');
  }

  /** The files of the deck: those handed over, else those selected, else the one on the stage. */
  chosen() {
    const able = (i) => i.kind === 'picture' || i.kind === 'drawing';
    if (this.given) return this.given.filter(able);
    const selected = library.items.filter(i => library.selected.has(i.id));
    return (selected.length > 1 ? selected : [library.current].filter(Boolean)).filter(able);
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), 60);
  }

  async ask() {
    if (!this.ends) return;
    const files = this.chosen(), settings = state.get('slides');
    const wish = JSON.stringify([files.map(f => f.id), settings]);
    if (wish === this.wish) return;
    this.wish = wish;
    this.files = files;
    const names = files.map(f => f.name);
    this.line.textContent = toCommand(settings, names[0] ?? 'drawing.svg', 'pptx', 'pptx').replace(names[0] ?? '', names.length > 3 ? '*' : names.join(' '));
    this.line.title = this.line.textContent;
    this.none.hidden = files.length > 0;
    this.save.disabled = !files.length;
    if (!files.length) {
      api.stop('slides');
      this.pages = [];
      this.busy.textContent = '';
      return this.draw();
    }
    this.busy.textContent = 'Working …';
    try {
      const answer = await this.submit('application/json', 'slides');
      if (this.wish !== wish) return;
      this.pages = answer.slides ?? [];
      this.page = Math.min(this.page, Math.max(0, this.pages.length - 1));
      this.selected = undefined;
      this.draw();
    } catch (e) {
      if (this.wish === wish) this.wish = undefined;
      if (isAbort(e)) return;
      say((e).message, 'bad');
    }
    this.busy.textContent = '';
  }

  /** @param {string} accept @param {string} key */
  async submit(accept, key) {
    const answer = await withInputs(this.files, inputs => made(
      '/v1/pptx', { body: { inputs, ...asked(state.get('slides')) }, key, accept, priority: 'interactive' }, () => { this.busy.textContent = 'Waiting for its turn …'; }));
    return accept === PPTX ? answer.blob() : answer.json();
  }

  async export() {
    if (!this.files.length) return;
    this.save.disabled = true;
    try {
      const name = (this.files.length > 1 ? 'deck' : this.files[0].name.replace(/\.[^.]*$/, '')) + '.pptx';
      const file = await this.submit(PPTX, 'deck');
      download(file, name);
      say(`${name} is among your downloads: ${count(this.pages.length)} ${this.pages.length === 1 ? 'slide' : 'slides'}, ${bytes(file.size)}.`);
    } catch (e) {
      if (!isAbort(e)) say((e).message, 'bad');
    }
    this.save.disabled = false;
  }

  /** @param {number} by */
  turn(by) { this.open(Math.max(0, Math.min(this.pages.length - 1, this.page + by))); }

  /** @param {number} page */
  open(page) {
    if (page === this.page || !this.pages[page]) return;
    this.page = page;
    this.selected = undefined;
    this.rows = ROWS;
    this.draw();
    this.film.children[page]?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  draw() {
    frame('stage', 'slides', () => this.drawPage());
    frame('panels', 'slides.film', () => this.drawFilm());
    frame('panels', 'slides.report', () => this.report());
  }

  drawPage() {
    const p = this.pages[this.page];
    this.sheet.hidden = !p;
    this.number.textContent = p ? `${this.page + 1} of ${this.pages.length}` : '';
    this.title2.textContent = this.files.length > 1 ? `${this.files.length} files` : this.files[0]?.name ?? 'Slides';
    if (!p) { this.facts.textContent = ''; return; }
    const ratio = p.width_emu / p.height_emu, inches = [p.width_emu, p.height_emu].map(n => (n / 914400).toFixed(2).replace(/\.?0+$/, ''));
    const shape = Math.abs(ratio - 16 / 9) < .005 ? '16:9' : Math.abs(ratio - 4 / 3) < .005 ? '4:3' : `${inches[0]} × ${inches[1]} in`;
    this.facts.textContent = `${count(this.pages.length)} ${this.pages.length === 1 ? 'slide' : 'slides'} · ${shape}`;
    this.sheet.style.setProperty('--ratio', String(ratio));
    this.paper.style.background = p.background ?? '';
    this.paper.setAttribute('aria-label', `Slide ${this.page + 1}, ${p.totals.elements} elements`);
    const drawing = p.svg ? cleanSVG(p.svg) : null;
    this.paper.replaceChildren(drawing ?? h('p.large', 'This slide is too large to be shown here; the deck holds all of it.'));
    this.markSelected();
  }

  drawFilm() {
    for (const url of this.urls ?? []) URL.revokeObjectURL(url);
    /** @type {string[]} */
    this.urls = [];
    if (this.drawn !== this.pages) {
      this.drawn = this.pages;
      this.film.replaceChildren(...this.pages.map((p, i) => {
        const mini = h('span.mini');
        mini.style.aspectRatio = String(p.width_emu / p.height_emu);
        mini.style.background = p.background ?? '';
        if (p.svg) mini.append(h('img', { alt: '', loading: 'lazy', src: this.url(p.svg) }));
        return h('li', h('button', { type: 'button', ariaLabel: `Slide ${i + 1}`, onclick: () => this.open(i) }, mini, h('small', String(i + 1))));
      }));
    }
    [...this.film.children].forEach((li, i) => {
      if (i === this.page) li.firstChild.setAttribute('aria-current', 'true'); else li.firstChild.removeAttribute('aria-current');
    });
  }

  /** A drawing as a file of its own: inside an image nothing of it can run. @param {string} svg */
  url(svg) {
    const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    setTimeout(() => URL.revokeObjectURL(url), 60000);
    return url;
  }

  report() {
    const p = this.pages[this.page];
    this.heading.textContent = p ? `Report, slide ${this.page + 1}` : 'Report';
    const t = p?.totals;
    const row = (title, n, kind = '') => h('tr' + (n && kind ? '.' + kind : ''), h('th', { scope: 'row' }, title), h('td', count(n)));
    this.totals.replaceChildren(...t ? [
      ...Object.entries(outcomes).map(([k, [title, kind]]) => row(title, t[k], kind)),
      row('Shapes on the slide', t.contents.shapes), row('Pictures on the slide', t.contents.pictures), row('Groups', t.contents.groups),
    ] : []);
    const off = t ? t.approximated + t.picture + t.omitted : 0;
    this.verdict.className = off ? 'wn' : 'okn';
    this.verdict.replaceChildren(...t ? [icon(off ? 'warn' : 'check'), off ? `${count(off)} of ${count(t.elements)} elements are not there exactly as drawn; the list says why.` : `All ${count(t.elements)} elements are native, editable shapes.`] : []);
    const want = this.filter.value;
    const elements = (p?.elements ?? []).filter((e) => want === 'all' ? !e.group || e.because : want === 'notes' ? e.because || e.outcome !== 'native' : e.outcome === want && !e.group);
    this.more.hidden = elements.length <= this.rows;
    this.list.replaceChildren(...elements.slice(0, this.rows).map((e) => {
      const reasons = this.reasons(p, e).map(b => b.message + (b.deviation ? ` (off by ${b.deviation.toFixed(1)} px)` : '')).join('; ');
      return h('li', h('button.el.' + e.outcome, { type: 'button', dataNode: e.node, ariaPressed: String(e.node === this.selected), onclick: () => this.select(e.node) },
        h('b', e.element), h('span', e.group ? 'group, ' + e.outcome : e.outcome), h('small', [e.line ? `line ${e.line}` : '', reasons].filter(Boolean).join(' · '))));
    }));
    if (p && !elements.length) this.list.append(h('li.muted', 'No such element on this slide.'));
  }

  /** Why an element is not there as drawn: its own reasons, else those of the group that it went the way of. */
  reasons(p, e) {
    if (e.because || e.outcome === 'native') return e.because ?? [];
    return p.elements.findLast(g => g.node < e.node && g.group && g.because && g.outcome === e.outcome)?.because ?? [];
  }

  hit(e) {
    const node = (e.target).closest?.('[data-node]');
    if (!node || !this.paper.contains(node)) return this.select(undefined);
    const n = Number(node.getAttribute('data-node'));
    // An element that the list leaves out is brought into it.
    const p = this.pages[this.page], place = p.elements.findIndex((e) => e.node === n);
    if (!this.list.querySelector(`[data-node="${n}"]`)) {
      this.filter.value = 'all';
      this.rows = Math.max(this.rows, place + ROWS);
      this.report();
    }
    this.select(n);
    this.list.querySelector(`[data-node="${n}"]`)?.scrollIntoView({ block: 'nearest' });
  }

  /** @param {number | undefined} node */
  select(node) {
    this.selected = node === this.selected ? undefined : node;
    for (const b of this.list.querySelectorAll('.el')) b.setAttribute('aria-pressed', String(Number(b.dataset.node) === this.selected && this.selected !== undefined));
    this.markSelected();
  }

  markSelected() {
    const e = this.selected === undefined ? null : this.paper.querySelector(`[data-node="${this.selected}"]`);
    this.ring.hidden = this.hint.hidden = !e;
    if (!e) return;
    const box = e.getBoundingClientRect(), page = this.sheet.getBoundingClientRect(), what = this.pages[this.page].elements.find((x) => x.node === this.selected);
    Object.assign(this.ring.style, { left: box.x - page.x + 'px', top: box.y - page.y + 'px', width: Math.max(2, box.width) + 'px', height: Math.max(2, box.height) + 'px' });
    this.hint.textContent = `${what?.element ?? ''} · ${what?.outcome ?? ''}`;
  }
}
customElements.define('atelier-slides', Slides);
fields('pptx').catch(() => {});
