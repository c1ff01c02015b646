// @ts-check
// The Trace view: the stage, what the last run was, and the settings. A change asks the service at once; while a slider is dragged
// one request runs and only the newest settings wait, so what is shown is always on its way to what is wanted.

import { $, bytes, copy, h, icon, iconButton, say, segmented } from './dom.js';
import { api, isAbort } from './api.js';
import { query, same, state } from './state.js';
import { frame } from './frames.js';
import { command, perform } from './commands.js';
import { asked, keepItem, library, withFile } from './library.js';
import { controls } from './settings.js';
import { dropPreset, loadPresets, presets, savePreset } from './schema.js';
import { Facts, Steps } from './steps.js';
import { stem, toCommand } from './lines.js';
import './stage.js';

/** @typedef {import('./library.js').Item} Item */

const modes = [
  { value: 'split', title: 'Split', icon: 'split', hint: 'Split (1)' }, { value: 'side', title: 'Side', icon: 'side', hint: 'Side by side (2)' },
  { value: 'overlay', title: 'Overlay', icon: 'over', hint: 'Overlay (3)' }, { value: 'outline', title: 'Outline', icon: 'out', hint: 'Outlines (4)' },
];
const shownPresets = ['logo', 'poster', 'lineart', 'photo', 'pixel'];
/** Presets and the palette have controls of their own. */
const isControl = (/** @type {any} */ f) => !/^(kind|recolor|quality)$/.test(f.name) && !/^Names of|Limits|Report/.test(f.group);

class Trace extends HTMLElement {
  connectedCallback() {
    this.stage = h('atelier-stage');
    this.facts = new Facts();
    this.steps = new Steps();
    this.batch = h('atelier-batch', { hidden: true });
    this.work = h('div.work', this.bar(), this.stage, this.facts.element, this.steps.element);
    this.append(this.work, this.batch);
    this.batch.addEventListener('leave', () => this.showBatch(false));
    this.right = this.settings();
    this.stage.addEventListener('view', () => {
      const percent = Math.round(this.stage.view.z * 100) + ' %';
      if (this.zoomed.textContent !== percent) this.zoomed.textContent = percent;
    });
    library.on(what => { if (what === 'current') this.open(); });
    state.on('trace', () => this.changed());
    state.on('undo', () => this.showUndo());
    this.setMode(state.prefs.mode ?? 'split');
    for (const what of /** @type {const} */ (['nodes', 'grid'])) this.toggle(what, !!state.prefs[what]);
  }

  /** @param {{batch?: boolean}} [what] */
  show(what) {
    this.isShown = true;
    if (library.current !== this.item) this.open(); else this.run();
    if (what?.batch) this.showBatch(true);
  }

  hide() {
    this.isShown = false;
    api.stop('trace');
  }

  // MARK: parts

  bar() {
    this.mode = segmented('compare', 'Compare', modes, state.prefs.mode ?? 'split', m => this.setMode(m));
    const toggle = (/** @type {'nodes' | 'grid'} */ what, /** @type {string} */ title, /** @type {string} */ sign) =>
      h(`button.tg#show-${what}`, { type: 'button', ariaPressed: 'false', title: `${title} (${what[0].toUpperCase()})`, onclick: () => this.toggle(what) }, icon(sign), h('span', title));
    this.zoomed = h('output', { ariaLabel: 'Zoom' }, '100 %');
    this.fade = h('input#opacity', { type: 'range', min: 0, max: 1, step: 0.01, value: 0.6, ariaLabel: 'Opacity of the drawing', hidden: true, oninput: () => frame('input', 'fade', () => this.stage.fade(this.fade.value)) });
    return h('div.tb', iconButton('folder', 'Files', () => document.body.classList.toggle('library'), { id: 'show-files' }), this.mode, toggle('nodes', 'Nodes', 'node'), toggle('grid', 'Pixel grid', 'grid'), this.fade, h('span.grow'),
      h('div.zoom', iconButton('minus', 'Zoom out', () => this.stage.zoomStep(-1)), this.zoomed, iconButton('plus', 'Zoom in', () => this.stage.zoomStep(1)),
        h('button.tg', { type: 'button', onclick: () => this.stage.zoom(1) }, '1:1'), h('button.tg', { type: 'button', onclick: () => this.stage.fit() }, icon('fit'), h('span', 'Fit'))));
  }

  settings() {
    this.swatches = h('div.swatches');
    this.controls = controls({ kind: 'trace', doc: 'trace', pick: isControl, parts: { Colours: this.swatches }, order: ['Colours', 'Shapes', 'Tracing', 'Ink and paper'] });
    this.undo = iconButton('undo', 'Undo', () => perform('undo'), { disabled: true });
    this.redo = iconButton('redo', 'Redo', () => perform('redo'), { disabled: true });
    this.scope = segmented('scope', 'These settings are for', [{ value: 'all', title: 'All files' }, { value: 'own', title: 'This file' }], 'all', v => this.setScope(v === 'own'));
    this.scope.hidden = true;
    this.presets = h('div.presets');
    this.line = h('code');
    const more = iconButton('more', 'Copy in another form, or paste', () => {}), other = h('button.sec', { type: 'button', ariaLabel: 'More ways out', title: 'More ways out' }, icon('more'));
    const svg = h('button.sec#save-svg', { type: 'button', title: 'Download the SVG, or drag it out', onclick: () => perform('svg') }, 'SVG');
    svg.draggable = true;
    svg.addEventListener('dragstart', (/** @type {DragEvent} */ e) => this.dragOut(e));
    const fold = iconButton('more', 'Show the settings', () => fold.setAttribute('aria-expanded', String(!document.body.classList.toggle('folded'))), { id: 'fold', ariaExpanded: 'true' });
    const panel = h('div.side',
      h('div.scroll', h('div.rh', h('h2', 'Settings'), fold, this.undo, this.redo, h('button.lnk', { type: 'button', onclick: () => this.reset() }, 'Reset')), this.scope, this.presets, this.controls),
      h('div.exp', h('p.cli', this.line, iconButton('copy', 'Copy as a command', () => perform('copy.command')), more),
        h('div', h('button.pri#save-pptx', { type: 'button', onclick: () => perform('pptx') }, icon('slides'), 'Export PPTX'), svg,
          h('button.sec', { type: 'button', ariaLabel: 'Copy SVG', title: 'Copy SVG', onclick: () => perform('copy') }, icon('copy')), other)));
    menu(more, () => ['copy.curl', 'copy.swift', 'copy.link', 'paste.line'].map(entry));
    menu(other, () => ['png', 'png4', 'copy.png', 'zip'].map(entry));
    loadPresets().then(() => { this.showPresets(); this.controls.refresh(); this.showLine(); }, e => say(e.message, 'bad'));
    return panel;
  }

  showPresets() {
    const now = this.values.preset ?? '', some = [...new Set([...shownPresets, now])].flatMap(name => presets.find(p => p.name === name) ?? []);
    const pick = (/** @type {string} */ name) => state.replace(this.doc, name && name !== now ? { preset: name } : {}, { label: name || 'preset' });
    const more = h('button.ib', { type: 'button', ariaLabel: 'All presets', title: 'All presets' }, icon('more'));
    this.presets.replaceChildren(segmented('preset', 'Preset', some.map(p => ({ value: p.name, title: p.title.split(' ')[0] })), now, pick), more);
    menu(more, () => [
      ...presets.map(p => ({ title: p.title, note: p.name === now ? 'chosen' : '', run: () => p.own ? state.replace(this.doc, p.settings, { label: p.name }) : pick(p.name) })),
      { title: 'No preset', run: () => pick('') },
      { title: 'Save these settings …', run: () => askFor('Save a preset', 'Name', async name => { await savePreset(name, { ...this.values }); say(`Saved as ${name}.`); }) },
      ...presets.filter(p => p.own).map(p => ({ title: `Forget ${p.name}`, run: async () => { await dropPreset(p.name); say(`${p.name} is forgotten.`); } })),
    ]);
    this.shownPreset = now;
  }

  // MARK: settings

  /** The document that controls change. */
  get doc() { return this.isOwn && this.item ? 'item:' + this.item.id : 'trace'; }
  /** What holds for the file on the stage. */
  get values() { return { ...state.get('trace'), ...(this.item && state.get('item:' + this.item.id)) }; }

  /** @param {boolean} isOwn */
  setScope(isOwn) {
    this.isOwn = isOwn && !!this.item;
    this.scope.pick(this.isOwn ? 'own' : 'all');
    this.controls.use(this.doc, this.isOwn ? 'trace' : '');
    this.off?.();
    this.off = this.item && state.on('item:' + this.item.id, () => this.changed());
  }

  reset() { state.replace(this.doc, {}, { label: 'reset' }); }

  changed() {
    if (this.item) {
      const own = state.get('item:' + this.item.id);
      const held = Object.keys(own).length ? own : undefined;
      if (!same(held, this.item.own)) {
        this.item.own = held;
        clearTimeout(this.keeping);
        this.keeping = setTimeout(keepItem, 500, this.item);
      }
    }
    frame('panels', 'line', () => this.showLine());
    this.run();
  }

  showLine() {
    this.line.textContent = toCommand(this.values, this.item?.name ?? 'FILE').replace(/^atelier | -o .*$/g, '');
    this.line.title = toCommand(this.values, this.item?.name ?? 'FILE');
    if (this.shownPreset !== (this.values.preset ?? '')) this.showPresets();
  }

  showUndo() {
    const [a, b] = [state.canUndo, state.canRedo];
    Object.assign(this.undo, { disabled: !a, title: a ? `Undo ${a}` : 'Undo' });
    Object.assign(this.redo, { disabled: !b, title: b ? `Redo ${b}` : 'Redo' });
  }

  // MARK: the stage

  open() {
    // What was asked for the file before is given up.
    if (this.asking && this.item?.status === 'running') this.item.status = 'idle';
    const item = this.item = library.current;
    if (!this.isShown) return;
    api.stop('trace');
    this.asking = this.waits = null;
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = item && item.kind !== 'other' ? URL.createObjectURL(item.file) : '';
    if (item?.own && !Object.keys(state.get('item:' + item.id)).length) state.patch('item:' + item.id, item.own, { undo: false });
    this.scope.hidden = library.items.length < 2;
    this.setScope(!!item && Object.keys(state.get('item:' + item.id)).length > 0);
    const ready = this.stage.setPicture(this.url, item?.name ?? '');
    this.stage.setTags('', '');
    if (this.batch && !this.batch.hidden) this.showBatch(false);
    frame('panels', 'line', () => this.showLine());
    if (!item) { this.facts.show(null); this.steps.show([]); this.palette?.show([]); return; }
    this.run();
    ready.then(() => {
      if (item.kind === 'picture' && this.item === item && this.stage.size.w) Object.assign(item, { width: this.stage.size.w, height: this.stage.size.h });
      this.showTags();
    });
  }

  // MARK: the service

  /** Asks for the drawing that the settings say. */
  run() {
    const item = this.item;
    if (!item || !this.isShown) return;
    if (item.kind !== 'picture') return this.refuse(item);
    const values = this.values;
    clearTimeout(this.later);
    if (item.result?.svg && same(item.result.values, values)) {
      // What is under way is for settings that were left again.
      if (this.asking) api.stop('trace');
      this.asking = this.waits = null;
      if (this.drawn !== item.result) this.draw(item, item.result);
      return this.complete(item);
    }
    if (this.asking) {
      // What takes long is given up for what is wanted now; what is quick ends first, so that a drag always shows something.
      this.waits = values;
      if (performance.now() - this.asking.since > 700) { api.stop('trace'); this.asking = null; this.ask(item, values); }
      return;
    }
    this.ask(item, values);
  }

  /** @param {Item} item */
  refuse(item) {
    this.stage.setTags(item.kind === 'drawing' ? 'A drawing already' : 'No picture', '');
    item.note = item.kind === 'drawing' ? 'a drawing' : item.name.split('.').pop();
    this.facts.show(null);
    this.steps.show([]);
  }

  /** @param {Item} item @param {Record<string, any>} values */
  async ask(item, values) {
    const mine = this.asking = { since: performance.now() };
    this.waits = null;
    if (!item.result) { item.status = 'running'; library.changed('item'); }
    try {
      const [answer, { counted }] = await Promise.all([this.post(item, values, 'brief'), import('./nodes.js')]);
      if (this.asking !== mine || this.item !== item) return;
      this.asking = null;
      item.result = Object.assign(answer, { values, report: { ...counted(answer.svg), palette: item.result?.report?.palette, ...answer.report } });
      item.status = 'done';
      await this.draw(item, item.result);
    } catch (e) {
      if (this.asking === mine) this.asking = null; else return;
      if (isAbort(e)) return;
      this.failed(item, /** @type {any} */ (e));
    }
    if (this.waits && !same(this.waits, values)) this.run(); else this.later = setTimeout(() => this.complete(item), 250);
  }

  /** @param {Item} item @param {Record<string, any>} values @param {'brief' | 'full'} report @returns {Promise<any>} */
  post(item, values, report) {
    return withFile(item, '/v1/trace', { key: 'trace', priority: 'interactive' }, { ...asked(values), report });
  }

  /** The figures that take longer than the drawing come when nothing moves any more. @param {Item} item */
  async complete(item) {
    const result = item.result;
    if (this.asking || this.item !== item || !result?.svg || result.isComplete) return;
    try {
      const { report } = await this.post(item, result.values, 'full');
      if (item.result !== result) return;
      Object.assign(result, { report: { ...result.report, ...report }, isComplete: true });
      if (this.item === item) frame('panels', 'result', () => this.showResult(item));
    } catch (e) { if (!isAbort(e)) say(/** @type {Error} */ (e).message, 'bad'); }
  }

  /** @param {Item} item @param {any} e */
  failed(item, e) {
    if (e.status === 429 || e.status === 503) {
      this.later = setTimeout(() => this.run(), (e.retryAfter ?? 1) * 1000);
      return say('The service is busy; the drawing follows.', 'ok');
    }
    Object.assign(item, { status: 'failed', note: e.message });
    library.changed('item');
    say(e.message, 'bad', { title: 'Try again', run: () => this.run() });
  }

  /** @param {Item} item @param {any} result */
  async draw(item, result) {
    this.drawn = result;
    await this.stage.setDrawing(result.svg, `Drawing of ${item.name}, ${result.report.paths} paths`, result.report.nodes);
    if (this.item !== item) return;
    item.note = `${result.report.paths} paths`;
    frame('panels', 'result', () => this.showResult(item));
    frame('panels', 'result-list', () => library.changed('item'));
  }

  /** @param {Item} item */
  showResult(item) {
    const { result } = item;
    if (!result || this.item !== item) return;
    this.facts.show(result);
    this.steps.show(result.steps);
    if (result.report.palette) this.showPalette(result.report.palette);
    this.showTags();
  }

  /** @param {any[]} colors */
  async showPalette(colors) {
    $('#colors')?.parentElement.hint?.(colors.length);
    if (!this.palette) {
      const { Palette } = await import('./palette.js');
      this.palette ??= new Palette(() => this.doc);
      this.swatches.append(this.palette.element);
    }
    this.palette.show(colors);
  }

  showTags() {
    const { item } = this;
    if (!item?.width || !this.stage.size.w) return;
    const kind = item.type.split('/')[1]?.replace(/\+.*/, '').toUpperCase() ?? '', r = item.result;
    this.stage.setTags(`${kind} · ${item.width} × ${item.height} · ${bytes(item.bytes)}`, r?.svg ? `SVG · ${r.report.paths} paths · ${bytes(r.result.gzip_bytes ?? r.result.bytes)} gz` : '');
  }

  // MARK: what can be done

  /** @param {string} mode */
  setMode(mode) {
    this.mode.pick(mode);
    state.pref('mode', mode);
    this.stage.setMode(mode);
    this.fade.hidden = mode !== 'overlay';
    this.stage.fade(mode === 'overlay' ? this.fade.value : 1);
  }

  /** @param {'nodes' | 'grid'} what @param {boolean} [on] */
  toggle(what, on = !state.prefs[what]) {
    state.pref(what, on);
    const b = $('#show-' + what, this);
    b.classList.toggle('on', on);
    b.setAttribute('aria-pressed', String(on));
    this.stage.toggle(what, on);
  }

  /** Lets the drawing leave the page as a file. @param {DragEvent} e */
  dragOut(e) {
    const svg = this.item?.result?.svg;
    if (!svg) return e.preventDefault();
    URL.revokeObjectURL(this.dragged);
    this.dragged = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    e.dataTransfer?.setData('DownloadURL', `image/svg+xml:${stem(this.item.name)}.svg:${this.dragged}`);
    e.dataTransfer?.setData('text/plain', svg);
  }

  /** @param {boolean} on */
  async showBatch(on) {
    if (on) await import('./batch.js');
    this.batch.hidden = !on;
    this.work.hidden = on;
    if (on) this.batch.show();
  }

  /** Takes a command, a curl line or Swift. @param {string} text */
  take(text) {
    if (!/^\s*(\$ )?(\S*\/)?(atelier|curl)\s|ConversionOptions\(\)/.test(text)) return false;
    import('./forms.js').then(forms => forms.settle(text, this.doc)).catch(e => say(`That could not be read: ${e.message}`, 'bad'));
    return true;
  }
}

customElements.define('atelier-trace', Trace);

// MARK: commands

const view = () => /** @type {any} */ ($('atelier-trace'));
const hasDrawing = () => !!view()?.item?.result?.svg;
const item = () => view().item;
/** @param {string} name @param {any[]} what */
const out = async (name, ...what) => /** @type {any} */ (await import('./export.js'))[name](...what);
/** A button with a list of things to do. @param {HTMLButtonElement} button @param {() => {title: string, run: () => void, note?: string}[]} choices */
function menu(button, choices) {
  button.setAttribute('aria-haspopup', 'true');
  button.addEventListener('click', async () => (await import('./dialogs.js')).openMenu(button, choices));
}
/** @param {...any} what */
const askFor = async (...what) => /** @type {any} */ (await import('./dialogs.js')).askFor(...what);
/** @param {string} id */
const entry = id => ({ title: own.find(c => c.id === id)?.title ?? id, run: () => perform(id) });
const own = [
  ...modes.map((m, i) => ({ id: 'mode.' + m.value, title: m.title, key: String(i + 1), group: 'Stage', run: () => view().setMode(m.value) })),
  { id: 'nodes', title: 'Nodes', key: 'n', group: 'Stage', run: () => view().toggle('nodes') },
  { id: 'grid', title: 'Pixel grid', key: 'g', group: 'Stage', run: () => view().toggle('grid') },
  { id: 'zoom.in', title: 'Zoom in', key: '+', group: 'Stage', run: () => view().stage.zoomStep(1) },
  { id: 'zoom.out', title: 'Zoom out', key: '-', group: 'Stage', run: () => view().stage.zoomStep(-1) },
  { id: 'zoom.fit', title: 'Fit', key: '0', group: 'Stage', run: () => view().stage.fit() },
  { id: 'zoom.one', title: 'One to one', key: 'shift+0', group: 'Stage', run: () => view().stage.zoom(1) },
  { id: 'peek', title: 'Hold for the original', key: 'space', group: 'Stage', run: () => view().stage.peek(true) },
  { id: 'batch', title: 'Files as a grid', key: 'b', group: 'Files', run: () => view().showBatch(view().batch.hidden) },
  { id: 'pptx', title: 'Export PPTX', key: 'e', group: 'Out', enabled: () => !!item(), run: () => out('exportSlides', library.chosen, view().values) },
  { id: 'svg', title: 'Download SVG', key: 'd', group: 'Out', enabled: hasDrawing, run: () => out('exportDrawing', item()) },
  { id: 'copy', title: 'Copy SVG', key: 'ctrl+c', group: 'Out', enabled: hasDrawing, run: () => copy(item().result.svg, 'SVG') },
  { id: 'png', title: 'Download PNG', group: 'Out', enabled: hasDrawing, run: () => out('exportPixels', item(), 1) },
  { id: 'png4', title: 'Download PNG, 4 × as large', group: 'Out', enabled: hasDrawing, run: () => out('exportPixels', item(), 4) },
  { id: 'copy.png', title: 'Copy as a picture', group: 'Out', enabled: hasDrawing, run: () => out('copyPixels', item()) },
  { id: 'zip', title: 'All chosen files as ZIP …', group: 'Out', enabled: () => library.items.length > 0, run: async () => { await view().showBatch(true); view().batch.draw(); await view().batch.run(); } },
  { id: 'copy.command', title: 'Copy as a command', key: 'c', group: 'Out', run: () => copy(toCommand(view().values, item()?.name ?? 'FILE'), 'Command') },
  { id: 'copy.curl', title: 'Copy as curl', group: 'Out', run: async () => copy((await import('./forms.js')).toCurl(view().values, item()?.name ?? 'FILE', location.origin), 'curl line') },
  { id: 'copy.swift', title: 'Copy as Swift', group: 'Out', run: async () => copy((await import('./forms.js')).toSwift(view().values, item()?.name ?? 'FILE'), 'Swift') },
  { id: 'copy.link', title: 'Copy a link to these settings', group: 'Out', run: () => copy(`${location.origin}${location.pathname}#/trace?${query(view().values)}`, 'Link') },
  { id: 'paste.line', title: 'Paste a command, curl or Swift …', group: 'Edit', run: () => askFor('Paste settings', 'A command, a curl line or Swift', t => view().take(t) || say('That is no command of tracing.', 'bad'), true) },
  { id: 'reset', title: 'Reset the settings', group: 'Edit', run: () => view().reset() },
];
for (const c of own) command({ view: 'trace', ...c });
addEventListener('keyup', e => { if (e.key === ' ') view()?.stage.peek(false); });
addEventListener('blur', () => view()?.stage?.peek(false));

/** What a pasted text may be. @param {string} text */
export const take = text => !!view()?.take(text);
