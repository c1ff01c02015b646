// SVG: document in, resolved tree, document out. Reading ends in a `Tree` in which nothing is left to look up:
// styles are applied, references expanded, units in pixels. It draws nothing. Start with `Tree`.

/// Namespace of everything about SVG: `SVG.Tree`, `SVG.Diagnostic`, reading and writing.
public enum SVG {}
