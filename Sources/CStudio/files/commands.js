// @ts-check
// What can be done, each thing once: the command palette lists it and the sheet of keys explains it (finder.js), and a key may run it.

import { $ } from './dom.js';
import { state } from './state.js';

/** `key` is a letter or sign as typed (`o`, `?`, `[`), or `ctrl+k`, `ctrl+shift+z`, `shift+0`, with the names of KeyboardEvent.key.
 * @typedef {{id: string, title: string, key?: string, group?: string, view?: string, run: (e?: Event) => void, enabled?: () => boolean,
 *   isHidden?: boolean}} Command */
/** @type {Map<string, Command>} */
export const commands = new Map();
/** Says what else a text may mean: files by their names. @type {((text: string) => Command[])[]} */
export const finders = [];
let view = () => '';

/** @param {Command} c */
export const command = c => { commands.set(c.id, c); };
/** @param {() => string} current */
export const commandsOf = current => { view = current; };

export const isOpen = (/** @type {Command} */ c) => (!c.view || c.view === view()) && (c.enabled?.() ?? true);
/** @param {string} id */
export function perform(id) {
  const c = commands.get(id);
  if (c && isOpen(c)) c.run();
}

/** @param {KeyboardEvent} e */
function keyOf(e) {
  const name = e.key === ' ' ? 'space' : e.key.toLowerCase();
  const base = /^Digit\d$/.test(e.code) && e.shiftKey ? e.code.slice(5) : name;
  const isSign = base.length === 1 && base.toLowerCase() === base.toUpperCase() && !/\d/.test(base);
  return (e.ctrlKey || e.metaKey ? 'ctrl+' : '') + (e.altKey ? 'alt+' : '') + (e.shiftKey && !isSign ? 'shift+' : '') + base;
}

/** @param {KeyboardEvent} e */
function pressed(e) {
  if (e.defaultPrevented || $('dialog[open]')) return;
  const key = keyOf(e), target = /** @type {HTMLElement} */ (e.target);
  const isTyping = target.matches('input:not([type=range],[type=radio],[type=checkbox],[type=color]),textarea,select,[contenteditable]');
  const isWithControl = key.startsWith('ctrl+');
  if (isTyping && !(isWithControl && key !== 'ctrl+c' && key !== 'ctrl+z' && key !== 'ctrl+shift+z')) return;
  // Space presses what has the focus.
  if (key === 'space' && target.closest('button,input,select,summary,a')) return;
  if (!isWithControl && state.prefs.letters === 'off' && /^(shift\+)?.$/.test(key)) return;
  if (key === 'ctrl+c' && String(getSelection())) return;
  const c = [...commands.values()].find(c => c.key === key && isOpen(c));
  if (!c) return;
  e.preventDefault();
  c.run(e);
}

document.addEventListener('keydown', pressed);
