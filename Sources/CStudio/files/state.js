// @ts-check
// One settings document: a flat object for each view, which holds only what differs from the defaults. Changes go through
// `state.patch`, become small entries of one undo stack (joined while a control is dragged), and the address shows them. And what the browser keeps.

/** @typedef {Record<string, any>} Values */
/** @type {Record<string, Values>} */
const docs = {};
/** @type {Map<string, Set<(values: Values, changed: string[]) => void>>} */
const listeners = new Map();
/** @typedef {{label: string, join?: string, at: number, undo: () => void, redo: () => void}} Change */
/** @type {Change[]} */
const past = [];
/** @type {Change[]} */
let future = [];
const LIMIT = 500, JOIN = 900;

/** @param {string} doc @param {Values} patch */
function apply(doc, patch) {
  const next = { ...docs[doc], ...patch };
  for (const [k, v] of Object.entries(patch)) if (v === undefined) delete next[k];
  docs[doc] = Object.freeze(next);
  tell(doc, Object.keys(patch));
}

/** @param {string} doc @param {string[]} changed */
function tell(doc, changed) {
  for (const listen of listeners.get(doc) ?? []) listen(state.get(doc), changed);
}

/** @param {Change} change */
function did(change) {
  const last = past.at(-1);
  if (last && change.join && last.join === change.join && change.at - last.at < JOIN) {
    last.redo = change.redo;
    last.at = change.at;
  } else past.push(change);
  if (past.length > LIMIT) past.shift();
  future = [];
  tell('undo', []);
}

/** @param {Change[]} from @param {Change[]} to @param {'undo' | 'redo'} way */
function step(from, to, way) {
  const change = from.pop();
  if (!change) return null;
  to.push({ ...change, join: undefined });
  change[way]();
  tell('undo', []);
  return change.label;
}

export const state = {
  /** @param {string} doc @returns {Values} */
  get: doc => docs[doc] ?? (docs[doc] = Object.freeze({})),
  /** Changes values; `undefined` takes one out. @param {string} doc @param {Values} patch
   *  @param {{coalesce?: string, undo?: boolean, label?: string}} how */
  patch(doc, patch, { coalesce, undo = true, label } = {}) {
    const now = state.get(doc);
    const before = Object.fromEntries(Object.keys(patch).map(k => [k, now[k]]));
    if (Object.keys(patch).every(k => same(now[k], patch[k]))) return;
    if (undo) {
      did({
        label: label ?? Object.keys(patch)[0], join: coalesce && doc + ' ' + coalesce, at: performance.now(),
        undo: () => apply(doc, before), redo: () => apply(doc, patch),
      });
    }
    apply(doc, patch);
  },
  /** Puts a whole document in the place of another, as one step. @param {string} doc @param {Values} values */
  replace(doc, values, how = {}) {
    state.patch(doc, { ...Object.fromEntries(Object.keys(state.get(doc)).map(k => [k, undefined])), ...values }, how);
  },
  /** Anything else that can be taken back, such as files that were removed. @param {string} label @param {() => void} undo @param {() => void} redo */
  did: (label, undo, redo) => did({ label, at: performance.now(), undo, redo }),
  undo: () => step(past, future, 'undo'),
  redo: () => step(future, past, 'redo'),
  /** Ends a drag: the next change of the same control is an entry of its own. */
  settle: () => { const last = past.at(-1); if (last) last.join = undefined; },
  get canUndo() { return past.at(-1)?.label; },
  get canRedo() { return future.at(-1)?.label; },
  /** @param {string} doc @param {(values: Values, changed: string[]) => void} listen */
  on(doc, listen) {
    const set = listeners.get(doc) ?? new Set();
    listeners.set(doc, set.add(listen));
    return () => { set.delete(listen); };
  },
  prefs: /** @type {Values} */ (read()),
  /** Keeps a preference of this browser. @param {string} name @param {any} value */
  pref(name, value) {
    state.prefs[name] = value;
    localStorage.setItem('atelier', JSON.stringify(state.prefs));
    tell('prefs', [name]);
  },
};

/** @param {any} a @param {any} b */
export const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

function read() {
  try { return JSON.parse(localStorage.getItem('atelier') ?? '{}'); } catch { return {}; }
}

// MARK: the address

/** `corner=48&palette=%23fff` of a document: texts as they are, everything else as JSON. @param {Values} values */
export const query = values => new URLSearchParams(Object.entries(values).sort(([a], [b]) => a < b ? -1 : 1)
  .map(([k, v]) => [k, typeof v === 'string' && !isJSON(v) ? v : JSON.stringify(v)])).toString();

/** @param {string} text @returns {Values} */
export const unquery = text => Object.fromEntries([...new URLSearchParams(text)].map(([k, v]) => [k, isJSON(v) ? JSON.parse(v) : v]));

/** @param {string} text */
function isJSON(text) {
  try { return JSON.parse(text) !== undefined; } catch { return false; }
}

// MARK: what the browser keeps between visits: files, small pictures of them, saved presets. Nothing here leaves the machine.

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

/** @returns {Promise<IDBDatabase>} */
function database() {
  return opening ??= new Promise((done, fail) => {
    const asked = indexedDB.open('atelier', 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('files', { keyPath: 'id' });
      asked.result.createObjectStore('presets', { keyPath: 'name' });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

/** @param {'files' | 'presets'} name @param {IDBTransactionMode} mode @param {(s: IDBObjectStore) => IDBRequest} act @returns {Promise<any>} */
async function ask(name, mode, act) {
  const db = await database();
  return new Promise((done, fail) => {
    const asked = act(db.transaction(name, mode).objectStore(name));
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

/** A browser that keeps nothing (a private window, a full disk) is no reason to stop. */
export const store = {
  /** @param {'files' | 'presets'} name @returns {Promise<any[]>} */
  all: name => ask(name, 'readonly', s => s.getAll()).catch(() => []),
  /** @param {'files' | 'presets'} name @param {any} value */
  put: (name, value) => ask(name, 'readwrite', s => s.put(value)).catch(() => undefined),
  /** @param {'files' | 'presets'} name @param {string} key */
  remove: (name, key) => ask(name, 'readwrite', s => s.delete(key)).catch(() => undefined),
};
