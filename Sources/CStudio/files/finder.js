// @ts-check
// The command palette and the sheet of keys.

import { h, iconButton } from './dom.js';
import { state } from './state.js';
import { commands, finders, isOpen } from './commands.js';

/** @typedef {import('./commands.js').Command} Command */

const names = { ctrl: 'Ctrl', shift: 'Shift', alt: 'Alt', space: 'Space', arrowleft: '←', arrowright: '→', arrowup: '↑', arrowdown: '↓' };
/** @param {string} key */
const keyText = key => key.split(/\+(?=.)/).map(k => names[/** @type {keyof typeof names} */ (k)] ?? k.toUpperCase()).join(' ');

/** @param {HTMLDialogElement} dialog */
function show(dialog) {
  dialog.addEventListener('click', e => { if (e.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** The list that Ctrl-K opens. */
export function openPalette() {
  /** @type {Command[]} */
  let found = [];
  let at = 0;
  const list = h('ul#commands', { role: 'listbox', ariaLabel: 'Commands' });
  const input = h('input', {
    type: 'text', role: 'combobox', placeholder: 'Find a file or a command', ariaLabel: 'Find a file or a command', ariaExpanded: 'true',
    ariaControls: 'commands', autocomplete: 'off', spellcheck: false, oninput: () => { at = 0; fill(); },
    onkeydown: (/** @type {KeyboardEvent} */ e) => {
      const way = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (way) { at = (at + way + found.length) % Math.max(1, found.length); fill(); e.preventDefault(); }
      if (e.key === 'Enter') { run(found[at]); e.preventDefault(); }
    },
  });
  const dialog = h('dialog.find', { ariaLabel: 'Commands' }, input, list);
  const run = (/** @type {Command} */ c) => { if (c) { dialog.close(); c.run(); } };
  const fill = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = [...[...commands.values()].filter(c => !c.isHidden && isOpen(c)), ...finders.flatMap(f => f(input.value))]
      .filter(c => words.every((/** @type {string} */ w) => (c.title + ' ' + (c.group ?? '')).toLowerCase().includes(w))).slice(0, 60);
    list.replaceChildren(...found.map((c, i) => h('li', {
      id: 'command-' + i, role: 'option', ariaSelected: String(i === at), onclick: () => run(c),
    }, h('span', c.title), h('small', c.group ?? ''), ...(c.key ? [h('kbd', keyText(c.key))] : []))));
    if (!found.length) list.append(h('li.none', { role: 'option', ariaSelected: 'false', ariaDisabled: 'true' }, 'Nothing is called so.'));
    input.setAttribute('aria-activedescendant', found.length ? 'command-' + at : '');
    list.children[at]?.scrollIntoView({ block: 'nearest' });
  };
  fill();
  show(dialog);
  input.focus();
}

/** The sheet of keys. */
export function openHelp() {
  /** @type {Map<string, Command[]>} */
  const groups = new Map();
  for (const c of commands.values()) {
    if (c.key) groups.set(c.group ?? 'Studio', [...(groups.get(c.group ?? 'Studio') ?? []), c]);
  }
  const letters = h('input#letters', {
    type: 'checkbox', checked: state.prefs.letters !== 'off', onchange: () => state.pref('letters', letters.checked ? 'on' : 'off'),
  });
  const dialog = h('dialog.help', { ariaLabelledby: 'help-title' },
    h('header', h('h2#help-title', 'Keys'), h('label.check', letters, 'Single letters are commands'), iconButton('x', 'Close', () => dialog.close())),
    h('div.cols', { tabindex: 0, role: 'group', ariaLabel: 'Keys by kind' }, ...[...groups].map(([name, some]) => h('section', h('h3', name),
      h('dl', ...some.map(c => h('div', h('dt', h('kbd', keyText(c.key ?? ''))), h('dd', c.title))))))));
  show(dialog);
}
