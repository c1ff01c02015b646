/// Named sets of options for kinds of pictures. A set changes the fields that matter for its kind and leaves the others.
public enum TracePreset: String, Hashable, Sendable, CaseIterable {
    /// Few flat colours and clean outlines.
    case logo
    /// Small pictures in which every pixel counts.
    case icon
    /// Many areas, gradients, details.
    case illustration
    /// Drawings in ink, clean or anti-aliased.
    case lineart
    /// Photographs and paintings.
    case photo
    /// Printed or drawn pages from a scanner or camera: ink is what is darker than its surroundings.
    case scan
    /// Pixel art, exactly.
    case pixel
    /// Ink and paper by one threshold.
    case bw
    /// Few colours, large areas.
    case poster

    /// Sets what belongs to this kind of picture.
    public func apply(to options: inout TraceOptions) {
        switch self {
        case .logo:
            options.quantize.mode = .auto
            options.quantize.colorDistance = 4
            options.segment.speckleArea = 6
        case .icon:
            options.quantize.mode = .auto
            options.segment.speckleArea = 2
            options.setLambda(400)
        case .illustration:
            options.quantize.mode = .color
            options.quantize.colorDistance = 3
            options.segment.speckleArea = 4
        case .lineart:
            options.quantize.mode = .auto
            options.quantize.colorDistance = 8
            options.segment.speckleArea = 6
        case .photo:
            options.quantize.mode = .color
            options.quantize.colorDistance = 2
            options.setLambda(400)
        case .scan:
            options.quantize.mode = .bw
            options.quantize.bilevel.threshold = .sauvola
            options.segment.speckleArea = 8
        case .pixel: options.quantize.mode = .pixel
        case .bw:
            options.quantize.mode = .bw
            options.quantize.bilevel.threshold = .otsu
            options.segment.speckleArea = 2
        case .poster:
            options.quantize.mode = .color
            options.quantize.colors = 8
            options.segment.speckleArea = 16
            options.setLambda(2400)
        }
    }
}

extension TraceOptions {
    /// Sets the price of a byte for regions and curves alike.
    public mutating func setLambda(_ lambda: Double) { (segment.lambda, fit.lambda) = (lambda, lambda) }

    /// The price of a byte for a quality from 0 to 100: 600 at 60, half of it every six steps up, 5.9 at 100 and 614 400 at 0.
    public static func lambda(quality: Int) -> Double {
        // Powers of the sixth root of two.
        let steps = [
            1, 1.122_462_048_309_373, 1.259_921_049_894_873_2, 1.414_213_562_373_095_1, 1.587_401_051_968_199_4, 1.781_797_436_280_678_5,
        ]
        let distance = 60 - min(100, max(0, quality)) + 60
        var lambda = 600.0 / 1024 * steps[distance % 6]
        for _ in 0..<distance / 6 { lambda *= 2 }
        return lambda
    }
}

#if !hasFeature(Embedded)
    extension TracePreset: Codable {}
#endif
