// Drawings from the service as elements of the page: made anew from what is known to only draw, never taken over.

const SVG = 'http://www.w3.org/2000/svg';
const drawn = new Set(('svg g path rect circle ellipse line polyline polygon text tspan textPath image use defs linearGradient radialGradient stop '
  + 'clipPath mask pattern marker symbol filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap '
  + 'feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feImage feMerge feMergeNode feMorphology feOffset fePointLight '
  + 'feSpecularLighting feSpotLight feTile feTurbulence title').split(' '));
const looks = ['mix-blend-mode', 'isolation', 'mask-type', 'font-variation-settings', 'white-space'];

/** Whether a value leads nowhere but into the drawing. @param {string} name @param {string} value */
function isSafe(name, value) {
  if (/^on/i.test(name)) return false;
  if (/href$/i.test(name)) return /^#/.test(value) || /^data:image\/(png|jpeg|webp|gif);base64,/.test(value);
  return !/url\(\s*["']?(?!#)/i.test(value) && !/javascript:/i.test(value);
}

/** @param {Element} from @param {string} prefix put before every id @param {number} depth @returns {Element | null} */
function copy(from, prefix, depth) {
  // A link is a group here.
  const name = from.localName === 'a' ? 'g' : from.localName;
  if (from.namespaceURI !== SVG || !drawn.has(name) || depth > 400) return null;
  const to = document.createElementNS(SVG, name);
  for (const { name, value } of from.attributes) {
    if (name === 'style') {
      const style = (from).style;
      for (const look of looks) if (style?.getPropertyValue(look)) (to).style.setProperty(look, style.getPropertyValue(look));
    } else if (name === 'id') to.id = prefix + value;
    else if (name !== 'xmlns' && name !== 'class' && isSafe(name, value)) {
      to.setAttribute(name, /href$/i.test(name) && value[0] === '#' ? '#' + prefix + value.slice(1) : value.replace(/url\((["']?)#/g, `url($1#${prefix}`));
    }
  }
  for (const child of from.childNodes) {
    if (child.nodeType === 3) to.append((child).data);
    else if (child.nodeType === 1) {
      const made = copy((child), prefix, depth + 1);
      if (made) to.append(made);
    }
  }
  return to;
}

let made = 0;
/** A drawing as an element; null where the text is none. @param {string} text */
export function cleanSVG(text) {
  const root = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
  return root.localName === 'svg' ? (copy(root, `d${made++}-`, 0)) : null;
}
