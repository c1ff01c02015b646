// @ts-check
// Menus and questions.

import { $, h } from './dom.js';

/** Opens or closes the list of things to do beside a button, which is made at the first time.
 * @param {HTMLButtonElement} button @param {() => {title: string, run: () => void, mark?: boolean, note?: string}[]} choices */
export function openMenu(button, choices) {
  const next = /** @type {HTMLElement} */ (button.nextElementSibling);
  (next?.matches('.menu') ? next : made(button, choices)).togglePopover();
}

/** @param {HTMLButtonElement} button @param {Parameters<typeof openMenu>[1]} choices */
function made(button, choices) {
  const list = h('div.menu', { popover: 'auto' });
  button.after(list);
  list.addEventListener('toggle', (/** @type {any} */ e) => button.setAttribute('aria-expanded', String(e.newState === 'open')));
  list.addEventListener('beforetoggle', (/** @type {any} */ e) => {
    if (e.newState !== 'open') return;
    list.replaceChildren(...choices().map(c => h('button', { type: 'button', onclick: () => { list.hidePopover(); c.run(); } }, h('span', c.title), c.note ? h('small', c.note) : '')));
    const b = button.getBoundingClientRect(), below = b.bottom < innerHeight / 2;
    Object.assign(list.style, { right: innerWidth - b.right + 'px', top: below ? b.bottom + 4 + 'px' : 'auto', bottom: below ? 'auto' : innerHeight - b.top + 4 + 'px' });
  });
  list.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => {
    const way = { ArrowDown: 1, ArrowUp: -1 }[e.key], all = [...list.children];
    if (!way) return;
    e.preventDefault();
    all[(all.indexOf(document.activeElement) + way + all.length) % all.length].focus();
  });
  return list;
}

/** Asks for a line of text. @param {string} title @param {string} label @param {(text: string) => void} done @param {boolean} isLong */
export function askFor(title, label, done, isLong = false) {
  const field = h(isLong ? 'textarea' : 'input', { id: 'asked', rows: 5, spellcheck: false, autocomplete: 'off' });
  const dialog = h('dialog.ask', { ariaLabel: title }, h('form', {
    method: 'dialog', onsubmit: () => { if (field.value.trim()) done(field.value.trim()); },
  }, h('h2', title), h('label', { htmlFor: 'asked' }, label), field,
  h('div', h('button.sec', { type: 'button', onclick: () => dialog.close() }, 'Cancel'), h('button.pri', { type: 'submit' }, 'OK'))));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  $('#asked').focus();
}
