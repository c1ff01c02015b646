// Light or dark, before anything is painted: what was chosen, else what the system says, also when that changes. A file of its own,
// because the page allows no inline script.
{
  const system = matchMedia('(prefers-color-scheme: dark)');
  const paint = () => {
    let chosen;
    try { chosen = JSON.parse(localStorage.getItem('atelier') ?? '{}').theme; } catch { /* the system's, then */ }
    document.documentElement.dataset.theme = chosen ?? (system.matches ? 'dark' : 'light');
  };
  paint();
  system.addEventListener('change', paint);
  addEventListener('theme', paint);
}
