// @ts-check
// The colours of the drawing. A lock keeps a colour exactly, an edit or a merge draws it as another: all are entries of the
// option `recolor` (`#a=#b`, or `#a` alone), so they are settings like any other and survive every slider.

import { h, icon } from './dom.js';
import { state } from './state.js';

/** @typedef {{color: string, share: number}} Swatch */
/** @typedef {[string, string]} Entry from, to */

/** @param {string | null | undefined} text @returns {Entry[]} */
export const entries = text => (text ?? '').split(',').filter(Boolean).map(e => /** @type {Entry} */ ([e.split('=')[0], e.split('=').at(-1)]));
/** @param {Entry[]} all */
const written = all => all.map(([a, b]) => a === b ? a : `${a}=${b}`).join(',') || undefined;

/** What a colour is drawn as from now on. What was drawn as it before follows. @param {Entry[]} all @param {string} color @param {string} next */
function drawAs(all, color, next) {
  const moved = all.map(([a, b]) => /** @type {Entry} */ ([a, b === color ? next : b]));
  return moved.some(([a, b], i) => all[i][1] === color) ? moved : [...moved, /** @type {Entry} */ ([color, next])];
}

/** Gives a colour up: what was found is drawn as it was found. @param {Entry[]} all @param {string} color */
const letGo = (all, color) => all.filter(([, b]) => b !== color);

export class Palette {
  constructor(/** @type {() => string} */ doc) {
    this.doc = doc;
    /** @type {Swatch[]} */
    this.colors = [];
    this.chosen = '';
    this.merging = '';
    this.bar = h('div.prop', { ariaHidden: 'true' });
    this.add = this.makeAdd();
    this.list = h('ul.pal', { ariaLabel: 'Palette' }, this.add);
    /** @type {any[]} */
    this.items = [];
    this.tools = h('div.paltools', { hidden: true, role: 'group', ariaLabel: 'The chosen colour' });
    this.element = h('div.palette', this.bar, this.list, this.tools);
  }

  get entries() { return entries(state.get(this.doc()).recolor ?? state.get('trace').recolor); }

  /** @param {Entry[]} next @param {string} label */
  change(next, label) { state.patch(this.doc(), { recolor: written(next) }, { label, coalesce: label.startsWith('edit') ? 'recolor' : undefined }); }

  /** @param {Swatch[]} colors */
  show(colors) {
    // What is kept although nothing is near it can be let go too.
    const lost = [...new Set(this.entries.map(e => e[1]))].filter(b => !colors.some(c => c.color === b)).map(color => ({ color, share: 0 }));
    colors = [...colors.filter(c => c.share || !lost.some(l => l.color === c.color)), ...lost];
    const next = JSON.stringify([colors, this.chosen, this.merging, this.entries]);
    if (next === this.shown) return;
    this.shown = next;
    this.colors = colors;
    // The bar and the list keep their elements while a slider moves.
    colors.forEach((c, i) => {
      const part = this.bar.children[i] ?? this.bar.appendChild(h('i'));
      part.style.flex = String(Math.max(0.002, c.share));
      part.style.background = c.color;
      this.swatch(this.items[i] ??= this.makeSwatch(), c);
    });
    while (this.bar.children.length > colors.length) this.bar.lastChild.remove();
    for (const li of this.items.splice(colors.length)) li.remove();
    this.add.hidden = !colors.length;
    this.showTools();
  }

  makeSwatch() {
    const li = h('li', h('button', { type: 'button', onclick: () => this.pick(li.dataset.color) }));
    this.add.before(li);
    return li;
  }

  /** @param {any} li @param {Swatch} c */
  swatch(li, c) {
    const all = this.entries, isLocked = all.some(([, b]) => b === c.color), button = li.firstChild;
    li.dataset.color = c.color;
    button.style.background = c.color;
    button.classList.toggle('lt', isDark(c.color));
    button.setAttribute('aria-pressed', String(c.color === this.chosen));
    button.setAttribute('aria-label', `${c.color}, ${percent(c.share)}${isLocked ? ', locked' : ''}`);
    button.title = `${c.color} · ${percent(c.share)}`;
    if (!!button.firstChild !== isLocked) button.replaceChildren(isLocked ? icon('lock') : '');
  }

  makeAdd() {
    const input = h('input', { type: 'color', ariaLabel: 'Add a colour', title: 'Add a colour', value: '#808080', onchange: () => this.change([...this.entries, [input.value, input.value]], `add ${input.value}`) });
    return h('li.add', { hidden: true }, icon('plus'), input);
  }

  /** @param {string} color */
  pick(color) {
    if (this.merging && color !== this.merging) {
      const from = this.merging;
      this.merging = '';
      this.chosen = color;
      const kept = this.entries.some(([, b]) => b === color) ? this.entries : [...this.entries, /** @type {Entry} */ ([color, color])];
      this.change(drawAs(kept, from, color), `merge ${from} into ${color}`);
    } else this.chosen = this.chosen === color ? '' : color;
    this.show(this.colors);
  }

  showTools() {
    const c = this.colors.find(c => c.color === this.chosen);
    this.tools.hidden = !c;
    if (!c) { this.merging = this.chosen = ''; return; }
    const all = this.entries, isHeld = all.some(([, b]) => b === c.color);
    const edit = h('input', {
      type: 'color', value: c.color.slice(0, 7), ariaLabel: 'Change this colour',
      oninput: () => { const next = drawAs(this.entries, this.chosen, edit.value); this.chosen = edit.value; this.change(next, 'edit a colour'); },
      onchange: () => state.settle(),
    });
    if (this.tools.dataset.color === c.color && this.tools.contains(document.activeElement) && document.activeElement?.matches('[type=color]')) return;
    this.tools.dataset.color = c.color;
    this.tools.replaceChildren(
      h('label.tg', edit, h('code', c.color)),
      h('button.tg', { type: 'button', ariaPressed: String(isHeld), onclick: () => this.change(isHeld ? letGo(all, c.color) : [...all, [c.color, c.color]], `${isHeld ? 'unlock' : 'lock'} ${c.color}`) },
        icon(isHeld ? 'open' : 'lock'), isHeld ? 'Let go' : 'Lock'),
      h('button.tg', { type: 'button', ariaPressed: String(!!this.merging), onclick: () => { this.merging = this.merging ? '' : c.color; this.show(this.colors); } },
        icon('merge'), this.merging ? 'Into which?' : 'Merge'));
  }
}

/** @param {number} share */
const percent = share => share === 0 ? 'nothing is near it' : share < 0.01 ? 'under 1 percent' : `${Math.round(share * 100)} percent`;
/** @param {string} hex */
const isDark = hex => [1, 3, 5].reduce((n, i, k) => n + parseInt(hex.slice(i, i + 2), 16) * [0.3, 0.59, 0.11][k], 0) < 110;
