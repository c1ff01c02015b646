// @ts-check
// Where the segments of path data end, and how many there are.

const counts = { m: 2, l: 2, h: 1, v: 1, c: 6, s: 4, q: 4, t: 2, a: 7, z: 0 };

/** Where the segments of path data end: x, y, x, y … @param {string} d */
export function nodesOf(d) {
  /** @type {number[]} */
  const nodes = [];
  let x = 0, y = 0, startX = 0, startY = 0;
  for (const [, letter, rest] of d.matchAll(/([a-z])([^a-df-z]*)/gi)) {
    const kind = /** @type {keyof typeof counts} */ (letter.toLowerCase()), by = counts[kind], isRelative = letter === kind;
    if (kind === 'z') { [x, y] = [startX, startY]; continue; }
    const numbers = kind === 'a' ? arcNumbers(rest) : (rest.match(/[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?/gi) ?? []).map(Number);
    for (let i = 0; i + by <= numbers.length; i += by) {
      const [ax, ay] = isRelative ? [x, y] : [0, 0];
      if (kind === 'h') x = ax + numbers[i];
      else if (kind === 'v') y = ay + numbers[i];
      else { x = ax + numbers[i + by - 2]; y = ay + numbers[i + by - 1]; }
      if (kind === 'm' && i === 0) [startX, startY] = [x, y];
      nodes.push(x, y);
    }
  }
  return nodes;
}

/** The flags of arcs may stand without anything between them. @param {string} text */
const arcNumbers = text => [...text.matchAll(/([-+.\de]+)[\s,]+([-+.\de]+)[\s,]+([-+.\de]+)[\s,]*([01])[\s,]*([01])[\s,]*([-+]?[\d.]+(?:e[-+]?\d+)?)[\s,]*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)/gi)]
  .flatMap(m => m.slice(1, 8).map(Number));

/** Paths and nodes of a drawing, told by its markup before the report comes. @param {string} svg */
export function counted(svg) {
  let paths = 0, nodes = 0;
  for (const [, d] of svg.matchAll(/ d="([^"]*)"/g)) {
    paths++;
    // Every number of a huge drawing would take longer to read than a frame.
    nodes += svg.length < 300000 ? nodesOf(d).length / 2 - (d.match(/m/gi) ?? []).length : (d.match(/[a-y]/gi) ?? []).length;
  }
  return { paths, nodes };
}
