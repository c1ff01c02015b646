// @ts-check
// What the last run was: the figures of its result, and the strip of its steps, which says of each whether it ran or was known.

import { bytes, count, h, time } from './dom.js';

const facts = /** @type {const} */ (['Paths', 'Nodes', 'Size', 'Match', 'Preview']);
const levels = /** @type {Record<string, string>} */ ({ memory: 'from cache', disk: 'from disk', redis: 'shared', shared: 'shared' });

export class Facts {
  constructor() {
    this.values = facts.map(() => h('dd', '–'));
    this.element = h('dl.facts', ...facts.map((f, i) => h('div', h('dt', f), this.values[i])));
  }

  /** @param {any} answer of /v1/trace, or nothing */
  show(answer) {
    const r = answer?.report ?? {}, size = answer?.result;
    const texts = answer ? [[count(r.paths ?? 0)], [count(r.nodes ?? 0)], [bytes(size.bytes), size.gzip_bytes ? ` ${bytes(size.gzip_bytes)} gz` : ''],
      r.ssim === undefined || r.ssim === null ? [answer.isComplete ? '–' : '…'] : [r.ssim.toFixed(3), ' SSIM'], [time(answer.ms), answer.cache === 'hit' ? ' from cache' : ' on the server']] : facts.map(() => ['–']);
    texts.forEach(([value, note], i) => {
      if (this.values[i].textContent !== value + (note ?? '')) this.values[i].replaceChildren(value, ...(note ? [h('small', note)] : []));
    });
  }
}

export class Steps {
  constructor() { this.element = h('ol.pipe', { tabindex: 0, ariaLabel: 'Steps of the last run' }); }

  /** @param {{stage: string, label: string, cache: string | null, ms: number}[]} steps */
  show(steps) {
    // A strip that keeps its steps only changes texts: it is drawn for every result of a drag.
    const list = this.element;
    while (list.children.length > steps.length) list.lastChild.remove();
    steps.forEach((s, i) => {
      const li = list.children[i] ?? list.appendChild(h('li', h('b'), h('span'), h('em')));
      const hit = s.cache && s.cache !== 'miss';
      const [name, took, how] = li.children;
      li.className = hit ? 'hit' : 'run';
      li.title = s.stage;
      for (const [e, text] of [[name, s.label ?? s.stage], [took, s.ms || !hit ? time(s.ms) : ''], [how, hit ? levels[s.cache ?? ''] ?? 'from cache' : 'ran']]) {
        if (e.textContent !== text) e.textContent = text;
      }
    });
  }
}
