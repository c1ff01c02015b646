import AtelierGeometry
import AtelierPixels

/// A `fill` or `stroke` as computed for an element; references are looked up where they are used.
enum PaintValue {
    case none
    case color(ColorWithAlpha)
    case currentColor
    /// A paint server by id, and what to use when it cannot be.
    case reference(id: SVG.Document.TextRange, fallback: Fallback)
    /// `context-fill`, `context-stroke`.
    case contextFill, contextStroke

    enum Fallback {
        case missing
        case none
        case color(ColorWithAlpha)
        case currentColor
    }
}

/// The computed values of the inherited properties.
struct Style {
    /// The set of custom properties, 0 for none.
    var customProperties = 0
    var color = ColorWithAlpha.black
    var fontSize = 16.0
    var text = TextStyle()
    var isVisible = true
    var fill = PaintValue.color(.black)
    var fillOpacity = 1.0
    var fillRule = FillRule.nonzero, clipRule = FillRule.nonzero
    var stroke = PaintValue.none
    var strokeOpacity = 1.0
    var strokeWidth = Length(value: 1)
    var cap = SVG.Stroke.Cap.butt
    var join = SVG.Stroke.Join.miter
    var miterLimit = 4.0
    var dashes: [Length] = []
    var dashOffset = Length(value: 0)
    /// What `marker-start`, `-mid` and `-end` refer to; nil for `none`.
    var markers: (start: SVG.Document.TextRange?, mid: SVG.Document.TextRange?, end: SVG.Document.TextRange?)
    /// When markers are drawn.
    var markerOrder = MarkerOrder.last
    /// Whether the fill is painted over the stroke.
    var isStrokeFirst = false
    /// Whether luminance of masks is measured in linear light.
    var isLinearLight = false
}

/// The values of the properties that are not inherited and matter for every element.
struct OwnStyle {
    var opacity = 1.0
    var isDisplayed = true
    var transform = AffineTransform.identity
    /// A transform that refers to the box of what the element draws; `transform` is the identity then.
    var boxTransform: BoxTransform?
    var isNonScalingStroke = false
    /// Whether content beyond a viewport's edges stays visible.
    var overflows = false
}

/// The properties that together make an element's transform, as they are written (CSS Transforms 2, 6 and 7).
struct WrittenTransform {
    var transform: SVG.Document.TextRange?, translate: SVG.Document.TextRange?
    var rotate: SVG.Document.TextRange?, scale: SVG.Document.TextRange?

    var isEmpty: Bool { transform == nil && translate == nil && rotate == nil && scale == nil }
}

/// A transform whose `transform-box` is the box of what the element draws.
struct BoxTransform {
    var transform: WrittenTransform
    var origin: SVG.Document.TextRange?
    /// Whether the box holds the stroke as well.
    var includesStroke: Bool
}

/// What is done to an element as a whole once it is drawn: values of properties that are not inherited.
struct Effects {
    /// `clip-path` and `mask`, when they refer to something.
    var clip: SVG.Document.TextRange?, mask: SVG.Document.TextRange?
    var blend = SVG.BlendMode.normal
    var isIsolated = false

    var isEmpty: Bool { clip == nil && mask == nil && blend == .normal && !isIsolated }
}
