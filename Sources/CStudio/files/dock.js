// <atelier-dock>: the line of live figures under every view. It draws twice a second, and nothing while folded.

import { chart, legend, put } from './chart.js';
import { bytes, h, iconButton } from './dom.js';
import { frame } from './frames.js';
import { state } from './state.js';
import { hitRate, ring, threadRing, watch } from './stats.js';

class Dock extends HTMLElement {
  connectedCallback() {
    if (this.parts) return;
    /** @type {Record<string, {n: any, unit: any}>} */
    this.parts = {};
    const part = (id, title, ...content) => {
      const n = h('span'), unit = h('small');
      this.parts[id] = { n, unit };
      return h('section', h('h3', title), h('p.n', { dataFact: id }, n, unit), ...content);
    };
    const lines = (label, series, more = {}) => chart({ ring, series, label, plain: true, ...more });
    this.levelLine = h('p.sub');
    this.bar = h('span.b1');
    this.memory = h('p.sub');
    this.heat = h('atelier-heat');
    this.flame = h('atelier-flame', { small: true });
    const levels = [0, 1, 2].map(i => ({ column: 'hits' + i, title: ['first level', 'second level', 'third level'][i], color: 'c' + (i + 1) }));
    this.charts = [
      lines('Waiting', [{ column: 'waiting', title: 'waiting', color: 'c1', area: true }]),
      lines('Throughput', [{ column: 'per_second', title: 'requests a second', color: 'c1' }]),
      lines('Cache hits', levels, { most: 100 }),
    ];
    this.fold = iconButton('more', 'Fold the figures', () => this.setFolded(!this.isFolded));
    this.append(
      part('queue', 'Queue', this.charts[0]), part('throughput', 'Throughput', this.charts[1]), part('hits', 'Cache hits', this.charts[2], this.levelLine),
      part('memory', 'Memory', h('div.bar', this.bar), this.memory), part('busy', 'Threads', this.heat),
      h('section.wide', h('h3', 'Where time goes', this.note = h('small')), this.flame), this.fold);
    this.setFolded(state.prefs.dock === 'folded');
  }

  get isFolded() { return this.hasAttribute('folded'); }

  /** @param {boolean} isFolded */
  setFolded(isFolded) {
    this.toggleAttribute('folded', isFolded);
    this.fold.setAttribute('aria-expanded', String(!isFolded));
    const label = isFolded ? 'Unfold the figures' : 'Fold the figures';
    this.fold.title = label;
    this.fold.setAttribute('aria-label', label);
    if (isFolded !== (state.prefs.dock === 'folded')) state.pref('dock', isFolded ? 'folded' : '');
  }

  show() {
    this.end ??= watch(s => {
      // Once a second will do: the eye gains nothing from more, and the page has other work.
      if (performance.now() - (this.drawn ?? -9e9) < 950) return;
      this.drawn = performance.now();
      frame('telemetry', 'dock', () => this.see(s));
    });
  }

  hide() {
    this.end?.();
    this.end = undefined;
  }

  /** @param {any} s a snapshot */
  see(s) {
    if (!this.end) return;
    const say = (id, n, unit) => {
      const p = this.parts[id];
      put(p.n, n);
      put(p.unit, ' ' + unit);
    };
    this.dataset.snapshot = s.number;
    const sum = (k) => s.queue.classes.reduce((n, c) => n + c[k], 0);
    say('queue', String(sum('waiting')), 'waiting · ' + sum('running') + ' running');
    say('throughput', s.requests.per_second.toFixed(1), 'requests/s');
    const levels = s.cache.levels, all = { hits: 0, misses: levels.at(-1)?.misses ?? 0 };
    for (const l of levels) all.hits += l.hits;
    const rate = hitRate(all), [held, unit] = bytes(s.memory.rss).split(' ');
    say('hits', rate === rate ? String(Math.round(100 * rate)) : '–', '%');
    say('memory', held, unit + (s.memory.limit ? ' of ' + bytes(s.memory.limit) : ''));
    say('busy', s.workers.busy.toFixed(1), `of ${s.workers.count} busy`);
    if (this.isFolded) return;
    for (const c of this.charts) c.draw();
    if (this.levelNames !== levels.length) {
      this.levelNames = levels.length;
      this.levelLine.replaceChildren(legend(levels.map((l, i) => ({ title: l.name, color: 'c' + (i + 1) }))));
    }
    // Of what the process may have; where nothing bounds it, of what the first level of the cache may.
    const first = levels[0], part = s.memory.limit ? s.memory.rss / s.memory.limit : first?.limit ? first.bytes / first.limit : 0;
    this.bar.style.width = (100 * Math.min(1, part)).toFixed(1) + '%';
    put(this.memory, first ? `${first.name} cache ${bytes(first.bytes)}${first.limit ? ' of ' + bytes(first.limit) : ''}` : '');
    this.heat.of(threadRing, Math.min(8, (s.threads ?? []).length || s.workers.count));
    if (performance.now() - (this.flamed ?? -9e9) < 1900) return;
    this.flamed = performance.now();
    this.showFlame(s.flame);
  }

  /** What draws flames comes with the first one. @param {any} flame */
  async showFlame(flame) {
    if (!this.flame.show && !flame?.frames.length) return;
    await import('./flame.js');
    this.flame.show(flame);
    put(this.note, flame ? `last ${flame.seconds} s` : '');
  }
}
customElements.define('atelier-dock', Dock);
