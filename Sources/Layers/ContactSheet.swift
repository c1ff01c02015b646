import AtelierImageCodecs
public import AtelierPixels

extension Drawing {
    /// Items in a grid, one PNG picture: each drawn as large as it is and made smaller by averages.
    ///
    /// - Parameters:
    ///   - items: Places in the plan, at least one.
    ///   - each: A loop over threads.
    /// - Returns: A PNG file of about as many columns as rows; a cell has at most 256 pixels a side, the sheet at most 4096 where it has no more
    ///   than 256 items beside each other.
    public func contactSheet(of items: Range<Int>, each: ParallelFor = serially) -> [UInt8] {
        precondition(!items.isEmpty, "a contact sheet shows something")
        let columns = (1...items.count).first { $0 * $0 >= items.count } ?? 1
        let side = min(256, max(16, 4096 / columns))
        let longest = max(size.width, size.height)
        let width = max(1, size.width * min(side, longest) / longest), height = max(1, size.height * min(side, longest) / longest)
        let sheetWidth = width * min(columns, items.count), sheetHeight = height * ((items.count + columns - 1) / columns)
        let pixels = [RGBA8](unsafeUninitializedCapacity: sheetWidth * sheetHeight) { output, count in
            output.initialize(repeating: RGBA8(0, 0, 0, 0))
            count = output.count
            // Cells do not overlap, so threads write apart.
            nonisolated(unsafe) let sheet = output
            each(items.count) { place in
                let corner = place / columns * height * sheetWidth + place % columns * width
                drawSmall(items.lowerBound + place, width, height) { x, y, color in sheet[corner + y * sheetWidth + x] = color }
            }
        }
        return encodePNG(Raster(width: sheetWidth, height: sheetHeight, pixels: pixels))
    }

    /// Draws an item and averages what falls into each of `width` × `height` cells.
    private func drawSmall(_ item: Int, _ width: Int, _ height: Int, _ set: (_ x: Int, _ y: Int, RGBA8) -> Void) {
        let layout = layout(of: item), pixelBytes = layout.color.bytesPerPixel
        var colors: [RGBA8] = []
        if case .palette(let palette) = layout.color { colors = palette }
        let cellRows = (size.height + height - 1) / height
        let canvas = BandMemory(byteCount: layout.bytesPerRow * cellRows)
        for y in 0..<height {
            let rows = y * size.height / height..<(y + 1) * size.height / height
            draw(stack(of: item), over: backgrounds[item], rows, layout, into: canvas.pixels)
            for x in 0..<width {
                let columns = x * size.width / width..<(x + 1) * size.width / width
                var (r, g, b, a) = (0, 0, 0, 0)
                for row in 0..<rows.count {
                    var pixel = canvas.pixels + (row * size.width + columns.lowerBound) * pixelBytes
                    for _ in columns {
                        let color =
                            switch pixelBytes {
                            case 3: RGBA8(pixel[0], pixel[1], pixel[2])
                            case 4: RGBA8(pixel[0], pixel[1], pixel[2], pixel[3])
                            default: colors[Int(pixel[0])]
                            }
                        r += Int(color.r) * Int(color.a)
                        g += Int(color.g) * Int(color.a)
                        b += Int(color.b) * Int(color.a)
                        a += Int(color.a)
                        pixel += pixelBytes
                    }
                }
                guard a > 0 else { continue }
                let area = rows.count * columns.count
                func rounded(_ sum: Int, _ by: Int) -> UInt8 { UInt8((sum + by / 2) / by) }
                set(x, y, RGBA8(rounded(r, a), rounded(g, a), rounded(b, a), rounded(a, area)))
            }
        }
    }
}
