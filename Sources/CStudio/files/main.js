// @ts-check
// The shell: which view is shown, what stands beside it, the theme, the address, and what comes in by drop, paste and keys.

import { $, $$, h, say } from './dom.js';
import { query, same, state, unquery } from './state.js';
import { command, commandsOf, finders } from './commands.js';
import { dropped, library } from './library.js';
import { api, onRefusal } from './api.js';
import { frame, painted } from './frames.js';
import './panel.js';
import { take } from './trace.js';

/** A view's module is fetched at its first visit. Names of elements are `atelier-` and the id. */
const views = [
  { id: 'trace', title: 'Trace', library: true },
  { id: 'collections', title: 'Collections', module: './collections.js', css: ['collections.css'] },
  { id: 'slides', title: 'Slides', module: './slides.js', css: ['slides.css'], library: true },
  { id: 'performance', title: 'Performance', module: './performance.js', css: ['chart.css', 'performance.css'] },
];
/** @type {Map<string, any>} */
const made = new Map();
let shown = '', wanted = '';
commandsOf(() => shown);

/** Shows a view, with something to begin with. @param {string} id @param {any} [what] */
export async function go(id, what) {
  const view = views.find(v => v.id === id) ?? views[0];
  wanted = view.id;
  try {
    if (view.module && !made.has(view.id)) await load(view.module, view.css ?? []);
  } catch (e) {
    return say(`The ${view.title.toLowerCase()} view did not load: ${e}`, 'bad');
  }
  // Another view may have been asked for while this one came.
  if (wanted !== view.id) return;
  if (shown && shown !== view.id) leave(shown);
  const element = made.get(view.id) ?? make(view.id);
  if (shown !== view.id) enter(view, element);
  element.show?.(what);
}

/** @param {string} id */
function make(id) {
  const element = h('atelier-' + id);
  made.set(id, element);
  $('#main').append(element);
  painted().then(() => { for (const side of ['left', 'right']) if (element[side]) $('#' + side).append(element[side]); });
  return element;
}

/** @param {string} id */
function leave(id) {
  const element = made.get(id);
  element.hide?.();
  for (const e of [element, element.left, element.right]) if (e) e.hidden = true;
}

/** @param {typeof views[0]} view @param {any} element */
function enter(view, element) {
  shown = view.id;
  for (const e of [element, element.left, element.right]) if (e) e.hidden = false;
  $('atelier-library').hidden = !view.library;
  document.body.dataset.view = view.id;
  document.body.classList.toggle('no-left', !view.library && !element.left);
  document.body.classList.toggle('no-right', !element.right);
  for (const b of $$('nav [data-go]')) b.dataset.go === view.id ? b.setAttribute('aria-current', 'page') : b.removeAttribute('aria-current');
  document.title = `${view.title} – Atelier Studio`;
  $('h1').textContent = `Studio: ${view.title}`;
  const dock = $('atelier-dock');
  view.id === 'performance' ? dock?.hide?.() : dock?.show?.();
  address();
}

/** A module with its style sheets: nothing of it is seen without them. @param {string} module @param {string[]} sheets */
const load = (module, sheets) => Promise.all([import(module), ...sheets.map(style)]);

/** @param {string} file */
function style(file) {
  if ($(`link[href$="/${file}"]`)) return;
  return new Promise((done, fail) =>
    document.head.append(h('link', { rel: 'stylesheet', href: new URL(file, import.meta.url).href, onload: done, onerror: fail })));
}

// MARK: the address

/** Views whose settings are in the address. */
const documents = ['trace', 'slides', 'collections'];
let soon = 0;

/** Writes the address, at most some times a second: browsers count. */
function address() {
  clearTimeout(soon);
  soon = setTimeout(() => {
    const values = query(documents.includes(shown) ? state.get(shown) : {});
    history.replaceState(null, '', `#/${shown}${values && '?' + values}`);
  }, 250);
}

function readAddress() {
  const [, id, text] = /^#\/(\w+)(?:\?(.*))?$/.exec(location.hash) ?? [];
  if (documents.includes(id) && text !== undefined) {
    const values = unquery(text);
    if (!same(values, state.get(id))) state.replace(id, values, { undo: !!shown, label: 'address' });
  }
  go(id ?? 'trace');
}

for (const doc of documents) state.on(doc, address);
addEventListener('hashchange', readAddress);

// MARK: theme

/** @param {'light' | 'dark' | undefined} theme undefined follows the system */
function setTheme(theme) {
  state.pref('theme', theme);
  dispatchEvent(new Event('theme'));
}
function switchTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  setTheme(next === system ? undefined : next);
}

// MARK: what comes in

/** Text that is markup, a command, a curl line or an address of the studio; views say what they take. @type {((text: string) => boolean)[]} */
const readers = [take, text => {
  if (!/^\s*(<\?xml[^]*?)?(<!--[^]*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/i.test(text)) return false;
  library.add([new File([text], 'pasted.svg', { type: 'image/svg+xml' })]);
  return true;
}];

/** @param {string} text */
export const read = text => readers.some(r => r(text)) || (say('That is neither a picture, a drawing nor a command.', 'bad'), false);

library.on(what => { if (what === 'current') document.body.classList.remove('library'); });

let depth = 0;
const isFiles = (/** @type {DragEvent} */ e) => e.dataTransfer?.types.includes('Files') || e.dataTransfer?.types.includes('text/plain');
addEventListener('dragenter', e => { if (isFiles(e)) { depth++; document.body.classList.add('dragging'); } });
addEventListener('dragleave', () => { if (--depth <= 0) { depth = 0; document.body.classList.remove('dragging'); } });
addEventListener('dragover', e => { if (isFiles(e)) e.preventDefault(); });
addEventListener('drop', async e => {
  depth = 0;
  document.body.classList.remove('dragging');
  if (e.defaultPrevented || !e.dataTransfer) return;
  e.preventDefault();
  const text = e.dataTransfer.getData('text/plain'), files = await dropped(e.dataTransfer);
  if (files.length) library.add(files); else if (text) read(text);
});
addEventListener('paste', e => {
  const target = /** @type {HTMLElement} */ (e.target);
  if (target.matches?.('input,textarea') || !e.clipboardData) return;
  e.preventDefault();
  if (e.clipboardData.files.length) library.add(e.clipboardData.files);
  else if (e.clipboardData.getData('text/plain').trim()) read(e.clipboardData.getData('text/plain'));
});

async function paste() {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find(t => t.startsWith('image/'));
      if (type) library.add([new File([await item.getType(type)], 'pasted.' + type.slice(6).replace('svg+xml', 'svg'), { type })]);
      else if (item.types.includes('text/plain')) read(await (await item.getType('text/plain')).text());
    }
  } catch {
    say('The browser keeps the clipboard to itself here: press Ctrl V instead.', 'bad');
  }
}

/** @param {boolean} folder */
export function pick(folder = false) { $(folder ? '#folder' : '#files').click(); }
for (const id of ['#files', '#folder']) {
  $(id).addEventListener('change', () => {
    library.add($(id).files);
    $(id).value = '';
  });
}

// MARK: commands

const undo = () => { const what = state.undo(); say(what ? `Undone: ${what}.` : 'Nothing to undo.'); };
const redo = () => { const what = state.redo(); say(what ? `Done again: ${what}.` : 'Nothing to do again.'); };
const openPalette = async () => (await import('./finder.js')).openPalette();
const openHelp = async () => (await import('./finder.js')).openHelp();
for (const c of [
  { id: 'find', title: 'Find a file or a command', key: 'ctrl+k', run: openPalette, isHidden: true },
  { id: 'help', title: 'Keys', key: '?', run: openHelp },
  { id: 'open', title: 'Open files', key: 'o', group: 'Files', run: () => pick() },
  { id: 'folder', title: 'Open a folder', key: 'shift+o', group: 'Files', run: () => pick(true) },
  { id: 'paste', title: 'Paste', key: 'v', group: 'Files', run: paste },
  { id: 'slides.selected', title: 'Chosen files to slides', group: 'Files', enabled: () => library.chosen.length > 0, run: () => void go('slides', { items: library.chosen }) },
  { id: 'trace.selected', title: 'Trace the chosen files', group: 'Files', enabled: () => library.chosen.length > 0, run: () => void go('trace', { batch: true }) },
  { id: 'undo', title: 'Undo', key: 'ctrl+z', group: 'Edit', run: undo },
  { id: 'redo', title: 'Redo', key: 'ctrl+shift+z', group: 'Edit', run: redo },
  { id: 'performance', title: 'Performance', key: 'p', group: 'Views', run: () => go(shown === 'performance' ? 'trace' : 'performance') },
  ...views.filter(v => v.id !== 'performance').map(v => ({ id: 'view.' + v.id, title: v.title, group: 'Views', run: () => void go(v.id) })),
  { id: 'theme', title: 'Switch between light and dark', group: 'Views', run: switchTheme },
  { id: 'theme.system', title: 'Light or dark as the system', group: 'Views', run: () => setTheme(undefined) },
]) command(c);
finders.push(text => library.items.filter(i => text && i.name.toLowerCase().includes(text.toLowerCase())).slice(0, 20)
  .map(i => ({ id: i.id, title: i.name, group: 'File', run: () => library.open(i.id) })));

for (const b of $$('nav [data-go]')) b.addEventListener('click', () => go(b.dataset.go));
$('#theme').addEventListener('click', switchTheme);
$('#help').addEventListener('click', openHelp);
$('#find').addEventListener('click', openPalette);

onRefusal(async () => {
  const { askFor } = await import('./dialogs.js');
  if (!$('dialog.ask')) askFor('This service wants a key', 'Key', key => { localStorage.setItem('atelier.key', key); location.reload(); });
});

// MARK: the line that says whether the service works

/** @param {any} snapshot */
function showLoad(snapshot) {
  const waiting = snapshot.queue.classes.reduce((/** @type {number} */ n, /** @type {any} */ c) => n + c.waiting, 0);
  const running = snapshot.queue.classes.reduce((/** @type {number} */ n, /** @type {any} */ c) => n + c.running, 0);
  const said = `${running} running · ${waiting} queued`, live = $('#live');
  if (live.said === said) return;
  live.said = said;
  frame('telemetry', 'live', () => live.replaceChildren(h('i'), `${running} running`, h('span.sep', '·'), `${waiting} queued`));
}

/** The frame of the page is in index.html and seen before anything here runs; a view follows, and what can wait comes when nobody waits. */
async function begin() {
  await painted();
  readAddress();
  library.restore();
  await new Promise(next => (window.requestIdleCallback ?? setTimeout)(next));
  api.events('stats', showLoad);
  if (!matchMedia('(min-width: 901px)').matches) return;
  try { await load('./dock.js', ['chart.css', 'dock.css']); } catch { return document.body.classList.add('no-dock'); }
  const dock = h('atelier-dock');
  $('.dock').append(dock);
  if (shown !== 'performance') dock.show();
}
begin();
