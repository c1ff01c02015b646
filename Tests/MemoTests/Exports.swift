// What every store's tests share, for all files here.
@_exported public import AtelierMemoTesting
