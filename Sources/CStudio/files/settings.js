// @ts-check
// Controls drawn from a schema: each has a value, a unit, a step for the keys and a dot that takes a change back.

import { h, segmented } from './dom.js';
import { frame, painted } from './frames.js';
import { same, state } from './state.js';
import { at, effective, fields, place, rounded } from './schema.js';

/** @typedef {import('./schema.js').Field} Field */
/** @typedef {{field: Field, element: HTMLElement, show: (value: any) => void, shown?: any, dot: HTMLElement}} Control */

const closed = new Set(['Ink and paper', 'Limits']);
const isColor = /^(ink|paper|backdrop|background)$/;
let number = 0;

/** The fields of a schema as an element that follows a document and changes it.
 * `parts` are put below the heading of their group; `base` gives the values under those of the document.
 * @param {{kind: string, doc: string, pick?: (f: Field) => boolean, parts?: Record<string, HTMLElement>, order?: string[]}} how */
export function controls({ kind, doc, pick = () => true, parts = {}, order = [] }) {
  const root = h('div.controls'), key = 'controls-' + number++;
  /** @type {Control[]} */
  let all = [];
  let base = '', off = () => {}, offBase = () => {};
  const values = () => ({ ...(base && state.get(base)), ...state.get(doc) });
  const context = {
    /** @param {Field} f @param {any} v */
    change(f, v) { state.patch(doc, { [f.name]: isFallback(f, v) ? undefined : v }, { coalesce: f.name, label: f.title }); },
    /** @param {Field} f */
    reset(f) { state.patch(doc, { [f.name]: undefined }, { label: f.title }); },
  };
  /** Whether the value says nothing, because it holds without being said. @param {Field} f @param {any} v */
  const isFallback = (f, v) => {
    const rest = { ...values(), [f.name]: undefined };
    delete rest[f.name];
    if (base && f.name in state.get(base)) return false;
    return same(effective(rest, f), v);
  };
  const draw = () => {
    const v = values(), own = state.get(doc);
    for (const c of all) {
      const now = effective(v, c.field);
      if (!same(c.shown, now)) c.show(c.shown = now);
      c.dot.hidden = !(c.field.name in own);
    }
  };
  const ask = () => frame('panels', key, draw);
  /** Follows another document. @param {string} next @param {string} below */
  root.use = (next, below = '') => {
    off();
    offBase();
    [doc, base] = [next, below];
    off = state.on(doc, ask);
    offBase = base ? state.on(base, ask) : () => {};
    ask();
  };
  root.refresh = ask;
  root.ready = fields(kind).then(async some => {
    const picked = some.filter(pick), groups = [...new Set([...order, ...picked.map(f => f.group)])];
    root.use(doc, base);
    for (const name of groups) {
      const own = picked.filter(f => f.group === name);
      if (!own.length && !parts[name]) continue;
      const made = own.map(f => control(f, context));
      all.push(...made);
      const inside = [...made.map(c => c.element)];
      if (parts[name]) inside.splice(Math.min(1, inside.length), 0, parts[name]);
      root.append(closed.has(name) ? h('details', h('summary', h('h3', name)), ...inside) : h('section', h('h3', name), ...inside));
      draw();
      await painted();
    }
  });
  return root;
}

/** @param {Field} f @param {{change: (f: Field, v: any) => void, reset: (f: Field) => void}} context @returns {Control} */
function control(f, context) {
  const dot = h('button.dot', { type: 'button', hidden: true, title: `Reset ${f.title}`, ariaLabel: `Reset ${f.title}`, onclick: () => context.reset(f) });
  const make = { integer: slider, number: slider, choice, flag, text };
  return { field: f, dot, ...make[f.type](f, dot, (/** @type {any} */ v) => context.change(f, v)) };
}

/** @param {Field} f @param {HTMLElement} dot @param {(v: any) => void} change */
function slider(f, dot, change) {
  const isBent = f.curve !== 1, output = h('output', { htmlFor: f.name }), amount = h('span'), unit = h('i', f.unit && (f.unit === '°' ? '°' : ' ' + f.unit));
  output.append(amount, unit);
  const input = h('input', {
    type: 'range', id: f.name, min: isBent ? 0 : f.min, max: isBent ? 1000 : f.max, step: isBent ? 1 : f.step, title: f.help,
    oninput: () => { const v = isBent ? at(f, input.value / 1000) : Number(input.value); write(v); change(v); }, onchange: () => state.settle(),
    onkeydown: (/** @type {KeyboardEvent} */ e) => {
      // On a bent scale a step of the slider is no step of the value.
      const way = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[e.key];
      if (!way || !isBent) return;
      e.preventDefault();
      const v = rounded(f, f.curve === 'log' ? now * 1.1 ** way : now + way * f.step);
      show(v);
      change(v);
    },
  });
  let now = f.min;
  const write = (/** @type {number | null} */ v) => {
    amount.textContent = v === null ? (f.name === 'target-ssim' ? 'off' : 'auto') : String(v);
    unit.hidden = v === null;
    if (v !== null) now = v;
    input.setAttribute('aria-valuetext', `${amount.textContent} ${v === null ? '' : f.unit}`);
    input.style.setProperty('--p', (isBent ? input.value / 10 : 100 * (input.value - f.min) / (f.max - f.min)) + '%');
  };
  const show = (/** @type {number | null} */ v) => {
    const shown = v ?? hint ?? (f.min + f.max) / 2;
    input.value = isBent ? Math.round(place(f, shown) * 1000) : shown;
    input.classList.toggle('auto', v === null);
    if (v === null && hint !== null) now = hint;
    write(v);
  };
  /** Where the slider stands while the value is left open: what was found. @type {number | null} */
  let hint = null;
  const element = h('div.fld', h('label', { htmlFor: f.name, title: f.help }, f.title), dot, output, input);
  element.hint = (/** @type {number} */ v) => { hint = v; if (amount.textContent === 'auto') show(null); };
  return { element, show };
}

/** @param {Field} f @param {HTMLElement} dot @param {(v: any) => void} change */
function choice(f, dot, change) {
  const words = f.words.map(w => ({ value: w, title: w.length < 3 ? w.toUpperCase() : w[0].toUpperCase() + w.slice(1) }));
  if (words.length <= 4) {
    const group = segmented(f.name, f.title, words, f.fallback, change);
    group.title = f.help;
    return { element: h('div.fld.wide', h('span.name', f.title), dot, group), show: group.pick };
  }
  const select = h('select', { id: f.name, title: f.help, onchange: () => change(select.value) }, ...words.map(w => h('option', { value: w.value }, w.title)));
  return { element: h('div.fld', h('label', { htmlFor: f.name }, f.title), dot, select), show: (/** @type {any} */ v) => { select.value = v ?? ''; } };
}

/** @param {Field} f @param {HTMLElement} dot @param {(v: any) => void} change */
function flag(f, dot, change) {
  const input = h('input.switch', { type: 'checkbox', role: 'switch', id: f.name, title: f.help, onchange: () => change(input.checked) });
  return { element: h('div.fld', h('label', { htmlFor: f.name }, f.title), dot, input), show: (/** @type {any} */ v) => { input.checked = !!v; } };
}

/** @param {Field} f @param {HTMLElement} dot @param {(v: any) => void} change */
function text(f, dot, change) {
  const isPaint = isColor.test(f.name);
  const input = h('input', {
    type: isPaint ? 'color' : 'text', id: f.name, title: f.help, placeholder: f.isNullable ? 'auto' : '',
    [isPaint ? 'oninput' : 'onchange']: () => change(input.value || null),
  });
  const said = h('output', { htmlFor: f.name });
  return {
    element: h('div.fld', h('label', { htmlFor: f.name }, f.title), dot, ...(isPaint ? [said] : []), input),
    show: (/** @type {any} */ v) => {
      input.value = isPaint ? (v ?? '#808080').slice(0, 7) : v ?? '';
      said.textContent = v ?? 'auto';
    },
  };
}

