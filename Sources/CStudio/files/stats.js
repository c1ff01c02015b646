// What the service tells about itself. Every panel reads the same snapshots (`/v1/stats`, the numbers of `/metrics`), and all
// charts the same ring of them. Nothing is asked for while nobody watches.

import { api } from './api.js';

const CAPACITY = 14400;

/** Numbers over time: fixed arrays, the oldest written over. */
class Ring {
  /** @param {string[]} names @param {number} capacity */
  constructor(names, capacity = CAPACITY) {
    this.capacity = capacity;
    this.times = new Float64Array(capacity);
    /** @type {Record<string, Float64Array>} */
    this.columns = Object.fromEntries(names.map(n => [n, new Float64Array(capacity).fill(NaN)]));
    this.head = 0;
    this.count = 0;
  }

  /** @param {number} time ms @param {Record<string, number | undefined>} values */
  push(time, values) {
    if (this.count && time <= this.last) return;
    this.times[this.head] = time;
    for (const name in this.columns) this.columns[name][this.head] = values[name] ?? NaN;
    this.head = (this.head + 1) % this.capacity;
    this.count = Math.min(this.count + 1, this.capacity);
  }

  /** The place in the arrays of the i-th oldest. @param {number} i */
  at(i) { return (this.head - this.count + i + this.capacity) % this.capacity; }

  /** Time of the newest. */
  get last() { return this.count ? this.times[this.at(this.count - 1)] : 0; }

  /** How many are older than a time. @param {number} time */
  before(time) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[this.at(middle)] < time) low = middle + 1; else high = middle;
    }
    return low;
  }
}

export const ring = new Ring(['per_second', 'p50', 'p95', 'p99', 'rss', 'busy', 'waiting', 'waiting0', 'waiting1', 'waiting2', 'hits0', 'hits1', 'hits2']);
/** How busy each thread was, for heat. */
export const threadRing = new Ring(Array.from({ length: 32 }, (_, i) => String(i)), 600);

/** @type {any} */
let last = null;
/** @type {Set<(snapshot: any) => void>} */
const watchers = new Set();
let end = () => {}, filled = 0;
/** Lookups some seconds ago by level, to tell what the cache does now. @type {{time: number, levels: any[]}[]} */
let past = [];

/** The last snapshot, or null. */
export const snapshot = () => last;

/** Calls back for every snapshot, and at once for the last. @param {(snapshot: any) => void} see @returns {() => void} what ends it */
export function watch(see) {
  if (!watchers.size) {
    end = api.events('stats', take);
    reach(60);
  }
  watchers.add(see);
  if (last) see(last);
  return () => {
    if (watchers.delete(see) && !watchers.size) end();
  };
}

/** Hits of all lookups, 0…1; NaN before the first. @param {{hits: number, misses: number}} level */
export const hitRate = level => level.hits / (level.hits + level.misses);

/** @param {any} s */
function take(s) {
  last = s;
  const classes = s.queue?.classes ?? [], levels = s.cache?.levels ?? [];
  past.push({ time: s.time_ms, levels });
  while (past.length > 2 && past[1].time < s.time_ms - 10000) past.shift();
  const was = past[0].levels;
  /** @type {Record<string, number>} */
  const row = {
    per_second: s.requests?.per_second, p50: s.latency_ms?.p50, p95: s.latency_ms?.p95, p99: s.latency_ms?.p99, rss: s.memory?.rss,
    busy: s.workers?.busy, waiting: classes.reduce((n, c) => n + c.waiting, 0),
  };
  for (let i = 0; i < 3; i++) {
    if (classes[i]) row['waiting' + i] = classes[i].waiting;
    if (!levels[i]) continue;
    const hits = levels[i].hits - (was[i]?.hits ?? 0), misses = levels[i].misses - (was[i]?.misses ?? 0);
    row['hits' + i] = 100 * (hits + misses > 0 ? hits / (hits + misses) : hitRate(levels[i]));
  }
  ring.push(s.time_ms, row);
  const shares = (s.threads ?? []).map((t, i) => [i, t.busy_share]);
  threadRing.push(s.time_ms, Object.fromEntries(shares));
  for (const see of watchers) see(s);
}

/** What was before the page, so many seconds back. @param {number} seconds */
export async function reach(seconds) {
  if (seconds <= filled) return;
  filled = seconds;
  const history = await api.json(`/v1/stats/history?window=${seconds / 60}m`).catch(() => null), series = history?.series;
  if (!series?.time_ms) return;
  const live = ring.count ? Array.from({ length: ring.count }, (_, i) => ring.at(i)) : [];
  const kept = live.map(i => [ring.times[i], Object.fromEntries(Object.entries(ring.columns).map(([n, c]) => [n, c[i]]))]);
  ring.head = ring.count = 0;
  const waiting = Object.keys(series).filter(n => n.startsWith('waiting.')), rates = Object.keys(series).filter(n => n.startsWith('hit_rate.'));
  series.time_ms.forEach((time, i) => {
    const row = Object.fromEntries(Object.entries(series).map(([n, s]) => [n, s[i] ?? NaN]));
    waiting.forEach((n, k) => { row['waiting' + k] = row[n]; row.waiting = (row.waiting ?? 0) + row[n]; });
    rates.forEach((n, k) => { row['hits' + k] = 100 * row[n]; });
    ring.push(time, row);
  });
  for (const [time, row] of kept) ring.push((time), (row));
}
