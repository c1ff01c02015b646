// Options, requests and reports are JSON: whoever speaks to this room speaks of it.
@_exported public import AtelierJSON
