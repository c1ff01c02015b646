// @ts-check
// What the browser keeps between visits: files, small pictures of them, saved presets. Nothing here leaves the machine.

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

/** @returns {Promise<IDBDatabase>} */
function database() {
  return opening ??= new Promise((done, fail) => {
    const ask = indexedDB.open('atelier', 1);
    ask.onupgradeneeded = () => {
      ask.result.createObjectStore('files', { keyPath: 'id' });
      ask.result.createObjectStore('presets', { keyPath: 'name' });
    };
    ask.onsuccess = () => done(ask.result);
    ask.onerror = () => fail(ask.error);
  });
}

/** @param {'files' | 'presets'} name @param {IDBTransactionMode} mode @param {(s: IDBObjectStore) => IDBRequest} act @returns {Promise<any>} */
async function run(name, mode, act) {
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
  all: name => run(name, 'readonly', s => s.getAll()).catch(() => []),
  /** @param {'files' | 'presets'} name @param {any} value */
  put: (name, value) => run(name, 'readwrite', s => s.put(value)).catch(() => undefined),
  /** @param {'files' | 'presets'} name @param {string} key */
  remove: (name, key) => run(name, 'readwrite', s => s.delete(key)).catch(() => undefined),
};
