// <atelier-performance>: what the service does now and where its time goes.

import { api, isAbort } from './api.js';
import { chart, legend, put } from './chart.js';
import { command } from './commands.js';
import { bytes, count, download, h, icon, iconButton, say, segmented, time } from './dom.js';
import { kinds } from './flame.js';
import { frame } from './frames.js';
import { hitRate, reach, ring, watch } from './stats.js';

const percent = (n) => Number.isFinite(n) ? (100 * n).toFixed(1) : '–';
const levelColors = ['c1', 'c2', 'c3'], classColors = ['c1', 'c2', 'c4'];

/** 3 h 12 min. @param {number} ms */
function span(ms) {
  const minutes = Math.floor(ms / 60000);
  return minutes < 1 ? Math.floor(ms / 1000) + ' s' : minutes < 60 ? minutes + ' min' : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What runs for a job now, or ran last. */
const stepOf = job => (job.step ?? job.steps?.at(-1))?.label ?? '';

/** A table whose rows change in place. @param {string[]} heads @param {string} label */
function table(heads, label) {
  const body = h('tbody'), element = h('div.tw', { tabIndex: innerWidth < 900 ? 0 : -1, role: 'region', ariaLabel: label + ', as a table' }, h('table', { ariaLabel: label }, h('thead', h('tr', ...heads.map(t => h('th', { scope: 'col' }, t)))), body));
  /** @param {(string | {bar: number, color: string, text: string})[][]} rows */
  const show = rows => {
    while (body.rows.length > rows.length) body.lastChild.remove();
    rows.forEach((row, i) => {
      const tr = body.rows[i] ?? body.appendChild(h('tr', ...row.map((_, k) => k ? h('td') : h('th', { scope: 'row' }))));
      row.forEach((cell, k) => {
        const td = tr.cells[k];
        if (typeof cell === 'string') return put(td, cell);
        if (!td.bar) td.append(h('span.hb', td.bar = h('i')), td.words = h('span'));
        td.bar.className = cell.color;
        const width = Math.round(100 * (cell.bar || 0)) + '%';
        if (td.bar.style.width !== width) td.bar.style.width = width;
        put(td.words, cell.text);
      });
    });
  };
  return { element, show };
}

/** @param {string} title @param {any} side @param {...any} content */
const card = (title, side, ...content) => h('section.card', { ariaLabel: title }, h('h3', title, side ?? ''), ...content);

class Performance extends HTMLElement {
  connectedCallback() {
    if (this.facts) return;
    const lines = (ls) => ls.map(([column, title, color, area]) => ({ column, title, color, area }));
    const latency = lines([['p50', 'p50', 'c1'], ['p95', 'p95', 'c2'], ['p99', 'p99', 'c3']]);
    this.latency = chart({ ring, series: latency, label: 'Latency', text: time });
    this.queue = card('Queue by class', null);
    this.throughput = chart({ ring, series: lines([['per_second', 'requests a second', 'c1', true]]), label: 'Throughput' });
    this.memory = chart({ ring, series: lines([['rss', 'resident', 'c2', true]]), label: 'Memory', text: bytes });
    this.hits = h('div');
    this.levels = table(['Level', 'Hits %', 'Hits', 'Misses', 'Held', 'Limit', 'Entries', 'Evicted'], 'Cache by level');
    this.stages = table(['Stage', 'From cache %', 'Runs', 'Hits', 'Own time'], 'Cache by stage');
    this.classes = table(['Class', 'Waiting', 'Running', 'Asked', 'Done', 'Refused', 'Cancelled'], 'Queue by class');
    this.models = table(['Model', 'State', 'Held', 'Uses'], 'Models');
    this.jobs = h('tbody');
    this.flame = h('atelier-flame');
    this.lanes = h('atelier-lanes');
    this.server = h('span.muted');
    /** @type {Record<string, any>} */
    this.facts = {};
    const fact = (id, title) => {
      const n = h('span'), unit = h('small');
      this.facts[id] = { n, unit };
      return h('div', h('dt', title), h('dd', { dataFact: id }, n, unit));
    };
    const kindLegend = legend(kinds.map(([title, color]) => ({ title, color })));
    this.append(
      h('div.tb', h('h2', 'Performance'),
        segmented('window', 'Window', [{ value: 60, title: '1 min' }, { value: 300, title: '5 min' }, { value: 3600, title: '1 h' }], 60, s => this.window(Number(s))),
        h('span.grow'), this.server,
        this.record = h('button.tg', { type: 'button', onclick: () => this.profile('svg') }, icon('rec'), 'Record 10 s'),
        h('button.tg', { type: 'button', onclick: () => this.profile('perfetto') }, icon('down'), 'Trace file')),
      h('div.pw', { tabIndex: 0, role: 'region', ariaLabel: 'Figures' },
        h('dl.kp', fact('throughput', 'Throughput'), fact('p95', 'p95 latency'), fact('hits', 'Cache hits'), fact('memory', 'Memory'),
          fact('busy', 'Threads busy'), fact('refused', 'Refused')),
        h('div.pg',
          card('Latency', legend(latency), this.latency), this.queue,
          card('Throughput', null, this.throughput), card('Memory', null, this.memory),
          card('Cache by level', null, this.levels.element, this.hits), card('Cache by stage', null, this.stages.element),
          card('Threads', kindLegend, this.lanes), card('Queue', null, this.classes.element, this.modelHead = h('h4', { hidden: true }, 'Models'), this.models.element),
          h('section.card.full', { ariaLabel: 'Flame graph' }, h('h3', 'Flame graph', this.flameNote = h('small')), this.flame),
          h('section.card.full', { ariaLabel: 'Jobs' }, h('h3', 'Jobs'), h('div.tw', { tabIndex: innerWidth < 900 ? 0 : -1 }, h('table.jobs', { ariaLabel: 'Jobs' }, h('thead', h('tr',
            ...['Job', 'Kind', 'State', 'Progress', 'Step', 'Left'].map(t => h('th', { scope: 'col' }, t)), h('th', { scope: 'col' }, h('span.vh', 'Cancel')))),
          this.jobs)), this.noJobs = h('p.muted', 'No jobs yet.')))));
    this.charts = [this.latency, this.throughput, this.memory];
    command({ id: 'performance.record', title: 'Record a profile of 10 seconds', view: 'performance', run: () => this.profile('svg') });
  }

  show() {
    // Figures once a second, tables and lanes every other, each in one frame: the eye gains nothing from more.
    this.ends = [watch(s => { if (performance.now() - (this.seen ?? -9e9) > 950) frame('telemetry', 'performance', () => this.see(s)); }), api.events('jobs', () => this.soon())];
    this.soon();
    this.look();
  }

  hide() {
    for (const end of this.ends ?? []) end();
    this.ends = undefined;
    clearTimeout(this.timer);
    clearTimeout(this.jobTimer);
    this.jobTimer = 0;
    api.stop('threads');
  }

  /** @param {number} seconds */
  window(seconds) {
    reach(seconds);
    for (const c of this.charts ?? []) {
      (c.what).seconds = seconds;
      c.told = 0;
      c.redraw();
    }
  }

  /** @param {any} s a snapshot */
  see(s) {
    if (!this.ends) return;
    const now = this.seen = performance.now();
    const facts = this.facts, levels = s.cache.levels, classes = s.queue.classes;
    const say = (id, n, unit) => { put(facts[id].n, n); put(facts[id].unit, ' ' + unit); };
    this.dataset.snapshot = s.number;
    put(this.server, `${s.workers.count} workers · up ${span(s.uptime_ms)} · snapshot ${s.number}`);
    say('throughput', s.requests.per_second.toFixed(1), 'requests/s');
    say('p95', String(Math.round(s.latency_ms.p95)), 'ms');
    const all = levels.reduce((sum, l) => ({ hits: sum.hits + l.hits, misses: l.misses }), { hits: 0, misses: 0 });
    say('hits', percent(hitRate(all)), '%');
    const [held, unit] = bytes(s.memory.rss).split(' ');
    say('memory', held, unit + (s.memory.limit ? ' of ' + bytes(s.memory.limit) : ''));
    say('busy', s.workers.busy.toFixed(1), 'of ' + s.workers.count);
    const refused = classes.reduce((n, c) => n + c.refused, 0);
    say('refused', count(refused), 'requests');
    facts.refused.n.parentElement.classList.toggle('w', refused > 0);

    if (!this.queueChart) {
      const lines = classes.slice(0, 3).map((c, i) => ({ column: 'waiting' + i, title: c.name, color: classColors[i], area: i < 2 }));
      this.queue.firstChild.append(legend(lines));
      this.queue.append(this.queueChart = chart({ ring, series: lines, label: 'Waiting by class' }));
      const hits = levels.slice(0, 3).map((l, i) => ({ column: 'hits' + i, title: l.name, color: levelColors[i] }));
      this.hits.append(this.hitChart = chart({ ring, series: hits, label: 'Hits by level', most: 100, text: n => Math.round(n) + ' %' }));
      this.charts?.push(this.queueChart, this.hitChart);
      this.window((this.latency?.what).seconds);
    }
    for (const c of this.charts) c.draw();
    if (now - (this.told ?? -9e9) < 1900) return;
    this.told = now;
    this.dataset.told = s.number;
    this.levels?.show(levels.map((l, i) => [l.name, { bar: hitRate(l), color: levelColors[i], text: percent(hitRate(l)) },
      count(l.hits), count(l.misses), bytes(l.bytes), l.limit ? bytes(l.limit) : '–', count(l.entries), count(l.evictions)]));
    this.stages?.show([...s.cache.stages].sort((a, b) => b.self_ms - a.self_ms).slice(0, 12).map(t => {
      const share = t.hits / (t.hits + t.runs);
      return [t.stage, { bar: share, color: 'c1', text: percent(share) }, count(t.runs), count(t.hits), time(t.self_ms)];
    }));
    this.classes?.show(classes.map((c) => [c.name, ...['waiting', 'running', 'asked', 'done', 'refused', 'cancelled'].map(k => count(c[k]))]));
    this.modelHead.hidden = this.models.element.hidden = !s.models?.length;
    this.models.show((s.models ?? []).map((m) => [m.name, m.state, m.bytes ? bytes(m.bytes) : '–', count(m.uses ?? 0)]));
    const lanes = this.slices?.length ? this.slices : s.threads, workers = lanes.filter(t => t.name.startsWith('worker'));
    this.lanes.show((workers.length ? workers : lanes).slice(0, 8));
    this.flame.show(s.flame);
    put(this.flameNote, s.flame.frames.length ? `last ${s.flame.seconds} s` : 'nothing ran in the last seconds');
    if (this.jobList) this.showJobs(this.jobList);
  }

  /** Lanes, while they are seen. */
  async look() {
    try {
      this.slices = (await api.json('/v1/threads?seconds=10', { key: 'threads' })).threads;
    } catch (e) {
      // Without the right to see slices, the shares of the snapshots are shown.
      if (isAbort(e)) return;
    }
    if (this.ends) this.timer = setTimeout(() => document.hidden ? addEventListener('visibilitychange', () => this.look(), { once: true }) : this.look(), 2000);
  }

  /** Jobs are read again at most once a second. */
  /** Reads the jobs now or, where that was less than a second ago, when the second is over. */
  soon() {
    if (this.jobTimer || !this.ends) return void (this.isStale = true);
    this.readJobs();
    this.jobTimer = setTimeout(() => { this.jobTimer = 0; if (this.isStale) this.soon(); }, 1000);
  }

  async readJobs() {
    this.isStale = false;
    const page = await api.json('/v1/jobs?limit=20', { key: 'jobs' }).catch(() => null);
    this.isStale ||= page?.jobs.some(j => /queued|running/.test(j.state));
    if (page && this.ends) this.jobList = page.jobs;
  }

  /** Rows stay while their jobs do, so that the focus stays where it is. */
  showJobs(jobs) {
    this.jobList = null;
    this.noJobs.hidden = jobs.length > 0;
    const held = new Map([...this.jobs.rows].map(row => [row.dataset.id, row]));
    const wanted = jobs.map(j => {
      const said = [j.state, j.done, stepOf(j), Math.round((j.eta_ms ?? 0) / 1000)].join(), old = held.get(j.id);
      held.delete(j.id);
      if (old?.said === said) return old;
      const row = this.jobRow(j), hadFocus = old?.contains(document.activeElement);
      row.said = said;
      old?.remove();
      if (hadFocus) setTimeout(() => row.querySelector('button')?.focus());
      return row;
    });
    for (const row of held.values()) row.remove();
    wanted.forEach((row, i) => { if (this.jobs.rows[i] !== row) this.jobs.insertBefore(row, this.jobs.rows[i] ?? null); });
  }

  jobRow(j) {
    const isOver = /done|failed|cancelled/.test(j.state), share = j.total ? j.done / j.total : 0, bar = h('i.' + (j.state === 'failed' ? 'bad' : 'c1')), id = j.id.slice(0, 10);
    bar.style.width = Math.round(100 * share) + '%';
    const cancel = () => api.json(j.links.cancel, { method: 'POST' }).then(() => this.readJobs(), e => say(e.message, 'bad'));
    return h('tr', { dataId: j.id }, h('th', { scope: 'row' }, h('code', id)), h('td', j.kind), h('td', j.state), h('td', h('span.hb.w', bar), `${j.done} of ${j.total}`),
      h('td', stepOf(j)), h('td', isOver ? '' : j.eta_ms ? time(j.eta_ms) : '–'), h('td', isOver ? '' : iconButton('x', `Cancel ${id}`, cancel)));
  }

  /** Records for ten seconds; `format` is that of the file. */
  async profile(format) {
    this.record.disabled = true;
    say('Recording for 10 seconds.');
    try {
      const file = await api.bytes(`/v1/profile?seconds=10&format=${format}`, { method: 'POST' });
      download(file, format === 'svg' ? 'atelier-profile.svg' : 'atelier-trace.json');
      say('The recording is among your downloads.');
    } catch (e) {
      say((e).message, 'bad');
    } finally {
      this.record.disabled = false;
    }
  }
}
customElements.define('atelier-performance', Performance);
