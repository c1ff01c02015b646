// @ts-check
// Every call to the service. A call with a key ends the one before it with that key, so stale work stops on the server too.
// Telemetry comes over one event stream for all topics, which rests while nobody listens or the tab is hidden.

/** What went wrong, as the service says it (RFC 9457). */
class Problem extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super([body.detail ?? body.title, body.hint].filter(Boolean).join(' ') || `The service answered ${status}.`);
    this.status = status;
    this.code = body.code;
    this.retryAfter = body.retry_after;
  }
}

/** @param {any} e */
export const isAbort = e => e?.name === 'AbortError';

let refused = () => {};
/** What to do when a key is asked for. @param {() => void} act */
export const onRefusal = act => { refused = act; };

/** @type {Map<string, AbortController>} */
const running = new Map();

/** @typedef {{method?: string, body?: any, key?: string, signal?: AbortSignal, priority?: 'interactive' | 'normal' | 'batch', accept?: string,
 *   headers?: Record<string, string>}} Call */
const urgency = { interactive: 'u=1', normal: 'u=3', batch: 'u=5' };

/** @param {string} path @param {Call} call @returns {Promise<Response>} */
async function send(path, { method, body, key, signal, priority, accept, headers = {} }) {
  const stop = new AbortController();
  if (key) {
    running.get(key)?.abort();
    running.set(key, stop);
  }
  signal?.addEventListener('abort', () => stop.abort(), { once: true });
  if (signal?.aborted) stop.abort();
  const isPlain = body && !(body instanceof Blob) && !(body instanceof FormData) && typeof body !== 'string';
  const token = localStorage.getItem('atelier.key');
  try {
    const answer = await fetch(path, {
      method: method ?? (body ? 'POST' : 'GET'), signal: stop.signal, body: isPlain ? JSON.stringify(body) : body,
      headers: {
        ...(isPlain && { 'Content-Type': 'application/json' }), ...(priority && { Priority: urgency[priority] }),
        ...(accept && { Accept: accept }), ...(token && { Authorization: 'Bearer ' + token }), ...headers,
      },
    });
    if (answer.ok) return answer;
    if (answer.status === 401) refused();
    const said = await answer.json().catch(() => ({}));
    throw new Problem(answer.status, { retry_after: Number(answer.headers.get('Retry-After')) || undefined, ...said });
  } catch (e) {
    if (e instanceof TypeError) throw new Problem(0, { title: 'The service does not answer.', code: 'offline' });
    throw e;
  } finally {
    if (key && running.get(key) === stop) running.delete(key);
  }
}

export const api = {
  /** @param {string} path @param {Call} call */
  json: async (path, call = {}) => {
    const answer = await send(path, { accept: 'application/json', ...call });
    return answer.status === 204 ? null : answer.json();
  },
  /** @param {string} path @param {Call} call */
  bytes: async (path, call = {}) => (await send(path, call)).blob(),
  /** The whole answer, for fields of its head. @param {string} path @param {Call} call */
  send: (path, call = {}) => send(path, call),
  /** Ends what runs under a key. @param {string} key */
  stop: key => running.get(key)?.abort(),
  events,
};

/** @type {Map<string, Set<(data: any) => void>>} */
const listeners = new Map();
/** @type {AbortController | null} */
let stream = null;
let open = '', soon = 0;

/** Calls back for each event of a topic. @param {string} topic @param {(data: any) => void} listen @returns {() => void} what ends it */
function events(topic, listen) {
  const set = listeners.get(topic) ?? new Set();
  listeners.set(topic, set.add(listen));
  later();
  return () => {
    set.delete(listen);
    later();
  };
}

/** Several views that come and go in one moment make one change. */
function later() {
  clearTimeout(soon);
  soon = setTimeout(connect, 50);
}

function connect() {
  const wanted = document.hidden ? '' : [...listeners].filter(([, l]) => l.size).map(([t]) => t).sort().join();
  if (wanted === open) return;
  stream?.abort();
  stream = null;
  open = wanted;
  if (wanted) follow(wanted, (stream = new AbortController()).signal);
}

/** Reads the stream until it is wanted no more; what breaks is begun again. An EventSource could not send the key.
 * @param {string} topics @param {AbortSignal} signal */
async function follow(topics, signal) {
  let last = '';
  for (let pause = 1000; !signal.aborted; await new Promise(next => setTimeout(next, pause))) {
    try {
      const answer = await send('/v1/events?hz=2&topics=' + topics, { signal, accept: 'text/event-stream', headers: last ? { 'Last-Event-ID': last } : {} });
      const reader = /** @type {any} */ (answer.body).pipeThrough(new TextDecoderStream()).getReader();
      pause = 1000;
      for (let text = '', part; !(part = await reader.read()).done;) {
        const events = (text + part.value).split('\n\n');
        text = events.pop() ?? '';
        for (const e of events) last = tell(e) ?? last;
      }
    } catch (e) {
      if (isAbort(e)) return;
      // A service without events stays without them.
      pause = /** @type {any} */ (e).status === 404 ? 300000 : Math.min(30000, pause * 2);
    }
  }
}

/** @param {string} text one event @returns {string | undefined} its number */
function tell(text) {
  /** @type {Record<string, string>} */
  const event = {};
  for (const [, name, value] of text.matchAll(/^(\w+): ?(.*)$/gm)) event[name] = name === 'data' && event.data ? event.data + '\n' + value : value;
  const listening = event.data && listeners.get(event.event);
  if (listening) {
    const data = JSON.parse(event.data);
    for (const listen of listening) listen(data);
  }
  return event.id;
}

document.addEventListener('visibilitychange', later);
