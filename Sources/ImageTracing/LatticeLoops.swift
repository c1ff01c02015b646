import AtelierGeometry
import AtelierPixels

/// What happens where ink and paper meet crosswise at one corner of four pixels.
public enum TurnPolicy: String, Hashable, Sendable, CaseIterable {
    /// The ink is joined.
    case black
    /// The paper is joined.
    case white
    /// The colour that is rarer around the corner is joined, so that thin lines hold together.
    case minority
    /// The colour that is more frequent around the corner is joined.
    case majority
}

/// The boundaries of the ink in a two-level picture, as closed ways along the edges of its pixels.
///
/// The picture is not divided into connected areas: region 0 is all paper, region 1 all ink, and each way has ink on its left.
/// What lies beyond the frame is paper. Only the corners of a way are stored. Ways around at most `speckleArea` pixels, of either
/// colour, are left out, and with them what lies inside.
///
/// - Complexity: O(pixels + boundary length).
func bilevelSegmentation(_ picture: QuantizedImage, speckleArea: Int, turns: TurnPolicy) -> Segmentation {
    let labels = picture.indices.map(Int32.init)
    // All ink is no speck, however small the picture.
    let limit = picture.indices.contains(0) ? speckleArea : 0
    let ways = latticeWays(labels, width: picture.width, height: picture.height, except: 0, ignoring: limit, turns: turns)
    let inkArea = ways.reduce(0) { $0 + $1.area }
    return Segmentation(
        ways, kind: .lattice, width: picture.width, height: picture.height, paints: picture.palette,
        areas: [labels.count - inkArea, inkArea], labels: labels)
}

/// All pixels of each colour as one region, with the closed ways around it; a colour under full transparency does not count.
///
/// - Complexity: O(pixels + boundary length).
func pixelSegmentation(_ image: Raster<RGBA8>) -> Segmentation {
    var numbers: [UInt32: Int32] = [:]
    var palette: [RGBA8] = [], areas: [Int] = []
    var labels = [Int32](repeating: 0, count: image.pixels.count)
    image.pixels.withUnsafeBufferPointer { pixels in
        var last: RGBA8? = nil
        var number: Int32 = 0
        for i in pixels.indices {
            let p = pixels[i]
            if p != last {
                let shown = p.a == 0 ? RGBA8(0, 0, 0, 0) : p
                let key = UInt32(shown.r) << 24 | UInt32(shown.g) << 16 | UInt32(shown.b) << 8 | UInt32(shown.a)
                if let known = numbers[key] {
                    number = known
                } else {
                    number = Int32(palette.count)
                    numbers[key] = number
                    palette.append(shown)
                    areas.append(0)
                }
                last = p
            }
            labels[i] = number
            areas[Int(number)] += 1
        }
    }
    let ways = latticeWays(labels, width: image.width, height: image.height, except: -1, ignoring: 0, turns: .black)
    return Segmentation(
        ways, kind: .pixels, width: image.width, height: image.height, paints: palette, areas: areas, labels: labels)
}

/// A closed way around pixels of one label.
private struct LatticeWay {
    var label: Int32
    /// Pixels inside; negative around a hole.
    var area: Int
    var corners: [Point]
}

/// The ways around all pixels of each label, which lies on their left, in the order in which a scan meets their upper edges.
///
/// - Parameters:
///   - except: A label that gets none.
///   - limit: Ways around at most this many pixels are left out.
///   - turns: What happens where two pixels of a label touch at a corner only. `black` is the label.
private func latticeWays(
    _ labels: [Int32], width: Int, height: Int, except: Int32, ignoring limit: Int, turns: TurnPolicy
) -> [LatticeWay] {
    var ways: [LatticeWay] = []
    var isWalked = [Bool](repeating: false, count: labels.count)  // The upper edge of a pixel.
    labels.withUnsafeBufferPointer { labels in
        isWalked.withUnsafeMutableBufferPointer { isWalked in
            func label(_ x: Int, _ y: Int) -> Int32 {
                x >= 0 && y >= 0 && x < width && y < height ? labels[y * width + x] : Segmentation.outside
            }

            /// Whether a label outnumbers the others in the smallest of three rings around a corner where they are not equal.
            func prevails(_ own: Int32, _ x: Int, _ y: Int) -> Bool {
                for reach in 2..<5 {
                    var difference = 0
                    for a in 1 - reach..<reach {
                        difference += label(x + a, y + reach - 1) == own ? 1 : -1
                        difference += label(x + reach - 1, y + a - 1) == own ? 1 : -1
                        difference += label(x + a - 1, y - reach) == own ? 1 : -1
                        difference += label(x - reach, y + a) == own ? 1 : -1
                    }
                    if difference != 0 { return difference > 0 }
                }
                return false
            }
            func joins(_ own: Int32, _ x: Int, _ y: Int) -> Bool {
                switch turns {
                case .black: true
                case .white: false
                case .minority: !prevails(own, x, y)
                case .majority: prevails(own, x, y)
                }
            }

            for startY in 0..<height {
                for startX in 0..<width {
                    let i = startY * width + startX
                    let own = labels[i]
                    if own == except || isWalked[i] || (startY > 0 && labels[i - width] == own) { continue }
                    // Leftwards along the upper edge; directions are 0 right, 1 down, 2 left, 3 up.
                    var way = LatticeWay(label: own, area: 0, corners: [])
                    var (x, y, direction) = (startX + 1, startY, 2)
                    repeat {
                        switch direction {
                        case 0: x += 1
                        case 1:
                            y += 1
                            way.area -= x
                        case 2:
                            x -= 1
                            isWalked[y * width + x] = true
                        default:
                            y -= 1
                            way.area += x
                        }
                        let aheadLeft: Bool, aheadRight: Bool
                        switch direction {
                        case 0: (aheadLeft, aheadRight) = (label(x, y - 1) == own, label(x, y) == own)
                        case 1: (aheadLeft, aheadRight) = (label(x, y) == own, label(x - 1, y) == own)
                        case 2: (aheadLeft, aheadRight) = (label(x - 1, y) == own, label(x - 1, y - 1) == own)
                        default: (aheadLeft, aheadRight) = (label(x - 1, y - 1) == own, label(x, y - 1) == own)
                        }
                        let turnsRight = aheadRight && (aheadLeft || joins(own, x, y))
                        if turnsRight || !aheadLeft {
                            way.corners.append(Point(Double(x), Double(y)))
                            direction = (direction + (turnsRight ? 1 : 3)) & 3
                        }
                    } while !(x == startX + 1 && y == startY && direction == 2)
                    if abs(way.area) > limit { ways.append(way) }
                }
            }
        }
    }
    return ways
}

extension Segmentation {
    /// Regions that are all pixels of a colour each, with one closed chain a way.
    fileprivate init(
        _ ways: [LatticeWay], kind: Kind, width: Int, height: Int, paints: [RGBA8], areas: [Int], labels: [Int32]
    ) {
        self.init(
            kind: kind, width: width, height: height, noise: 0, regions: [], labels: labels, chains: [], points: [], loops: [], steps: [])
        // By label, in the order found.
        var first = [Int](repeating: 0, count: paints.count + 1)
        for way in ways { first[Int(way.label) + 1] += 1 }
        for label in paints.indices { first[label + 1] += first[label] }
        var place = first, order = [Int](repeating: 0, count: ways.count)
        for (i, way) in ways.enumerated() {
            order[place[Int(way.label)]] = i
            place[Int(way.label)] += 1
        }
        for i in order {
            loops.append(Loop(steps: chains.count..<chains.count + 1))
            steps.append(Step(chain: Int32(chains.count), isReversed: false))
            let begin = points.count
            points.append(contentsOf: ways[i].corners)
            chains.append(
                Chain(
                    left: ways[i].label, right: kind == .lattice ? 0 : Self.outside, points: begin..<points.count, step: 255, isClosed: true
                ))
        }
        for label in paints.indices {
            regions.append(Region(paint: .color(paints[label]), area: areas[label], loops: first[label]..<first[label + 1]))
        }
    }
}

#if !hasFeature(Embedded)
    extension TurnPolicy: Codable {}
#endif
