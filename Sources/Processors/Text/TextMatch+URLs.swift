import AtelierJSON

extension TextMatch {
    /// Takes the addresses out of a text and makes a record of each, `{"url": "https://…"}`, for whoever fetches them.
    ///
    ///     let links = TextMatch.urls(["https://github.com": "Repository", "https://": "FetchRequest"])
    ///
    /// An address ends before white space, quotation marks and angle brackets, and not with a full stop or comma. One that a part ends
    /// with is held until it is known where it ends.
    ///
    /// - Parameters:
    ///   - types: The names of records by how addresses begin, letter case aside; of several beginnings the longest counts.
    ///   - output: The substream of the records.
    ///   - input: The substream whose text is looked at.
    public static func urls(
        _ types: [String: String] = ["http://": "FetchRequest", "https://": "FetchRequest"], into output: String = "",
        from input: String = ""
    ) -> TextMatch {
        let beginnings = types.keys.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
        let end = #"\s\u00A0\u200B\u2028\u2029\u3000<>"'"#
        let choices = beginnings.map { $0.unicodeScalars.map { "\\u{\(String($0.value, radix: 16))}" }.joined() }.joined(separator: "|")
        let notation = "(?i)(?:\(choices))[^\(end)]*[^\(end).,]"
        // Every character of the beginnings is written by its number, so the notation is refused only for its length.
        guard !types.isEmpty, !beginnings.contains(""), let pattern = try? TextPattern(notation) else {
            preconditionFailure("of every kind of address its beginning is needed, together in some thousand characters")
        }
        return TextMatch(
            pattern, into: output, from: input, longest: true,
            transform: { part in
                let url = part.plainText
                guard
                    let beginning = beginnings.first(where: {
                        equalIgnoringCase($0, String(decoding: url.utf8.prefix($0.utf8.count), as: UTF8.self))
                    })
                else { return nil }
                var record = part
                record.payload = .text("{\"url\": \(JSON.string(url).text)}")
                record.mimeType = MIMEType("application/json; type=\(types[beginning]!)")
                return record
            })
    }
}
