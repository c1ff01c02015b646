// Atelier: the umbrella for library users. `import Atelier` brings the engine, every stage, the rasters that a stage of one's own
// works on, streams of parts with the domain as processors, and models.

@_exported public import AtelierJSON
@_exported public import AtelierLanguageModels
@_exported public import AtelierMemo
@_exported public import AtelierPipelines
@_exported public import AtelierPixels
@_exported public import AtelierProcessors
@_exported public import AtelierStages
