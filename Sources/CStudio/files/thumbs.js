// @ts-check
// Small pictures of files, for lists. It comes with the first file.

import { library } from './library.js';

/** @typedef {import('./library.js').Item} Item */
/** @type {Item[]} */
const wanted = [];
let making = false;

/** Makes a small picture of a file, one at a time, and tells when it is there. @param {Item} item */
export function wantThumb(item) {
  if (item.thumb !== undefined || wanted.includes(item)) return;
  wanted.push(item);
  if (!making) makeThumbs();
}

async function makeThumbs() {
  making = true;
  for (let item; (item = wanted.pop());) {
    item.thumb = '';
    try {
      item.thumb = URL.createObjectURL(await small(item));
    } catch { /* what the browser cannot show has no picture; the service says whether it can read it */ }
    library.changed('thumb ' + item.id);
    await new Promise(next => setTimeout(next));
  }
  making = false;
}

/** @param {Item} item */
async function small(item) {
  if (item.kind === 'drawing') return item.file;
  if (item.kind === 'other') throw new Error('no picture');
  const whole = await createImageBitmap(item.file);
  [item.width, item.height] = [whole.width, whole.height];
  const scale = Math.min(1, Math.max(160 / whole.width, 128 / whole.height));
  const canvas = new OffscreenCanvas(Math.max(1, whole.width * scale), Math.max(1, whole.height * scale));
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  ink.imageSmoothingQuality = 'high';
  ink.drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  return canvas.convertToBlob({ type: 'image/webp' });
}
