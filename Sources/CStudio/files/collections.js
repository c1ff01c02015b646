// <atelier-collections>: layers in, a planned collection out. Everything is planned before a pixel is drawn, so what was asked for
// and what came of it stand beside each other at once, and the gallery draws only what is in sight.

import { api, isAbort } from './api.js';
import { command } from './commands.js';
import { bytes, copy, count, download, h, icon, iconButton, say, time } from './dom.js';
import { frame } from './frames.js';
import { filesOf } from './library.js';
import { made } from './made.js';
import { state } from './state.js';

const NONE = 65535, CELL = 128, GAP = 10, CAPTION = 24, PICTURES = /\.(png|jpe?g|webp)$/i;

/** Sends at most six at a time. */
async function each(list, work) {
  const rest = list.entries();
  await Promise.all(Array.from({ length: 6 }, async () => { for (const [i, x] of rest) await work(x, i); }));
}

const numbers = (text, Kind) => new Kind(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
const percent = n => (100 * n).toFixed(100 * n < 9.95 ? 1 : 0);
const spaced = text => text.replace(/\B(?=(\d{3})+$)/g, '\u202f');
const choice = c => Array.isArray(c) && typeof c[0] === 'string' ? [c[1] ?? 'anything'].flat().map(t => t ?? 'nothing').join(' or ') + ` (${c[0]})` : JSON.stringify(c);

/** A rule as a sentence with its parts. */
function ruleParts(r) {
  if (r.kind === 'exclude' && r.a) return [h('b', choice(r.a)), ' never with ', h('b', choice(r.b))];
  if (r.kind === 'require' && r.a) return [h('b', choice(r.a)), ' needs ', h('b', choice(r.b))];
  const { kind, ...rest } = r;
  return [h('b', kind), ' ' + JSON.stringify(rest)];
}

class Collections extends HTMLElement {
  inputs = null;
  project = null;
  plan = null;
  layer = 0;

  connectedCallback() {
    if (this.left) return;
    this.layers = h('ul.list', { ariaLabel: 'Layers' });
    this.layerCount = h('span', '0');
    this.zip = h('input.vh', { type: 'file', accept: '.zip', tabIndex: -1, ariaHidden: 'true', onchange: () => this.take([...this.zip.files].map(file => ({ file, path: file.name }))) });
    this.folder = h('input.vh', { type: 'file', webkitdirectory: true, tabIndex: -1, ariaHidden: 'true', onchange: () => this.take([...this.folder.files].map(file => ({ file, path: file.webkitRelativePath }))) });
    this.left = h('div',
      h('button.dropz', { type: 'button', onclick: () => this.folder.click() }, icon('folder'), h('span', h('b', 'Drop a folder of layers'), h('small', 'or choose one; an archive does too'))),
      h('p.or', h('button.lnk', { type: 'button', onclick: () => this.zip.click() }, 'Choose an archive (ZIP)')), this.zip, this.folder,
      h('div.lh', h('h2', 'Layers'), this.layerCount), this.layers,
      h('p.note', 'The top of the list is drawn last. Hold Alt and press the arrow keys to move a layer.'));

    this.name = h('h2', 'Collection');
    this.facts = h('span.muted');
    this.busy = h('span.muted', { role: 'status' });
    this.filters = h('span.filters');
    this.rows = h('ul.gal', { ariaLabel: 'Items' });
    this.room = h('div.room', { tabIndex: 0, role: 'region', ariaLabel: 'Gallery', onscroll: () => this.ask(), onkeydown: e => this.key(e) }, this.rows);
    this.none = h('div.start', h('p', h('b', 'A collection is made of layers.')), h('p', 'Each layer is a folder of pictures, each picture a trait: “02 Hat/Crown#0.5.png” is the trait Crown of the layer Hat with the weight 0.5. Drop the folder that holds them, or a ZIP of it.'),
      h('pre', 'layers/\n  01 Background/Blue#40.png  Red#10.png\n  02 Hair/Long#3.png  Short#7.png\n  03 Hat/Crown#0.5.png'));
    this.append(h('div.tb', this.name, this.facts, this.busy, h('span.grow'), this.filters), this.none, this.room);
    this.room.hidden = true;

    this.heading = h('h2', 'Traits');
    this.even = h('button.lnk', { type: 'button', onclick: () => this.evenOut() }, 'Even out');
    this.traits = h('tbody');
    this.rules = h('ul.rules');
    this.verdict = h('p');
    this.detail = h('section.item-detail', { hidden: true, ariaLabel: 'Item' });
    this.line = h('code');
    const field = (name, title, min, max) => h('label', title, h('input', { type: 'number', min, max, name, onchange: e => this.set({ [name]: Number(e.target.value) }) }));
    this.fields = h('div.two', field('count', 'Items', 1, 1000000), field('seed', 'Seed', 0, 4294967295), field('size', 'Width in px', 1, 8192));
    this.right = h('div',
      h('div.scroll', { tabIndex: 0, role: 'region', ariaLabel: 'Plan' }, this.detail, h('div.rh', this.heading, this.even),
        h('table.rar', { ariaLabel: 'Asked and got' }, h('thead', h('tr', ...['Trait', 'Weight', 'Asked and got', 'Got %'].map(t => h('th', { scope: 'col' }, t)))), this.traits),
        h('h3', 'Rules', h('button.lnk', { type: 'button', onclick: () => this.addRule() }, 'Add')), this.rules, this.form = h('form.rule', { hidden: true }), this.verdict,
        h('h3', 'Run'), this.fields),
      h('div.exp', h('p.cli', this.line, iconButton('copy', 'Copy as a command', () => copy(this.line.textContent, 'The command'))),
        h('div', this.make = h('button.pri#make-collection', { type: 'button', disabled: true, onclick: () => this.export() }, icon('bolt'), 'Generate'))));
    this.addEventListener('dragover', e => e.preventDefault());
    for (const e of [this, this.left]) e.addEventListener('drop', async d => { d.preventDefault(); this.take(await filesOf(d.dataTransfer)); });
    new ResizeObserver(() => this.ask()).observe(this.room);
    command({ id: 'collections.folder', title: 'Open a folder of layers', view: 'collections', run: () => this.folder.click() });
    command({ id: 'collections.zip', title: 'Open an archive of layers', view: 'collections', run: () => this.zip.click() });
    command({ id: 'collections.make', title: 'Generate the collection', key: 'd', view: 'collections', run: () => this.export() });
    this.showSettings();
  }

  show() {
    this.end = state.on('collections', () => { this.showSettings(); this.replan(); });
    this.ask();
  }

  hide() {
    this.end?.();
    this.end = undefined;
    clearTimeout(this.timer);
    api.stop('plan');
  }

  /** What was said; until then, what the plan says. */
  get settings() { return { count: this.plan?.count, seed: 1, ...state.get('collections') }; }
  /** The request, as the service takes it. */
  get wish() {
    const { count: items, seed, size } = this.settings;
    return { inputs: this.inputs, settings: { ...(items && { count: items }), seed, ...(size && { size }) }, ...(this.project && { project: this.project }) };
  }
  set(patch) { state.patch('collections', patch); }

  showSettings() {
    for (const input of this.fields.querySelectorAll('input')) input.value = this.settings[input.name] ?? '';
    const s = this.settings;
    this.line.textContent = `atelier compose ${this.folderName ?? 'FOLDER'} ${s.count ? `--count ${s.count} ` : ''}--seed ${s.seed}${s.size ? ' --size ' + s.size : ''} -o ${this.folderName ?? 'collection'}-out`;
  }

  /** Takes a folder or an archive: every file is sent once, by its content. */
  async take(files) {
    files = files.filter(f => !/(^|\/)(\.|__MACOSX)/.test(f.path));
    const archive = files.length === 1 && /\.zip$/i.test(files[0].path);
    if (!archive) files = files.filter(f => PICTURES.test(f.path) || /(^|\/)(project\.json|config\.js)$/.test(f.path));
    if (!files.length) return say('There are no layers in that: expected folders of pictures, or a ZIP of them.', 'bad');
    const root = files[0].path.split('/')[0];
    this.folderName = archive ? root.replace(/\.zip$/i, '') : root;
    let sent = 0;
    const inputs = [];
    try {
      await each(files, async ({ file, path }, i) => {
        const held = await api.json('/v1/blobs', { body: file, headers: { 'Content-Type': 'application/octet-stream' } });
        inputs[i] = { digest: held.digest, name: path };
        this.busy.textContent = `${count(++sent)} of ${count(files.length)} files sent`;
      });
    } catch (e) {
      this.busy.textContent = '';
      return say(e.message, 'bad');
    }
    Object.assign(this, { inputs, project: null, plan: null, layer: -1, filter: null });
    this.detail.hidden = true;
    this.showSettings();
    await this.replan(0);
  }

  /** Plans again, soon; what was asked before is dropped. */
  replan(wait = 120) {
    clearTimeout(this.timer);
    if (!this.inputs) return;
    return new Promise(done => { this.timer = setTimeout(() => this.askPlan().then(done), wait); });
  }

  async askPlan() {
    this.busy.textContent = 'Planning …';
    try {
      const p = await api.json('/v1/compose/plan', { body: this.wish, key: 'plan', priority: 'interactive' });
      p.choices = numbers(p.traits, Uint16Array);
      p.rank = numbers(p.ranks, Uint32Array);
      // From now on the files of the archive are named one by one.
      if (p.inputs.length <= 900) this.inputs = p.inputs;
      this.project ??= p.project ?? null;
      this.plan = p;
      if (this.layer < 0 || this.layer >= p.layers.length) this.layer = p.layers.length - 1;
      this.conflict = null;
      this.showSettings();
    } catch (e) {
      if (isAbort(e)) return;
      this.conflict = e.message;
      if (!this.plan) say(e.message, 'bad');
    }
    this.busy.textContent = '';
    this.refilter();
    frame('panels', 'collections', () => this.draw());
  }

  draw() {
    const p = this.plan;
    this.none.hidden = !!p;
    this.room.hidden = !p;
    this.make.disabled = !p || !!this.conflict;
    this.verdict.className = this.conflict ? 'wn' : 'okn';
    if (!p) return this.verdict.replaceChildren();
    this.name.textContent = p.name || this.folderName;
    this.facts.textContent = `${count(p.count)} items · planned in ${time(p.ms)}`;
    this.verdict.replaceChildren(icon(this.conflict ? 'warn' : 'check'), this.conflict ?? (p.possible ? `${spaced(p.possible)} allowed combinations for ${count(p.count)} items. No rule conflicts.` : `All ${count(p.count)} items keep the rules.`));
    this.layerCount.textContent = p.layers.length;
    // The list shows the top of the picture first.
    this.layers.replaceChildren(...p.layers.map((l, i) => {
      const bars = h('span.wb', { ariaHidden: 'true' }, ...l.traits.filter(t => t.asked > 0).slice(0, 12).map(t => { const bar = h('i'); bar.style.flex = String(t.asked); return bar; }));
      return h('li', h('button.item', { type: 'button', ariaCurrent: i === this.layer ? 'true' : null, onclick: () => { this.layer = i; this.draw(); }, onkeydown: e => this.move(e, i) },
        h('span.t', h('b', l.name), h('small', `${l.traits.filter(t => t.name !== null).length} traits`)), bars));
    }).reverse());
    this.drawTraits();
    this.drawRules();
    this.drawFilters();
    this.ask();
  }

  drawTraits() {
    const l = this.plan.layers[this.layer], most = Math.max(...l.traits.map(t => Math.max(t.asked, t.got)), 1e-9);
    this.heading.textContent = l.name;
    this.even.hidden = !this.project;
    this.traits.replaceChildren(...l.traits.map((t, k) => {
      const got = h('span'), asked = h('i'), name = t.name ?? 'none';
      got.style.width = 100 * t.got / most + '%';
      asked.style.left = 100 * t.asked / most + '%';
      const weight = this.project && t.name !== null
        ? h('input', { type: 'number', min: 0, step: 'any', value: t.weight, ariaLabel: `Weight of ${name}`, onchange: e => this.weigh(k, Number(e.target.value)) }) : t.weight ?? '';
      return h('tr', h('th', { scope: 'row' }, h('button.lnk', { type: 'button', title: `Show items with ${name}`, onclick: () => this.filterBy(this.layer, k) }, name)), h('td', weight),
        h('td', { title: `asked ${percent(t.asked)} %, got ${percent(t.got)} %, ${count(t.count)} items` }, h('div.mb', { ariaHidden: 'true' }, got, asked), h('span.vh', `asked ${percent(t.asked)} %`)), h('td', percent(t.got)));
    }));
  }

  drawRules() {
    const rules = this.project?.rules ?? [];
    this.rules.replaceChildren(...(this.project ? rules.map((r, i) => h('li', h('span', ...ruleParts(r)), iconButton('x', `Remove rule ${i + 1}`, () => this.edit(p => { p.rules.splice(i, 1); }))))
      : this.plan.rules.map(text => h('li', text))));
    if (!this.rules.children.length) this.rules.append(h('li.muted', 'No rules: every combination is allowed.'));
  }

  /** Changes the project and plans again; it can be undone. */
  edit(change) {
    if (!this.project) return say('This project comes from a script; its weights and rules are changed there.', 'bad');
    const before = this.project, after = structuredClone(before);
    after.rules ??= [];
    change(after);
    const use = p => { this.project = p; this.replan(0); };
    use(after);
    state.did('plan', () => use(before), () => use(after));
  }

  weigh(trait, weight) { if (weight >= 0) this.edit(p => { p.layers[this.layer].traits[trait].weight = weight; }); }
  evenOut() { this.edit(p => { for (const t of p.layers[this.layer].traits) t.weight = 1; }); }

  move(e, from) {
    const to = from + ({ ArrowUp: 1, ArrowDown: -1 }[e.key] ?? 0);
    if (!e.altKey || to === from || !this.plan.layers[to]) return;
    e.preventDefault();
    this.layer = to;
    this.edit(p => { p.layers.splice(to, 0, ...p.layers.splice(from, 1)); });
    setTimeout(() => this.layers.querySelector('[aria-current]')?.focus(), 400);
  }

  addRule() {
    if (!this.plan) return;
    const pick = label => h('select', { ariaLabel: label }, ...this.plan.layers.map((l, i) => h('optgroup', { label: l.name }, ...l.traits.map((t, k) => h('option', { value: `${i},${k}` }, t.name ?? 'none')))));
    const a = pick('First trait'), b = pick('Second trait'), kind = h('select', { ariaLabel: 'Kind of rule' }, h('option', { value: 'exclude' }, 'never with'), h('option', { value: 'require' }, 'needs'));
    const layers = this.plan.layers, choiceOf = s => { const [i, k] = s.value.split(',').map(Number); return [layers[i].name, layers[i].traits[k].name]; };
    b.selectedIndex = b.options.length - 1;
    this.form.replaceChildren(a, kind, b, h('div', h('button.pri', 'Add rule'), h('button.sec', { type: 'button', onclick: () => { this.form.hidden = true; } }, 'Close')));
    this.form.onsubmit = e => {
      e.preventDefault();
      this.form.hidden = true;
      this.edit(p => { p.rules.push({ kind: kind.value, a: choiceOf(a), b: choiceOf(b) }); });
    };
    this.form.hidden = false;
    a.focus();
  }

  // MARK: the gallery

  filterBy(layer, trait) {
    const isSame = this.filter?.layer === layer && this.filter?.trait === trait;
    this.filter = isSame ? null : { layer, trait };
    this.room.scrollTop = 0;
    this.refilter();
    this.drawFilters();
    this.ask();
  }

  drawFilters() {
    const f = this.filter, t = f && this.plan?.layers[f.layer]?.traits[f.trait];
    this.filters.replaceChildren(...t ? [h('button.tg.on', { type: 'button', title: 'Show all items', onclick: () => this.filterBy(f.layer, f.trait) }, `${t.name ?? 'none'} · ${count(this.list.length)} items`, icon('x'))] : []);
  }

  /** Which items are shown: numbers of places, in order. */
  refilter() {
    const p = this.plan, f = this.filter, all = p ? p.choices.length / p.layers.length : 0;
    const value = f && p ? p.layers[f.layer]?.traits[f.trait]?.name === null ? NONE : f.trait : -1, list = [];
    for (let i = 0; i < all; i++) if (!f || p.choices[i * p.layers.length + f.layer] === value) list.push(i);
    this.list = list;
  }

  ask() { if (this.end && this.plan) frame('stage', 'gallery', () => this.drawGallery()); }

  get columns() { return Math.max(2, Math.floor((this.room.clientWidth - 28 + GAP) / (CELL + GAP))); }
  get cell() { return (this.room.clientWidth - 28 - GAP * (this.columns - 1)) / this.columns; }

  /** Only the rows in sight exist; their elements are used again. */
  drawGallery() {
    const p = this.plan, columns = this.columns, cell = this.cell, ratio = p.size ? p.size.height / p.size.width : 1, row = cell * ratio + CAPTION + GAP;
    const rows = Math.ceil(this.list.length / columns), first = Math.max(0, Math.floor(this.room.scrollTop / row) - 1), last = Math.min(rows, Math.ceil((this.room.scrollTop + this.room.clientHeight) / row) + 1);
    const height = rows * row + 'px';
    if (this.rows.style.height !== height) this.rows.style.height = height;
    const wanted = new Set();
    for (let k = first * columns; k < Math.min(last * columns, this.list.length); k++) wanted.add(k);
    this.cells ??= new Map();
    const free = [], look = `${p.plan} ${columns} ${cell}`;
    for (const [k, li] of this.cells) if (!wanted.has(k) || li.item !== this.list[k]) { free.push(li); this.cells.delete(k); }
    for (const k of wanted) {
      let li = this.cells.get(k);
      if (li && li.look === look) continue;
      if (!li) {
        li = free.pop() ?? this.newCell();
        this.cells.set(k, li);
      }
      const item = this.list[k], number = p.start + item;
      li.look = look;
      li.item = item;
      li.style.transform = `translate(${14 + (k % columns) * (cell + GAP)}px, ${Math.floor(k / columns) * row}px)`;
      li.style.width = cell + 'px';
      li.setAttribute('aria-posinset', k + 1);
      li.setAttribute('aria-setsize', this.list.length);
      const src = this.picture(item, CELL * Math.min(2, Math.ceil(devicePixelRatio)));
      if (li.image.getAttribute('src') !== src) { li.image.removeAttribute('src'); li.image.src = src; }
      li.image.style.aspectRatio = String(1 / ratio);
      li.label.textContent = `#${String(number).padStart(4, '0')}`;
      li.button.setAttribute('aria-label', `Item ${number}, rarity rank ${p.rank[item]}`);
      li.button.tabIndex = k === (this.at ?? 0) ? 0 : -1;
      li.button.dataset.k = k;
    }
    for (const li of free) li.remove();
  }

  newCell() {
    const li = h('li'), image = h('img', { alt: '', decoding: 'async' }), label = h('small');
    const button = h('button', { type: 'button', onclick: () => this.open(li.item) }, image, label);
    Object.assign(li, { image, label, button });
    li.append(button);
    this.rows.append(li);
    return li;
  }

  picture(item, size) { return `/v1/compose/${this.plan.plan}/items/${this.plan.start + item}.png?size=${size}`; }

  key(e) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns, Home: -1e9, End: 1e9 }[e.key];
    if (!step || !e.target.dataset?.k) return;
    e.preventDefault();
    this.at = Math.max(0, Math.min(this.list.length - 1, Number(e.target.dataset.k) + step));
    const ratio = this.plan.size ? this.plan.size.height / this.plan.size.width : 1, row = this.cell * ratio + CAPTION + GAP, top = Math.floor(this.at / this.columns) * row;
    if (top < this.room.scrollTop) this.room.scrollTop = top;
    if (top + row > this.room.scrollTop + this.room.clientHeight) this.room.scrollTop = top + row - this.room.clientHeight;
    this.drawGallery();
    this.cells.get(this.at)?.button.focus();
  }

  /** What one item is. */
  open(item) {
    const p = this.plan, n = p.layers.length, number = p.start + item;
    const close = () => { this.detail.hidden = true; };
    this.detail.replaceChildren(
      h('div.rh', h('h2', `Item ${number}`), iconButton('x', 'Close the item', close)),
      h('img', { src: this.picture(item, 512), alt: `Item ${number}` }),
      h('p.muted', `Rarity rank ${count(p.rank[item])} of ${count(p.count)}`),
      h('dl.attrs', ...p.layers.flatMap((l, i) => {
        const c = p.choices[item * n + i], t = l.traits.find((t, k) => c === NONE ? t.name === null : k === c);
        return t ? [h('dt', l.name), h('dd', t.name ?? 'none', h('small', ` ${percent(t.got)} %`))] : [];
      })),
      h('div.acts', h('a.sec', { href: `/v1/compose/${p.plan}/items/${number}.png`, download: `${number}.png` }, icon('down'), 'PNG'), h('a.sec', { href: `/v1/compose/${p.plan}/items/${number}.json`, download: `${number}.json` }, icon('down'), 'Metadata')));
    this.detail.hidden = false;
    this.detail.scrollIntoView({ block: 'start' });
  }

  async export() {
    if (!this.plan || this.conflict) return;
    this.make.disabled = true;
    this.busy.textContent = 'Drawing …';
    const began = performance.now();
    try {
      const call = { body: this.wish, key: 'compose', accept: 'application/zip', priority: 'normal' };
      const file = await (await made('/v1/compose', call, j => { this.busy.textContent = j.state === 'queued' ? `Waiting, ${j.position ?? 0} before it` : 'Drawing …'; })).blob();
      download(file, (this.folderName ?? 'collection') + '.zip');
      say(`${count(this.plan.count)} items, ${bytes(file.size)}, in ${time(performance.now() - began)}.`);
    } catch (e) {
      if (!isAbort(e)) say(e.message, 'bad');
    }
    this.busy.textContent = '';
    this.make.disabled = false;
  }
}
customElements.define('atelier-collections', Collections);
