// @ts-check
// The left column: where files come in, and the list of them. Rows have one height and only those in sight exist.

import { $, bytes, count, h, icon, iconButton } from './dom.js';
import { frame } from './frames.js';
import { command, perform } from './commands.js';
import { library } from './library.js';
import { state } from './state.js';

const ROW = 42;
const marks = { done: 'check', failed: 'warn', idle: '', queued: '', running: '' };

/** @typedef {import('./library.js').Item} Item */

class Library extends HTMLElement {
  connectedCallback() {
    this.filter = '';
    /** @type {Item[]} */
    this.rows = [];
    this.anchor = '';
    this.count = h('span.n2', '0');
    const filter = h('input#flt', { type: 'search', placeholder: 'Filter', ariaLabel: 'Filter files', oninput: () => { this.filter = filter.value.toLowerCase(); this.ask(); } });
    this.list = h('div.list', { onscroll: () => this.ask(), onkeydown: (/** @type {KeyboardEvent} */ e) => this.key(e) });
    this.ul = h('ul.rows');
    this.list.append(this.ul);
    this.none = h('p.note', 'Nothing here yet. Files stay in this browser and go to your own service only.');
    this.foot = h('div.sel', { hidden: true });
    this.append(
      h('button.dropz#drop', { type: 'button', onclick: () => $('#files').click() }, icon('drop'),
        h('span', h('b', 'Drop or paste images'), h('small', 'PNG, JPEG, WebP, SVG, folders'))),
      h('div.lh', h('h2', 'Library'), this.count, filter), this.list, this.none, this.foot);
    library.on(what => what.startsWith('thumb ') ? this.thumb(what.slice(6)) : this.ask());
    new ResizeObserver(() => this.ask()).observe(this.list);
    this.ask();
  }

  ask() { frame('panels', 'library', () => this.draw()); }

  draw() {
    this.rows = library.items.filter(i => i.name.toLowerCase().includes(this.filter));
    this.count.textContent = count(this.rows.length);
    this.none.hidden = library.items.length > 0;
    this.list.hidden = !library.items.length;
    // Asking for sizes makes the browser lay the page out at once.
    if (!library.items.length) return this.ul.replaceChildren(), this.drawFoot();
    this.ul.style.height = this.rows.length * ROW + 'px';
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - 2), last = first + Math.ceil(this.list.clientHeight / ROW) + 5;
    const held = new Map([...this.ul.children].map(li => [li.dataset.id, li]));
    const wanted = this.rows.slice(first, last);
    for (const [id, li] of held) if (!wanted.some(i => i.id === id)) li.remove();
    wanted.forEach((item, n) => {
      let li = held.get(item.id);
      if (!li) this.ul.append(li = this.row(item));
      li.style.transform = `translateY(${(first + n) * ROW}px)`;
      li.setAttribute('aria-posinset', String(first + n + 1));
      li.setAttribute('aria-setsize', String(this.rows.length));
      this.fill(li, item);
    });
    this.drawFoot();
  }

  /** @param {Item} item */
  row(item) {
    const button = h('button.item', {
      type: 'button', draggable: true, onclick: (/** @type {MouseEvent} */ e) => this.pick(item, e),
      ondragstart: (/** @type {DragEvent} */ e) => e.dataTransfer?.setData('application/x-atelier-item', item.id),
    }, h('span.th'), h('span.t', h('b', item.name), h('small')), h('span.st'));
    return h('li', { dataId: item.id }, button);
  }

  /** @param {any} li @param {Item} item */
  fill(li, item) {
    const button = li.firstChild, [th, t, st] = button.children;
    const size = item.width ? `${item.width} × ${item.height}` : bytes(item.bytes);
    t.lastChild.textContent = item.note ? `${size} · ${item.note}` : size;
    button.className = 'item ' + { done: 'ok', failed: 'warn', running: 'run', queued: '', idle: '' }[item.status] + (library.selected.has(item.id) ? ' on' : '');
    if (item === library.current) button.setAttribute('aria-current', 'true'); else button.removeAttribute('aria-current');
    const mark = item.status + (item.own ? ' own' : '');
    if (st.dataset.mark !== mark) {
      st.dataset.mark = mark;
      st.title = item.status;
      st.replaceChildren(item.status === 'queued' ? '…' : item.status === 'running' ? ring() : marks[item.status] ? icon(marks[item.status]) : '');
    }
    if (item.thumb === undefined) import('./thumbs.js').then(thumbs => thumbs.wantThumb(item)); else this.show(th, item);
  }

  /** @param {string} id */
  thumb(id) {
    const item = library.item(id);
    for (const li of this.ul.children) if (li.dataset.id === id && item) this.show(li.firstChild.firstChild, item);
  }

  /** @param {HTMLElement} th @param {Item} item */
  show(th, item) {
    if (!item.thumb || th.firstChild) return;
    th.append(h('img', { src: item.thumb, alt: '', width: 40, height: 32, draggable: false }));
  }

  /** Chooses one, a range with Shift, one more with Ctrl. @param {Item} item @param {MouseEvent} e */
  pick(item, e) {
    if (e.shiftKey && this.anchor) {
      const [a, b] = [this.anchor, item.id].map(id => this.rows.findIndex(r => r.id === id)).sort((x, y) => x - y);
      library.selected = new Set(this.rows.slice(Math.max(0, a), b + 1).map(r => r.id));
    } else if (e.ctrlKey || e.metaKey) {
      if (!library.selected.size && library.current) library.selected.add(library.current.id);
      library.selected.has(item.id) ? library.selected.delete(item.id) : library.selected.add(item.id);
      this.anchor = item.id;
    } else {
      library.selected.clear();
      this.anchor = item.id;
      library.open(item.id);
    }
    library.changed('selected');
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (e.key === 'Delete') library.remove(library.chosen);
    else if (e.key === 'a' && (e.ctrlKey || e.metaKey)) { library.selected = new Set(this.rows.map(r => r.id)); library.changed('selected'); }
    else if (way) { step(way); } else return;
    e.preventDefault();
  }

  /** Keeps the current file in sight. @param {number} place */
  reveal(place) {
    const top = place * ROW;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    else if (top + ROW > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top + ROW - this.list.clientHeight;
  }

  drawFoot() {
    const n = library.selected.size;
    if (this.foot.hidden === !n && this.shownCount === n) return;
    this.shownCount = n;
    this.foot.hidden = !n;
    this.foot.replaceChildren(h('span', `${count(n)} selected`),
      ...[['Trace', 'trace.selected'], ['To slides', 'slides.selected']].map(([title, id]) =>
        h('button', { type: 'button', onclick: () => perform(id) }, title)), iconButton('trash', 'Remove the chosen files', () => perform('files.remove')));
  }
}

const ring = () => h('span.ring');

/** Opens the file before or after. @param {number} way */
function step(way) {
  const panel = $('atelier-library'), rows = panel.rows;
  const place = Math.min(rows.length - 1, Math.max(0, rows.findIndex((/** @type {Item} */ r) => r === library.current) + way));
  if (!rows[place]) return;
  library.open(rows[place].id);
  panel.reveal(place);
  panel.draw();
  if (panel.contains(document.activeElement)) $(`li[data-id="${rows[place].id}"] button`, panel)?.focus();
}

for (const c of [
  { id: 'files.next', title: 'Next file', key: ']', group: 'Files', run: () => step(1) },
  { id: 'files.previous', title: 'Previous file', key: '[', group: 'Files', run: () => step(-1) },
  { id: 'files.remove', title: 'Remove the chosen files', group: 'Files', enabled: () => library.chosen.length > 0, run: () => library.remove(library.chosen) },
  { id: 'files.all', title: 'Choose all files', group: 'Files', run: () => { library.selected = new Set(library.items.map(i => i.id)); library.changed('selected'); } },
  { id: 'files.none', title: 'Choose none', group: 'Files', enabled: () => library.selected.size > 0, run: () => { library.selected.clear(); library.changed('selected'); } },
]) command(c);
state.on('undo', () => $('atelier-library')?.ask());
customElements.define('atelier-library', Library);
