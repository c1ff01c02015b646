/// The small pictures of `Examples/art`.
enum Sample {
    static let root: String = {
        var path = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        path.removeLast(3)
        return path.joined(separator: "/")
    }()

    static func path(of name: String) -> String { "\(root)/Examples/art/\(name)" }
}
