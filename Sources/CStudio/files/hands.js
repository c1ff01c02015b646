// @ts-check
// What hands do to the stage: one finger or button pans, two and the wheel zoom, arrow keys pan. It comes with the first picture.

/** @param {any} stage */
export function hands(stage) {
  /** @type {Map<number, PointerEvent>} */
  const down = new Map();
  stage.addEventListener('pointerdown', e => {
    if (e.target === stage.range || e.button > 1) return;
    down.set(e.pointerId, e);
    stage.setPointerCapture(e.pointerId);
    stage.classList.add('held');
  });
  stage.addEventListener('pointermove', e => {
    const before = down.get(e.pointerId);
    if (!before) return;
    const other = [...down.values()].find(o => o.pointerId !== e.pointerId);
    if (other) {
      const gap = (/** @type {PointerEvent} */ p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
      const r = stage.getBoundingClientRect();
      stage.zoom(stage.view.z * gap(e) / Math.max(1, gap(before)), (e.clientX + other.clientX) / 2 - r.x, (e.clientY + other.clientY) / 2 - r.y);
    } else stage.pan(e.clientX - before.clientX, e.clientY - before.clientY);
    down.set(e.pointerId, e);
  });
  for (const end of ['pointerup', 'pointercancel']) {
    stage.addEventListener(end, e => {
      down.delete(/** @type {PointerEvent} */ (e).pointerId);
      if (!down.size) stage.classList.remove('held');
    });
  }
  stage.addEventListener('wheel', e => {
    e.preventDefault();
    if (e.shiftKey) return stage.pan(-e.deltaY - e.deltaX, 0);
    const r = stage.getBoundingClientRect(), lines = e.deltaMode ? 20 : 1;
    const z = stage.view.z * Math.exp(-e.deltaY * lines * (e.ctrlKey ? 0.01 : 0.0018)), whole = Math.round(z);
    stage.zoom(whole > 1 && Math.abs(z / whole - 1) < 0.02 ? whole : z, (e.clientX - r.x) % stage.width, e.clientY - r.y);
  }, { passive: false });
  stage.addEventListener('keydown', e => {
    const step = e.shiftKey ? 160 : 40;
    const way = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    if (!way || e.target !== stage) return;
    stage.pan(way[0] * step, way[1] * step);
    e.preventDefault();
  });
}
