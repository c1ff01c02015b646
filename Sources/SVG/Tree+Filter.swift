public import AtelierGeometry

extension SVG {
    /// An effect on the pixels that a group draws (Filter Effects 1): primitives, each working on the results of earlier ones; the
    /// last result is drawn instead of the group's content.
    public struct Filter: Hashable, Sendable {
        /// Where it works and draws, in the group's own coordinates; it has an area.
        public var region: Rect
        /// At least one.
        public var primitives: [Primitive]

        /// A filter from its parts.
        public init(region: Rect, primitives: [Primitive]) {
            self.region = region
            self.primitives = primitives
        }
    }
}

extension SVG.Filter {
    /// What a primitive works on.
    public enum Input: Hashable, Sendable {
        /// What the group draws.
        case source
        /// The same in black, with the alpha alone.
        case sourceAlpha
        /// What the primitive of this place made; it stands before the one that asks.
        case result(Int)
    }

    /// One step of a filter. Lengths are in the group's own coordinates.
    public struct Primitive: Hashable, Sendable {
        /// What it does.
        public var effect: Effect
        /// Where its result is kept, if that is said; else in the filter's region, or where its inputs are.
        public var region: Rect?
        /// Whether colours are mixed in linear light rather than in gamma-encoded sRGB.
        public var isLinear: Bool

        /// A primitive from its parts.
        public init(_ effect: Effect, region: Rect? = nil, isLinear: Bool = true) {
            self.effect = effect
            self.region = region
            self.isLinear = isLinear
        }
    }

    /// What is done to pixels. Names and meaning are those of Filter Effects 1, section 9, and of SVG's attributes.
    public indirect enum Effect: Hashable, Sendable {
        /// A Gaussian blur by standard deviations along the axes, not negative.
        case blur(Input, x: Double, y: Double)
        /// A displacement.
        case offset(Input, Vector)
        /// One colour with an opacity everywhere.
        case flood(SVG.Color, opacity: Double)
        /// All inputs, the first at the bottom.
        case merge([Input])
        /// The input over its own shadow.
        case dropShadow(Input, Vector, x: Double, y: Double, SVG.Color, opacity: Double)
        /// Red, green, blue and alpha, not premultiplied, times 4 rows of 5 numbers, the last a constant.
        case colorMatrix(Input, [Double])
        /// A function for each of red, green, blue and alpha.
        case componentTransfer(Input, [Transfer])
        /// Two inputs, the first over, in, out, atop or beside the second.
        case composite(Input, Input, Operator)
        /// Two inputs, the first over the second in a blend mode of CSS, such as `multiply`.
        case blend(Input, Input, mode: String)
        /// Thinner or thicker by radii along the axes.
        case morphology(Input, dilates: Bool, x: Double, y: Double)
        /// The input's region repeated.
        case tile(Input)
        /// Perlin noise.
        case turbulence(Turbulence)
        /// The first input, each point moved by what a channel (0…3 for R, G, B, A) of the second says.
        case displacement(Input, by: Input, scale: Double, xChannel: Int, yChannel: Int)
        /// Each pixel mixed from its neighbours.
        case convolution(Input, Convolution)
        /// A drawing, in the group's own coordinates; nil for none.
        case image(SVG.Node?)
        /// Light on a surface whose height is the input's alpha.
        case lighting(Input, Lighting)
    }

    /// How two inputs are put together.
    public enum Operator: Hashable, Sendable {
        /// The rules of Porter and Duff.
        case over, `in`, out, atop, xor
        /// The sum.
        case lighter
        /// k₁·a·b + k₂·a + k₃·b + k₄, premultiplied.
        case arithmetic(k1: Double, k2: Double, k3: Double, k4: Double)
    }

    /// A function from 0…1 to 0…1.
    public enum Transfer: Hashable, Sendable {
        /// The value itself.
        case identity
        /// Lines between values at equal distances.
        case table([Double])
        /// Steps at equal distances.
        case discrete([Double])
        /// slope · value + intercept.
        case linear(slope: Double, intercept: Double)
        /// amplitude · valueᵉˣᵖᵒⁿᵉⁿᵗ + offset.
        case gamma(amplitude: Double, exponent: Double, offset: Double)
    }

    /// Noise as `feTurbulence` makes it.
    public struct Turbulence: Hashable, Sendable {
        /// Frequencies along the axes, not negative.
        public var frequency: Vector
        /// Layers of noise.
        public var octaves: Int
        /// Start of the random numbers.
        public var seed: Double
        /// Whether tiles of it join without a seam.
        public var stitches: Bool
        /// Fractal noise instead of turbulence.
        public var isFractal: Bool

        /// Noise from its parts.
        public init(frequency: Vector, octaves: Int, seed: Double, stitches: Bool, isFractal: Bool) {
            self.frequency = frequency
            self.octaves = octaves
            self.seed = seed
            self.stitches = stitches
            self.isFractal = isFractal
        }
    }

    /// A kernel as `feConvolveMatrix` has it.
    public struct Convolution: Hashable, Sendable {
        /// Columns and rows.
        public var columns: Int, rows: Int
        /// `columns × rows` weights.
        public var kernel: [Double]
        /// What the sum is divided by; not 0.
        public var divisor: Double
        /// What is added.
        public var bias: Double
        /// The place in the kernel that lies on the pixel.
        public var targetX: Int, targetY: Int
        /// What lies beyond the edge: `duplicate`, `wrap` or `none`.
        public var edge: String
        /// Whether alpha stays as it is.
        public var keepsAlpha: Bool

        /// A kernel from its parts.
        public init(
            columns: Int, rows: Int, kernel: [Double], divisor: Double, bias: Double, targetX: Int, targetY: Int, edge: String,
            keepsAlpha: Bool
        ) {
            self.columns = columns
            self.rows = rows
            self.kernel = kernel
            self.divisor = divisor
            self.bias = bias
            self.targetX = targetX
            self.targetY = targetY
            self.edge = edge
            self.keepsAlpha = keepsAlpha
        }
    }

    /// Light as `feDiffuseLighting` and `feSpecularLighting` have it.
    public struct Lighting: Hashable, Sendable {
        /// Where it comes from.
        public enum Source: Hashable, Sendable {
            /// From far away, by angles in degrees.
            case distant(azimuth: Double, elevation: Double)
            /// From a point.
            case point(x: Double, y: Double, z: Double)
            /// From a point towards another, at most so many degrees from that line.
            case spot(x: Double, y: Double, z: Double, towards: [Double], exponent: Double, cone: Double?)
        }

        /// Where the light comes from.
        public var source: Source
        /// Its colour.
        public var color: SVG.Color
        /// Height of a surface of full alpha.
        public var surfaceScale: Double
        /// Share of the light that is thrown back.
        public var constant: Double
        /// Sharpness of the reflection; nil for a dull surface.
        public var exponent: Double?

        /// Light from its parts.
        public init(source: Source, color: SVG.Color, surfaceScale: Double, constant: Double, exponent: Double?) {
            self.source = source
            self.color = color
            self.surfaceScale = surfaceScale
            self.constant = constant
            self.exponent = exponent
        }
    }
}
