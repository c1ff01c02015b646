// @ts-check
// Many files at once: a grid of which only the rows in sight exist, one job for all, and its results as one archive.

import { api, isAbort } from './api.js';
import { count, download, h, icon, say, bytes } from './dom.js';
import { frame } from './frames.js';
import { asked, library } from './library.js';
import { stem } from './lines.js';
import { state } from './state.js';
import { wantThumb } from './thumbs.js';

/** @typedef {import('./library.js').Item} Item */
const CELL = 148, ROW = 162, GAP = 10, MOST = 1000;

class Batch extends HTMLElement {
  connectedCallback() {
    /** @type {any} */
    this.job = null;
    /** @type {Item[]} */
    this.items = [];
    this.title = '';
    this.head = h('h2', 'Files');
    this.said = h('span.muted');
    this.progress = h('progress', { max: 1, value: 0, ariaLabel: 'Files done', hidden: true });
    this.start = h('button.tg.go', { type: 'button', onclick: () => this.run() }, icon('bolt'), 'Trace all');
    this.stop = h('button.tg', { type: 'button', hidden: true, onclick: () => this.cancel() }, icon('x'), 'Cancel');
    this.archive = h('button.tg', { type: 'button', hidden: true, onclick: () => this.zip() }, icon('down'), 'ZIP');
    this.ul = h('ul.cells');
    this.scroll = h('div.gridscroll', { tabindex: 0, role: 'group', ariaLabel: 'Files as a grid', onscroll: () => this.ask() }, this.ul);
    this.append(h('div.tb', this.head, this.said, this.progress, h('span.grow'), this.start, this.stop, this.archive), this.scroll);
    new ResizeObserver(() => this.ask()).observe(this.scroll);
  }

  show() {
    this.off ??= [library.on(what => { if (!this.hidden) what.startsWith('thumb ') ? this.thumb(what.slice(6)) : this.ask(); }), api.events('jobs', e => this.event(e))];
    this.ask();
  }

  ask() { frame('panels', 'batch', () => this.draw()); }

  draw() {
    if (this.hidden) return;
    const some = library.items.filter(i => library.selected.has(i.id));
    this.items = some.length > 1 ? some : library.items;
    this.head.textContent = some.length > 1 ? `${count(some.length)} chosen files` : `All ${count(this.items.length)} files`;
    const columns = Math.max(1, Math.floor((this.scroll.clientWidth - 2 * GAP) / (CELL + GAP))), width = (this.scroll.clientWidth - GAP) / columns;
    this.ul.style.height = Math.ceil(this.items.length / columns) * ROW + 'px';
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / ROW) - 1) * columns;
    const last = first + (Math.ceil(this.scroll.clientHeight / ROW) + 3) * columns;
    const wanted = this.items.slice(first, last), held = new Map([...this.ul.children].map(li => [li.dataset.id, li]));
    for (const [id, li] of held) if (!wanted.some(i => i.id === id)) li.remove();
    wanted.forEach((item, n) => {
      const li = held.get(item.id) ?? this.ul.appendChild(this.cell(item)), i = first + n;
      li.style.transform = `translate(${GAP + (i % columns) * width}px,${Math.floor(i / columns) * ROW}px)`;
      li.style.width = width - GAP + 'px';
      this.fill(li, item);
    });
  }

  /** @param {Item} item */
  cell(item) {
    return h('li', { dataId: item.id }, h('button', {
      type: 'button', onclick: () => { library.open(item.id); this.dispatchEvent(new CustomEvent('leave', { bubbles: true })); },
    }, h('span.pic'), h('b', item.name), h('small')));
  }

  /** @param {any} li @param {Item} item */
  fill(li, item) {
    const [pic, , small] = li.firstChild.children, own = Object.keys(state.get('item:' + item.id)).length;
    li.firstChild.className = item.status;
    small.textContent = [item.status === 'idle' ? '' : item.note && item.status !== 'running' ? item.note : item.status, own ? `${own} own setting${own > 1 ? 's' : ''}` : ''].filter(Boolean).join(' · ') || bytes(item.bytes);
    const source = item.result?.url ?? item.thumb;
    if (item.thumb === undefined) wantThumb(item);
    if (source && pic.dataset.src !== source) {
      pic.dataset.src = source;
      pic.replaceChildren(h('img', { src: source, alt: '', loading: 'lazy', draggable: false }));
    }
  }

  /** @param {string} id */
  thumb(id) {
    const item = library.item(id);
    for (const li of this.ul.children) if (li.dataset.id === id && item) this.fill(li, item);
  }

  // MARK: the job

  async run() {
    const items = this.items.slice(0, MOST);
    if (this.items.length > MOST) say(`A job takes ${count(MOST)} files; the first ${count(MOST)} are traced.`, 'bad');
    if (!items.length || this.job) return;
    // Before the service has an id to cancel, a second click may not start a second job.
    this.job = { items, id: '' };
    this.progress.max = items.length;
    this.showJob(0, 'Sending');
    try {
      const inputs = await this.send(items);
      if (!this.job) return;
      const { settings, ...preset } = asked(state.get('trace'));
      const job = await api.json('/v1/jobs', { body: { kind: 'trace', settings, ...preset, inputs, priority: 'normal' } });
      if (!this.job) return void api.json(`/v1/jobs/${job.id}/cancel`, { method: 'POST' });
      this.job.id = job.id;
      for (const item of items) Object.assign(item, { status: 'queued', result: undefined });
      library.changed('item');
      this.showJob(0, 'Queued');
      await this.follow(job);
    } catch (e) {
      if (!isAbort(e)) say(`The files were not traced: ${/** @type {Error} */ (e).message}`, 'bad');
      this.end();
    }
  }

  /** Files go four at a time. @param {Item[]} items */
  async send(items) {
    /** @type {any[]} */
    const inputs = [];
    let next = 0;
    const work = async () => {
      for (let i; (i = next++) < items.length && this.job;) {
        const item = items[i];
        inputs[i] = { digest: await library.digest(item), name: item.name, settings: state.get('item:' + item.id) };
        this.showJob(i + 1, 'Sending');
      }
    };
    await Promise.all([work(), work(), work(), work()]);
    return inputs;
  }

  /** Looks at the job until it ends; events of the stream make the looks quick. @param {any} job */
  async follow(job) {
    while (this.job?.id === job.id) {
      job = await api.json(`/v1/jobs/${job.id}?wait=2`);
      this.showItems(job);
      if (/done|failed|cancelled/.test(job.state)) return this.end(job);
      await new Promise(next => { this.wake = next; setTimeout(next, 500); });
    }
  }

  /** @param {any} e */
  event(e) {
    const jobs = [e.jobs ?? e].flat();
    if (this.job?.id && jobs.some((/** @type {any} */ j) => j.id === this.job.id)) this.wake?.();
  }

  /** @param {any} job */
  showItems(job) {
    const { items } = this.job;
    (job.items ?? []).forEach((/** @type {any} */ part, /** @type {number} */ n) => {
      const item = items[part.n ?? n];
      if (!item || item.status === part.state) return;
      item.status = part.state === 'cancelled' ? 'idle' : part.state;
      item.note = part.error ? part.error.detail ?? part.error.title : item.note;
      if (part.result) item.result = { url: part.result.url ?? `/v1/jobs/${job.id}/results/${part.n ?? n}`, result: part.result, ...part.result };
    });
    library.changed('item');
    this.showJob(job.done, job.step ? `${job.state} · ${job.step.label}` : job.state, job.eta_ms);
  }

  /** @param {number} done @param {string} what @param {number} [eta] */
  showJob(done, what, eta) {
    frame('panels', 'batch-job', () => {
      this.progress.hidden = this.stop.hidden = !this.job;
      this.start.hidden = !!this.job;
      this.progress.value = done;
      this.said.textContent = this.job ? `${what} · ${count(done)} of ${count(this.job.items.length)}${eta ? ` · ${Math.ceil(eta / 1000)} s left` : ''}` : '';
    });
  }

  /** @param {any} [job] */
  end(job) {
    for (const item of this.job?.items ?? []) if (/queued|running/.test(item.status)) item.status = 'idle';
    this.job = null;
    library.changed('item');
    this.showJob(0, '');
    if (!job) return;
    this.last = job;
    this.archive.hidden = job.state !== 'done' && !job.done;
    const bad = (job.items ?? []).filter((/** @type {any} */ i) => i.state === 'failed').length;
    say(job.state === 'cancelled' ? `Stopped after ${job.done} of ${job.total} files.` : `${count(job.total - bad)} of ${count(job.total)} files traced.`, bad ? 'bad' : 'ok',
      job.done ? { title: 'Download ZIP', run: () => this.zip() } : undefined);
  }

  cancel() {
    const id = this.job?.id;
    if (id) api.json(`/v1/jobs/${id}/cancel`, { method: 'POST' }).catch(e => say(e.message, 'bad')); else this.end();
  }

  async zip() {
    try {
      download(await api.bytes(this.last.links?.archive ?? `/v1/jobs/${this.last.id}/archive.zip`), `${this.last.total > 1 ? 'drawings' : stem(this.items[0].name)}.zip`);
    } catch (e) { say(`The archive could not be fetched: ${/** @type {Error} */ (e).message}`, 'bad'); }
  }
}

customElements.define('atelier-batch', Batch);
