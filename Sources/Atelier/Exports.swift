// Atelier: the umbrella for library users. `import Atelier` brings the engine and every stage.

@_exported public import AtelierMemo
@_exported public import AtelierStages
