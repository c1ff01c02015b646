// @ts-check
// The settings as a curl line or Swift, and back from any form. Written and read by the same tables, so the way round changes nothing.

import { say } from './dom.js';
import { bare, flag, quoted, sorted, stem } from './lines.js';
import { fields } from './schema.js';
import { state } from './state.js';

/** @typedef {Record<string, any>} Values */

/** @param {Values} values @param {string} file @param {string} origin */
export function toCurl(values, file, origin, verb = 'trace', ending = 'svg') {
  const { preset, ...settings } = values;
  const body = Object.keys(settings).length ? ` -F ${quoted('settings=' + JSON.stringify(Object.fromEntries(sorted(settings))))}` : '';
  return `curl -F ${quoted('file=@' + file)}${body} ${quoted(`${origin}/v1/${verb}${preset ? '?preset=' + preset : ''}`)} -o ${quoted(stem(file) + '.' + ending)}`;
}

/** Where options of tracing are in Swift. */
const swiftPaths = /** @type {Record<string, string>} */ ({
  mode: 'trace.quantize.mode', colors: 'trace.quantize.colors', 'color-distance': 'trace.quantize.colorDistance', palette: 'trace.quantize.palette',
  recolor: 'trace.quantize.recoloring', tone: 'trace.quantize.tone', threshold: 'trace.quantize.bilevel.threshold', level: 'trace.quantize.bilevel.level',
  window: 'trace.quantize.bilevel.window', contrast: 'trace.quantize.bilevel.contrast', invert: 'trace.quantize.bilevel.isInverted',
  ink: 'trace.quantize.bilevel.ink', paper: 'trace.quantize.bilevel.paper', backdrop: 'trace.quantize.bilevel.background',
  turns: 'trace.segment.turns', speckle: 'trace.segment.speckleArea', alphamax: 'trace.fit.cornerAlpha', opttolerance: 'trace.fit.joinTolerance',
  tolerance: 'trace.fit.tolerance', corner: 'trace.fit.cornerAngle', layering: 'trace.fit.layering', overlap: 'trace.fit.overlap',
  decimals: 'trace.write.decimals', 'svg-size': 'trace.write.statesSize', 'target-ssim': 'targetSSIM', auto: 'isAutomatic',
});
const isColor = new Set(['ink', 'paper', 'backdrop']);

/** @param {string} name @param {any} value */
function swiftValue(name, value) {
  if (value === null) return 'nil';
  if (name === 'palette') return `[${String(value).split(',').map(c => `RGBA8(hex: "${c}")!`).join(', ')}]`;
  if (name === 'recolor') {
    const hex = (/** @type {string} */ c) => `RGBA8(hex: "${c}")!`;
    return `[${String(value).split(',').map(p => p.split('=')).map(([a, b]) => `Recoloring(from: ${hex(a)}, to: ${hex(b ?? a)})`).join(', ')}]`;
  }
  if (isColor.has(name)) return value === 'none' ? 'RGBA8(0, 0, 0, 0)' : `RGBA8(hex: "${value}")!`;
  return typeof value === 'string' ? '.' + value : String(value);
}

/** @param {Values} values @param {string} file */
export function toSwift(values, file) {
  const lines = sorted(values).map(([name, value]) => {
    if (name === 'preset' || name === 'kind') return `TracePreset.${value}.apply(to: &options.trace)`;
    if (name === 'lambda') return `options.trace.setLambda(${value})`;
    if (name === 'quality') return `options.trace.setLambda(TraceOptions.lambda(quality: ${value}))`;
    return swiftPaths[name] ? `options.${swiftPaths[name]} = ${swiftValue(name, value)}` : `// ${flag(name, value)} has no name in Swift`;
  });
  return ['import Atelier', '', 'let engine = Engine(levels: [MemoryStore()])', 'var options = ConversionOptions()', ...lines,
    `let svg = try await engine.value(of: traceToSVG(try Artifact.file(path: ${JSON.stringify(file)}), options))`, ''].join('\n');
}

// MARK: back

/** Words of a shell line. @param {string} text @returns {string[]} */
export function words(text) {
  /** @type {string[]} */
  const all = [];
  let word = '', has = false;
  for (const [, single, double, escaped, blank, other] of text.replace(/\\\r?\n/g, ' ')
    .matchAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|(\s+)|([^\s'"\\]+)/gs)) {
    if (blank !== undefined) {
      if (has) all.push(word);
      [word, has] = ['', false];
    } else {
      word += single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? other;
      has = true;
    }
  }
  return has ? [...all, word] : all;
}

/** What a line says: the verb and its settings, texts still as they were written. Null where it is no such line.
 * @param {string} text @returns {{verb: string, values: Values} | null} */
function readLine(text) {
  const line = text.trim();
  if (/^import Atelier\b|ConversionOptions\(\)/.test(line)) return { verb: 'trace', values: readSwift(line) };
  const all = words(line.replace(/^\$ /, ''));
  if (/(^|\/)atelier$/.test(all[0] ?? '')) return readCommand(all.slice(1));
  return all[0] === 'curl' ? readCurl(all.slice(1)) : null;
}

/** Flags that have a word after them although they are not settings. */
const notSettings = new Set(['output', 'directory', 'format']);
/** @param {string[]} all */
function readCommand([verb, ...rest]) {
  /** @type {Values} */
  const values = {};
  for (let i = 0; i < rest.length; i++) {
    const [, name, , given] = /^--([\w-]+)(=(.*))?$/.exec(rest[i]) ?? [];
    if (!name) { if (/^-[od]$/.test(rest[i])) i++; continue; }
    const next = rest[i + 1], isBare = given === undefined && (next === undefined || /^-(?!$)/.test(next) || bare.has(name.replace(/^no-/, '')));
    const value = given ?? (isBare ? !name.startsWith('no-') : rest[++i]);
    if (!notSettings.has(name)) values[isBare ? name.replace(/^no-/, '') : name] = value;
  }
  return { verb, values };
}

/** @param {string[]} rest */
function readCurl(rest) {
  /** @type {Values} */
  let values = {};
  let verb = '';
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i];
    if (/^(-F|--form|-d|--data(-binary|-raw)?|--json)$/.test(word)) {
      const text = rest[++i] ?? '';
      if (text.startsWith('settings=')) Object.assign(values, JSON.parse(text.slice(9)));
      else if (text.startsWith('preset=')) values.preset = text.slice(7);
      else if (text.startsWith('{')) {
        const { settings, preset } = JSON.parse(text);
        Object.assign(values, settings, preset && { preset });
      }
    } else if (/^(-o|-H|-X|--output|--header|--request)$/.test(word)) i++;
    else if (/\/v1\/\w+/.test(word)) {
      const url = new URL(word, 'http://localhost');
      verb = url.pathname.split('/')[2];
      values = { ...values, ...Object.fromEntries(url.searchParams) };
    }
  }
  return verb ? { verb, values } : null;
}

/** @param {string} text */
function readSwift(text) {
  const names = Object.fromEntries(Object.entries(swiftPaths).map(([k, v]) => [v, k]));
  /** @type {Values} */
  const values = {};
  for (const line of text.split('\n')) {
    const [, path, given] = /^\s*options\.([\w.]+) = (.*?);?\s*$/.exec(line) ?? [];
    const name = names[path];
    if (name) {
      const hex = [...given.matchAll(/"([^"]*)"/g)].map(m => m[1]);
      const pairs = hex.flatMap((c, i) => i % 2 ? [] : [c === hex[i + 1] ? c : `${c}=${hex[i + 1]}`]);
      values[name] = hex.length ? (name === 'recolor' ? pairs : hex).join(',') : given === 'nil' ? null : given.startsWith('RGBA8(0') ? 'none' : given.replace(/^\./, '');
    }
    const preset = /TracePreset\.(\w+)\.apply/.exec(line)?.[1], lambda = /setLambda\(([\d.]+)\)/.exec(line)?.[1];
    const quality = /lambda\(quality: (\d+)\)/.exec(line)?.[1];
    if (preset) values.preset = preset;
    if (quality) values.quality = quality; else if (lambda) values.lambda = lambda;
  }
  return values;
}

/** Texts of a command as values of the right kind. Unknown names are told apart. @param {Record<string, any>} given @param {import('./schema.js').Field[]} all */
function typed(given, all) {
  /** @type {Record<string, any>} */
  const values = {};
  /** @type {string[]} */
  const unknown = [];
  for (const [name, text] of Object.entries(given)) {
    const f = all.find(f => f.name === name.replaceAll('_', '-'));
    if (name === 'preset' || name === 'kind') values.preset = text;
    else if (!f) unknown.push(name);
    else values[f.name] = value(f, text);
  }
  return { values, unknown };
}

/** @param {import('./schema.js').Field} f @param {any} text */
function value(f, text) {
  if (typeof text !== 'string') return text;
  if (f.isNullable && /^(auto|off)$/.test(text)) return null;
  if (f.type === 'integer' || f.type === 'number') return Number(text);
  return f.type === 'flag' ? text !== 'false' : text;
}

/** Takes the settings of a line into a document. @param {string} text @param {string} doc */
export async function settle(text, doc) {
  const all = await fields('trace'), line = readLine(text);
  if (line?.verb !== 'trace') return say('That is no command of tracing.', 'bad');
  const { values, unknown } = typed(line.values, all);
  state.replace(doc, values, { label: 'pasted settings' });
  say(unknown.length ? `Pasted, without ${unknown.join(', ')}, which tracing does not know.` : 'Settings pasted.', unknown.length ? 'bad' : 'ok');
}
