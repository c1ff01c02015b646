// @ts-check
// The settings as a command. Other forms, and the way back, are in forms.js, which comes when they are wanted.

/** @typedef {Record<string, any>} Values */
/** The word for "not set" where it is not `auto`. */
const absent = /** @type {Record<string, string>} */ ({ 'target-ssim': 'off', recolor: 'off', grid: 'off', background: 'none' });

/** @param {string} text */
export const quoted = text => /^[\w./:,=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
/** @param {string} name */
export const stem = name => name.replace(/\.[^.]*$/, '') || 'drawing';
/** @param {Values} values @returns {[string, any][]} */
export const sorted = values => Object.entries(values).sort(([a], [b]) => Number(b === 'preset') - Number(a === 'preset') || (a < b ? -1 : 1));

/** @param {string} name @param {any} value */
export function flag(name, value) {
  if (value === true) return `--${name}`;
  if (value === false) return `--no-${name}`;
  return `--${name} ${quoted(value === null ? absent[name] ?? 'auto' : String(value))}`;
}

/** @param {Values} values @param {string} file */
export function toCommand(values, file, verb = 'trace', ending = 'svg') {
  const flags = sorted(values).map(([k, v]) => ' ' + flag(k, v)).join('');
  return `atelier ${verb} ${quoted(file)}${flags} -o ${quoted(stem(file) + '.' + ending)}`;
}

/** Flags without a value, as the schema says. @type {Set<string>} */
export const bare = new Set(['auto', 'invert', 'svg-size', 'longcurve', 'builds', 'notes']);
