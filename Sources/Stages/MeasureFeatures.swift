package import AtelierJSON
public import AtelierMemo
public import AtelierModels
public import AtelierPixels

/// Says in numbers what a picture is like, for models that choose how it is traced.
public struct MeasureFeatures: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "tracing.features"
    /// Raised when the same picture has other numbers.
    public static let version = 1

    /// The picture.
    public var image: Artifact<Raster<RGBA8>>

    /// The numbers of one picture.
    public init(image: Artifact<Raster<RGBA8>>) { self.image = image }

    /// Two rows and a small version.
    public func footprint(in context: Context) -> Int { context[image].width * 32 + 1 << 20 }

    /// Measures.
    public func run(in context: Context) throws -> PictureFeatures { PictureFeatures(of: context[image]) }
}

extension PictureFeatures: Storable {
    /// The numbers.
    public var byteCount: Int { 32 + values.count * MemoryLayout<Float>.stride }
}

extension PictureFeatures {
    /// Names and numbers; null for what cannot be told.
    package var json: JSON {
        .object(zip(Self.names, values).map { JSON.Member($0, $1.isNaN ? .null : .number(Double($1))) })
    }
}
