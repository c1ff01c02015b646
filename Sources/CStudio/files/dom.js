// @ts-check
// Making elements, and the one line in which the page says what happened.

/** Makes an element from `tag.class#id`; `on…` are listeners, `aria…` attributes, `data…` data, the rest properties.
 * @param {string} what @param {...any} rest @returns {any} */
export function h(what, ...rest) {
  const [, tag, tail] = /** @type {string[]} */ (/^([\w-]*)(.*)$/.exec(what));
  const e = document.createElement(tag || 'div');
  for (const [, kind, name] of tail.matchAll(/([.#])([\w-]+)/g)) kind === '#' ? e.id = name : e.classList.add(name);
  for (const part of rest) {
    if (part?.constructor === Object) set(e, part); else e.append(...(Array.isArray(part) ? part : [part ?? '']));
  }
  return e;
}

/** @param {any} e @param {Record<string, any>} values */
export function set(e, values) {
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else if (/^(aria|data)[A-Z]/.test(name)) attribute(e, name.replace(/[A-Z]/, c => '-' + c.toLowerCase()), value);
    else if (name in e) e[name] = value;
    else attribute(e, name, value);
  }
  return e;
}

/** @param {Element} e @param {string} name @param {any} value */
function attribute(e, name, value) {
  if (value === null || value === undefined || (value === false && !name.startsWith('aria'))) e.removeAttribute(name);
  else e.setAttribute(name.toLowerCase(), value === true && !name.startsWith('aria') ? '' : value);
}

const SVG = 'http://www.w3.org/2000/svg';

/** A symbol of the sprite in index.html. @param {string} name */
export function icon(name, what = 'i') {
  const s = document.createElementNS(SVG, 'svg'), u = document.createElementNS(SVG, 'use');
  s.setAttribute('class', what);
  s.setAttribute('aria-hidden', 'true');
  u.setAttribute('href', '#i-' + name);
  s.append(u);
  return s;
}

/** A button that shows only an icon. @param {string} name @param {string} label @param {() => void} onclick */
export const iconButton = (name, label, onclick, more = {}) =>
  h('button.ib', { type: 'button', ariaLabel: label, title: label, onclick, ...more }, icon(name));

/** A group of radio buttons that looks like one control.
 * @param {string} name @param {string} label @param {{value: any, title: string, icon?: string, hint?: string}[]} choices
 * @param {any} value @param {(value: any) => void} onpick */
export function segmented(name, label, choices, value, onpick) {
  const group = h('div.seg', { role: 'radiogroup', ariaLabel: label });
  for (const c of choices) {
    const input = h('input', { type: 'radio', name, value: c.value, checked: c.value === value, onchange: () => onpick(c.value) });
    group.append(h('label', { title: c.hint ?? '' }, input, h('span', ...(c.icon ? [icon(c.icon)] : []), c.title)));
  }
  group.pick = (/** @type {any} */ v) => { for (const i of group.querySelectorAll('input')) i.checked = i.value === String(v); };
  return group;
}

export const $ = (/** @type {string} */ s, /** @type {ParentNode} */ root = document) => /** @type {any} */ (root.querySelector(s));
export const $$ = (/** @type {string} */ s, /** @type {ParentNode} */ root = document) => /** @type {any[]} */ ([...root.querySelectorAll(s)]);

let quiet = 0;
/** Says one sentence, which readers read out. @param {string} text @param {'ok' | 'bad'} kind @param {{title: string, run: () => void}} [act] */
export function say(text, kind = 'ok', act) {
  const line = $('#say');
  line.className = kind;
  line.replaceChildren(h('span', text), ...(act ? [h('button.lnk', { type: 'button', onclick: () => { hush(); act.run(); } }, act.title)] : []),
    iconButton('x', 'Close this message', hush));
  clearTimeout(quiet);
  quiet = setTimeout(hush, kind === 'bad' || act ? 9000 : 4000);
}
const hush = () => $('#say').replaceChildren();

/** 5.8 kB. @param {number} n */
export function bytes(n) {
  if (n < 1000) return n + ' B';
  const k = n < 1e6 ? [n / 1e3, 'kB'] : n < 1e9 ? [n / 1e6, 'MB'] : [n / 1e9, 'GB'];
  return `${Number(k[0]) < 99.5 ? Number(k[0]).toFixed(1) : Math.round(Number(k[0]))} ${k[1]}`;
}

/** 2.1 ms, 18 ms, 1.4 s. @param {number} t milliseconds */
export const time = t => t < 9.95 ? t.toFixed(1) + ' ms' : t < 1000 ? Math.round(t) + ' ms' : (t / 1000).toFixed(1) + ' s';

/** 1 000. @param {number} n */
export const count = n => String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');

/** Hands a file to the browser's downloads. @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const url = URL.createObjectURL(blob), a = h('a', { href: url, download: name });
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/** @param {string} text @param {string} what */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied.`);
  } catch {
    say(`The browser did not let ${what.toLowerCase()} be copied.`, 'bad');
  }
}
