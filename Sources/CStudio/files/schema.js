// @ts-check
// What can be set, as the service describes it: the panel, the address and pasted lines all ask here.

import { api } from './api.js';
import { store } from './state.js';
import { bare } from './lines.js';

/** @typedef {{name: string, title: string, type: 'flag' | 'integer' | 'number' | 'choice' | 'text', min: number, max: number, words: string[],
 *   fallback: any, unit: string, group: string, help: string, isNullable: boolean, step: number, curve: 1 | 2 | 3 | 'log'}} Field */
/** @typedef {{name: string, title: string, settings: Record<string, any>, own?: boolean}} Preset */

const titles = /** @type {Record<string, string>} */ ({
  colors: 'Colours', 'color-distance': 'Colour distance', 'target-ssim': 'Least likeness', lambda: 'Price of a byte', speckle: 'Filter speckle',
  alphamax: 'Corner of ink', opttolerance: 'Join curves', 'svg-size': 'State the size', auto: 'Try several ways', palette: 'Only these colours',
  corner: 'Corner angle', turns: 'Crossings', window: 'Window', backdrop: 'Behind transparency',
});
const units = /** @type {Record<string, string>} */ ({ pixels: 'px', 'square pixels': 'px²', degrees: '°', points: 'pt' });

/** @param {string} name @param {any} p @returns {Field} */
function field(name, p) {
  const types = [p.type].flat(), type = types[0];
  const [min, max] = [p.minimum ?? 0, p.maximum ?? 100], span = max - min;
  const kind = p.enum ? 'choice' : type === 'boolean' ? 'flag' : type === 'integer' ? 'integer' : type === 'number' ? 'number' : 'text';
  return {
    name, title: titles[name] ?? (name[0].toUpperCase() + name.slice(1)).replaceAll('-', ' '), type: kind, min, max, words: p.enum ?? [],
    fallback: p.default ?? null, unit: units[p.unit] ?? p.unit ?? '', group: p.group ?? '', help: p.description ?? '',
    isNullable: types.includes('null'), step: kind === 'integer' ? 1 : p['x-atelier']?.step ?? 10 ** Math.floor(Math.log10(span / 60)),
    // Wide ranges are finer where they are small.
    curve: min > 0 && max / min > 2000 ? 'log' : span > 2000 ? 3 : span > 200 ? 2 : 1,
  };
}

/** @type {Map<string, Promise<Field[]>>} */
const asked = new Map();
/** The fields of `trace`, `pptx` or `compose`. @param {string} kind @returns {Promise<Field[]>} */
export function fields(kind) {
  const known = asked.get(kind) ?? api.json('/v1/schema/' + kind).then(s => Object.entries(s.properties).map(([n, p]) => field(n, p)).map(f => {
    if (f.type === 'flag') bare.add(f.name);
    return f;
  }));
  asked.set(kind, known);
  known.catch(() => asked.delete(kind));
  return known;
}

/** @type {Preset[]} */
export let presets = [];
const own = async () => (await store.all('presets')).map(p => ({ ...p, own: true }));
let builtIn = /** @type {Preset[]} */ ([]);
/** Those of the service, and those kept here. */
export async function loadPresets() {
  if (!builtIn.length) builtIn = await api.json('/v1/presets');
  return presets = [...builtIn, ...await own()];
}

/** @param {string} name @param {Record<string, any>} settings */
export async function savePreset(name, settings) {
  await store.put('presets', { name, title: name, settings });
  await loadPresets();
}
/** @param {string} name */
export async function dropPreset(name) {
  await store.remove('presets', name);
  await loadPresets();
}

/** What holds: the value that was set, else that of the preset, else the default. @param {Record<string, any>} values @param {Field} f */
export function effective(values, f) {
  if (f.name in values) return values[f.name];
  const preset = presets.find(p => p.name === values.preset)?.settings;
  return preset && f.name in preset ? preset[f.name] : f.fallback;
}

/** Place of a value on a slider of 0 to 1, and back. @param {Field} f @param {number} v */
export function place(f, v) {
  if (f.curve === 'log') return Math.log(v / f.min) / Math.log(f.max / f.min);
  return ((v - f.min) / (f.max - f.min)) ** (1 / f.curve);
}
/** @param {Field} f @param {number} t */
export function at(f, t) {
  const v = f.curve === 'log' ? f.min * (f.max / f.min) ** t : f.min + (f.max - f.min) * t ** f.curve;
  if (f.curve === 'log' && v >= 100) return Number(v.toPrecision(2));
  return rounded(f, v);
}
/** @param {Field} f @param {number} v */
export const rounded = (f, v) => Number(Math.min(f.max, Math.max(f.min, Math.round(v / f.step) * f.step)).toFixed(4));
