// @ts-check
// One scheduler for everything that draws. A draw has a lane and a key: of draws with one key only the latest runs. Each frame
// works for at most BUDGET ms, input first; what is left waits, and waiting lifts it a lane every AGE ms, so nothing starves.
// Telemetry runs at most ten times a second, and nothing runs in a hidden tab.

const lanes = ['input', 'stage', 'panels', 'telemetry'];
const BUDGET = 6, AGE = 100, TELEMETRY = 100;

/** @typedef {{lane: number, draw: () => void, since: number}} Draw */
/** @type {Map<string, Draw>} */
const waiting = new Map();
let asked = false, lastTelemetry = -TELEMETRY, timer = 0;

/** When what was changed is painted; in a hidden tab at once. Long work goes in pieces between which the browser can paint and listen. */
export const painted = () => new Promise(next => document.hidden ? setTimeout(next) : requestAnimationFrame(() => setTimeout(next)));

/** Draws in one of the next frames. @param {'input' | 'stage' | 'panels' | 'telemetry'} lane @param {string} key @param {() => void} draw */
export function frame(lane, key, draw) {
  const old = waiting.get(key);
  waiting.set(key, { lane: lanes.indexOf(lane), draw, since: old ? old.since : performance.now() });
  ask();
}

function ask() {
  if (asked || document.hidden) return;
  asked = true;
  requestAnimationFrame(run);
}

/** The lane after waiting. @param {Draw} d @param {number} now */
const rank = (d, now) => d.lane - Math.floor((now - d.since) / AGE);

/** @param {number} now */
function run(now) {
  asked = false;
  // Asked for before the tab was hidden: what waits is drawn when it is seen again.
  if (document.hidden) return;
  const start = performance.now();
  const mayTell = now - lastTelemetry >= TELEMETRY - 1;
  const queue = [...waiting].filter(([, d]) => d.lane < 3 || mayTell).sort((a, b) => rank(a[1], now) - rank(b[1], now));
  let drawn = 0;
  for (const [key, d] of queue) {
    if (drawn && performance.now() - start > BUDGET) break;
    waiting.delete(key);
    if (d.lane === 3) lastTelemetry = now;
    drawn++;
    try { d.draw(); } catch (e) { reportError(e); }
  }
  if ([...waiting.values()].some(d => d.lane < 3)) ask();
  else if (waiting.size) {
    clearTimeout(timer);
    timer = setTimeout(ask, Math.max(0, TELEMETRY - (performance.now() - lastTelemetry)));
  }
}

document.addEventListener('visibilitychange', () => { if (waiting.size) ask(); });
