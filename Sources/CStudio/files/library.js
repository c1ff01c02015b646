// @ts-check
// The files of this visit: what they are, which are chosen, which one is on the stage, and how they get to the service.

import { api } from './api.js';
import { state, store } from './state.js';
import { say } from './dom.js';

/** @typedef {{id: string, name: string, type: string, bytes: number, width: number, height: number, file: File | Blob, added: number,
 *   digest?: string, thumb?: string, kind: 'picture' | 'drawing' | 'other', status: 'idle' | 'queued' | 'running' | 'done' | 'failed',
 *   note?: string, done?: number, wasSent?: boolean, own?: Record<string, any>, result?: any}} Item */

const isTaken = (/** @type {File} */ f) => /^image\/|zip$|presentation/.test(f.type) || /\.(svgz?|png|jpe?g|webp|pptx|potx|zip)$/i.test(f.name);
const kindOf = (/** @type {{type: string, name: string}} */ f) =>
  /svg/.test(f.type) || /\.svgz?$/i.test(f.name) ? 'drawing' : /^image\//.test(f.type) ? 'picture' : 'other';

/** @type {Set<(what: string) => void>} */
const listeners = new Set();
const tell = (/** @type {string} */ what) => { for (const listen of listeners) listen(what); };
let number = 0;

export const library = {
  /** @type {Item[]} */
  items: [],
  /** @type {Item | null} */
  current: null,
  /** @type {Set<string>} */
  selected: new Set(),
  /** @param {(what: string) => void} listen */
  on(listen) {
    listeners.add(listen);
    return () => { listeners.delete(listen); };
  },
  changed: tell,
  /** @param {string} id */
  item: id => library.items.find(i => i.id === id),
  /** The chosen files, or the one on the stage. @returns {Item[]} */
  get chosen() {
    const some = library.items.filter(i => library.selected.has(i.id));
    return some.length || !library.current ? some : [library.current];
  },
  add, remove, open, digest, restore,
};

/** Puts files in front; the first one comes on the stage. @param {Iterable<File>} files */
function add(files) {
  const all = [...files], taken = all.filter(isTaken);
  if (taken.length < all.length) say(`${all.length - taken.length} of ${all.length} files are neither pictures nor drawings and were left out.`, 'bad');
  if (!taken.length) return [];
  const now = Date.now();
  const items = taken.map(file => /** @type {Item} */ ({
    id: `${now.toString(36)}-${(number++).toString(36)}`, name: file.name || 'pasted.png', type: file.type, bytes: file.size,
    width: 0, height: 0, file, added: now, kind: kindOf(file), status: 'idle',
  }));
  put(items);
  state.did(items.length > 1 ? `${items.length} files` : items[0].name, () => take(items), () => put(items));
  return items;
}

/** @param {Item[]} items */
function put(items) {
  library.items = [...items, ...library.items];
  open(items[0].id);
  tell('items');
  for (const item of items) keep(item);
}

/** @param {Item[]} items */
function take(items) {
  const gone = new Set(items.map(i => i.id)), place = library.items.findIndex(i => gone.has(i.id));
  library.items = library.items.filter(i => !gone.has(i.id));
  for (const id of gone) {
    library.selected.delete(id);
    store.remove('files', id);
  }
  if (library.current && gone.has(library.current.id)) open((library.items[place] ?? library.items.at(-1))?.id);
  tell('items');
}

/** @param {Item[]} items */
function remove(items) {
  if (!items.length) return;
  const before = library.items;
  take(items);
  state.did(`remove ${items.length > 1 ? items.length + ' files' : items[0].name}`, () => {
    library.items = before;
    open(items[0].id);
    tell('items');
    for (const item of items) keep(item);
  }, () => take(items));
  say(`${items.length > 1 ? items.length + ' files' : items[0].name} removed.`, 'ok', { title: 'Undo', run: () => state.undo() });
}

/** Brings a file on the stage. @param {string | undefined} id */
function open(id) {
  const item = library.items.find(i => i.id === id) ?? null;
  if (item === library.current) return;
  library.current = item;
  tell('current');
}

/** @type {Map<string, Promise<string>>} */
const uploads = new Map();

/** The digest under which the service holds a file; sends it once. @param {Item} item @param {boolean} again sent although it was before */
function digest(item, again = false) {
  if (again) {
    uploads.delete(item.id);
    item.digest = undefined;
  }
  if (item.digest) return Promise.resolve(item.digest);
  const sending = uploads.get(item.id) ?? api.json('/v1/blobs', {
    body: item.file, headers: { 'Content-Type': item.type || 'application/octet-stream' },
  }).then(held => {
    Object.assign(item, { digest: held.digest, width: held.width ?? item.width, height: held.height ?? item.height });
    if (held.kind === 'picture' || held.kind === 'drawing') item.kind = held.kind;
    tell('item');
    return held.digest;
  });
  uploads.set(item.id, sending);
  sending.catch(() => uploads.delete(item.id));
  return sending;
}

/** Keeps a file for the next visit. @param {Item} item */
const keep = ({ id, name, type, bytes, file, added, kind, width, height, own }) => {
  if (bytes < 64e6) store.put('files', { id, name, type, bytes, file, added, kind, width, height, own });
};

/** Keeps what was said about one file. @param {Item} item */
export const keepItem = keep;

/** Files of earlier visits. */
async function restore() {
  const held = await store.all('files');
  const known = new Set(library.items.map(i => i.id));
  const old = held.filter(i => !known.has(i.id)).sort((a, b) => b.added - a.added).map(i => ({ ...i, status: 'idle' }));
  if (!old.length) return;
  library.items = [...library.items, ...old];
  if (!library.current) open(library.items[0].id);
  tell('items');
}

// MARK: requests

/** The settings of a request, with the preset beside them. @param {Record<string, any>} values */
export function asked(values) {
  const { preset, ...settings } = values;
  return { settings, ...(preset && { preset }) };
}

/** Most bytes of a file that goes with a request: what is given up half-way may have to be sent again. */
const ALONG = 4e6;

/** Asks for a conversion of one file. A small one that the service has not seen goes along, once: that is one way instead of two.
 * @param {Item} item @param {string} path @param {import('./api.js').Call} call @param {Record<string, any>} body @returns {Promise<any>} */
export async function withFile(item, path, call, body) {
  if (item.digest || item.wasSent || uploads.has(item.id) || item.bytes > ALONG) {
    return withInputs([item], inputs => api.json(path, { ...call, body: { inputs, ...body } }));
  }
  item.wasSent = true;
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  form.append('file', item.file, item.name);
  const answer = await api.json(path, { ...call, body: form });
  item.digest ??= answer.inputs[0].digest;
  return answer;
}

/** Asks again with the file when the service no longer holds it. @template T @param {Item[]} items @param {(inputs: any[]) => Promise<T>} ask */
export async function withInputs(items, ask) {
  const inputs = async (/** @type {boolean} */ again) => Promise.all(items.map(async i => ({ digest: await library.digest(i, again), name: i.name })));
  try {
    return await ask(await inputs(false));
  } catch (e) {
    if (/** @type {any} */ (e).status !== 404) throw e;
    return ask(await inputs(true));
  }
}

// MARK: where files come from

/** The files of a drop, those in folders too, with the paths they have in these. @param {DataTransfer} data */
export async function filesOf(data) {
  /** @type {{file: File, path: string}[]} */
  const found = [];
  const visit = async (/** @type {any} */ entry) => {
    if (entry.isFile) return void found.push({ file: await new Promise((done, fail) => entry.file(done, fail)), path: entry.fullPath.slice(1) });
    const reader = entry.createReader();
    // A reader gives at most a hundred at a time.
    for (let some; (some = await new Promise((done, fail) => reader.readEntries(done, fail))).length;) for (const e of some) await visit(e);
  };
  const entries = [...data.items].filter(i => i.kind === 'file').map(i => i.webkitGetAsEntry?.());
  if (!entries.every(Boolean)) return [...data.files].map(file => ({ file, path: file.name }));
  for (const entry of entries) await visit(entry);
  return found;
}

/** Pictures of a drop: what lies in folders by name, without hidden files. @param {DataTransfer} data */
export async function dropped(data) {
  const found = await filesOf(data), files = found.map(f => f.file);
  return found.some(f => f.path.includes('/')) ? files.filter(f => !f.name.startsWith('.')).sort((a, b) => a.name < b.name ? -1 : 1) : files;
}
