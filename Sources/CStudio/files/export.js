// @ts-check
// What leaves the studio as a file or a picture. Comes when it is wanted.

import { api, isAbort } from './api.js';
import { bytes, download, h, say } from './dom.js';
import { asked, withInputs } from './library.js';
import { stem } from './lines.js';

/** @typedef {import('./library.js').Item} Item */

/** @param {string} what @param {() => Promise<{blob: Blob, name: string}>} make */
async function deliver(what, make) {
  say(`Making ${what} …`);
  try {
    const { blob, name } = await make();
    download(blob, name);
    say(`${name}, ${bytes(blob.size)}.`);
  } catch (e) {
    if (!isAbort(e)) say(`${what} could not be made: ${/** @type {Error} */ (e).message}`, 'bad');
  }
}

/** @param {Item[]} items @param {Record<string, any>} values */
export const exportSlides = (items, values) => deliver('slides', async () => ({
  blob: await withInputs(items, inputs => api.bytes('/v1/pptx', {
    body: { inputs, ...asked(values) }, key: 'export', priority: 'interactive',
    accept: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  })),
  name: items.length > 1 ? 'slides.pptx' : stem(items[0].name) + '.pptx',
}));

/** @param {Item} item */
const svgBlob = item => new Blob([item.result.svg], { type: 'image/svg+xml' });

/** @param {Item} item */
export function exportDrawing(item) {
  download(svgBlob(item), stem(item.name) + '.svg');
  say(`${stem(item.name)}.svg, ${bytes(item.result.result.bytes)}.`);
}

/** The drawing as pixels. @param {Item} item @param {number} scale @returns {Promise<Blob>} */
export async function pixels(item, scale) {
  const url = URL.createObjectURL(svgBlob(item)), image = h('img', { src: url });
  try {
    await image.decode();
    const canvas = h('canvas', { width: item.width * scale || image.naturalWidth, height: item.height * scale || image.naturalHeight });
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, fail) => canvas.toBlob((/** @type {Blob} */ b) => b ? done(b) : fail(new Error('the picture is too large for this browser')), 'image/png'));
  } finally { URL.revokeObjectURL(url); }
}

/** @param {Item} item @param {number} scale */
export const exportPixels = (item, scale) => deliver('the picture', async () => ({
  blob: await pixels(item, scale), name: `${stem(item.name)}${scale > 1 ? `@${scale}x` : ''}.png`,
}));

/** @param {Item} item */
export async function copyPixels(item) {
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': pixels(item, 1) })]);
    say('Picture copied.');
  } catch { say('The browser did not let the picture be copied.', 'bad'); }
}
