// Atelier: the umbrella for library users. `import Atelier` brings the engine, every stage, and the rasters that a stage
// of one's own works on.

@_exported public import AtelierMemo
@_exported public import AtelierPixels
@_exported public import AtelierStages
