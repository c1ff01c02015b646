import AtelierLayers
import AtelierSVG
import AtelierStages

/// What a run did as one HTML file that needs no other: figures, plots, failures, and a row with small pictures for each output.
///
/// Names and messages come from files of others, so every text is escaped, and the page forbids itself everything but its own style, its
/// one script (by its hash) and pictures inside of it.
struct ReportPage {
    private let report: Report
    private let rows: [Row]

    /// Most bytes of all pictures before they are written as text; rows beyond have none.
    private static let mostPictureBytes = 12 << 20

    init(_ report: Report) {
        self.report = report
        rows = report.outcomes.compactMap { $0.map(Row.init) }
    }

    /// Writes the page, over an older one too.
    func write(to path: String) throws {
        let bytes = Array(html.utf8)
        let outcome: Result<Delivery, DeliveryError> = bytes.withUnsafeBytes { bytes in
            do throws(DeliveryError) { return .success(try deliver(bytes, to: path, force: true)) } catch { return .failure(error) }
        }
        _ = try outcome.get()
    }

    /// What a row shows.
    private struct Row {
        let outcome: Outcome
        var made: Made? { outcome.made }
        var look: JobLook? { outcome.look }
        var ssim: Double? { made.flatMap { $0.ssim ?? look?.ssim } }
        var state: String {
            guard let made else { return "failed" }
            if made.delivery == .kept { return "kept" }
            return made.isCached ? "from the cache" : "made"
        }

        init(_ outcome: Outcome) { self.outcome = outcome }
    }

    var html: String {
        let title = "atelier \(report.verb.rawValue): \(report.summary)"
        var html = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
            <title>\(escaped(title))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <h1>atelier \(report.verb.rawValue)</h1>
            <p>\(escaped(report.summary))</p>
            <dl>\(figures.map { "<div><dt>\($0.name)</dt><dd>\(escaped($0.value))</dd></div>" }.joined())</dl>

            """
        html += failures
        let plots = plots
        if !plots.isEmpty { html += "<section class=\"plots\">\n\(plots.joined())</section>\n" }
        return html + table + "<script>\(Self.script)</script>\n</body>\n</html>\n"
    }

    /// The figures of the run as a whole.
    private var figures: [(name: String, value: String)] {
        let made = rows.compactMap(\.made), kept = made.count { $0.delivery == .kept }, found = made.count(where: \.isCached)
        var figures = [("outputs", "\(made.count)")]
        let failed = rows.count - made.count + report.problems.count
        figures.append(("failed", "\(failed)"))
        if kept > 0 { figures.append(("kept", "\(kept)")) }
        if found > 0 { figures.append(("from the cache", "\(found)")) }
        if report.outcomes.count > rows.count { figures.append(("not begun", "\(report.outcomes.count - rows.count)")) }
        figures.append(("time", shown(seconds: report.seconds)))
        figures.append(("processor time", shown(seconds: report.processorSeconds)))
        figures.append(("in", shown(bytes: rows.reduce(0) { $0 + ($1.look?.byteCount ?? 0) })))
        figures.append(("out", shown(bytes: made.reduce(0) { $0 + $1.byteCount })))
        if let ssim = rows.compactMap(\.ssim).median { figures.append(("median SSIM", decimal(ssim, 4))) }
        if let words = made.flatMap({ $0.slides.map(\.summary) }).inWords { figures.append(("elements", words)) }
        return figures
    }

    private var failures: String {
        let sentences = report.problems + rows.flatMap { $0.outcome.failures.map(\.message) }
        guard !sentences.isEmpty else { return "" }
        return "<section class=\"failures\">\n<h2>Failures</h2>\n<ul>\n"
            + sentences.map { "<li>\(escaped($0))</li>\n" }.joined() + "</ul>\n</section>\n"
    }

    private var plots: [String] {
        let times = rows.compactMap { $0.made == nil ? nil : $0.outcome.seconds }.filter { $0 > 0 }
        let sizes = rows.compactMap { row in row.made.flatMap { made in row.look.map { ($0.byteCount, made.byteCount) } } }
        let likeness = rows.compactMap(\.ssim)
        return [
            Plot(falling: times, titled: "Time of each output", shown: shown(seconds:)),
            Plot(sizes: sizes, titled: "Bytes in and out", shown: shown(bytes:)),
            Plot(rising: likeness, titled: "Likeness to the picture (SSIM)") { decimal($0, 4) },
        ].compactMap(\.self).map(\.html)
    }

    private var table: String {
        let heads = ["", "", "input", "state", "time", "bytes in", "bytes out", "SSIM", "notes"].enumerated().map { column, name in
            column < 2
                ? "<th>\(column == 0 ? "before" : "after")</th>" : "<th aria-sort=\"none\"><button type=\"button\">\(name)</button></th>"
        }
        var text = """
            <section>
            <h2>Outputs</h2>
            <input type="checkbox" id="only"><label for="only">failures only</label>
            <table>
            <thead><tr>\(heads.joined())</tr></thead>
            <tbody>

            """
        var room = Self.mostPictureBytes
        func picture(_ thumbnail: Thumbnail?, _ what: String) -> String {
            guard let thumbnail, thumbnail.bytes.count <= room else { return "<td class=\"picture\"></td>" }
            room -= thumbnail.bytes.count
            let type = thumbnail.isSVG ? "image/svg+xml" : "image/png", data = String(decoding: base64(thumbnail.bytes), as: UTF8.self)
            return
                "<td class=\"picture\"><img loading=\"lazy\" decoding=\"async\" alt=\"\(what)\" src=\"data:\(type);base64,\(data)\"></td>"
        }
        func number(_ value: Double?, _ shown: (Double) -> String) -> String {
            "<td class=\"number\" data-v=\"\(value ?? -1)\">\(value.map(shown) ?? "")</td>"
        }
        for row in rows {
            let made = row.made
            text +=
                "<tr class=\"\(made == nil ? "bad" : "good")\">" + picture(row.look?.before, "input") + picture(row.look?.after, "output")
            text += "<td class=\"text\">\(names(of: row.outcome.job))</td><td>\(row.state)</td>"
            text += number(made == nil ? nil : row.outcome.seconds) { shown(seconds: $0) }
            text += number(row.look.map { Double($0.byteCount) }) { shown(bytes: Int($0)) }
            text += number(made.map { Double($0.byteCount) }) { shown(bytes: Int($0)) }
            text += number(row.ssim) { decimal($0, 4) }
            text += "<td class=\"text\">\(notes(on: row))</td></tr>\n"
        }
        return text + "</tbody>\n</table>\n</section>\n"
    }

    private func names(of job: Job) -> String {
        let first = job.inputs.first?.shown ?? "", more = job.inputs.count > 1 ? " and \(job.inputs.count - 1) more" : ""
        let output = job.output == "-" ? "standard output" : job.output
        return "<bdi>\(escaped(first))</bdi>\(more)<br><small>→ <bdi>\(escaped(output))</bdi></small>"
    }

    private func notes(on row: Row) -> String {
        let failures = row.outcome.failures.map { escaped($0.message) }
        guard let made = row.made else { return failures.joined(separator: "<br>") }
        var notes = failures
        if let words = made.slides.map(\.summary).inWords { notes.append(escaped(words)) }
        // Each kind once, in the order of the drawing.
        var kinds: [String] = []
        for remark in made.remarks where !kinds.contains(remark.message) { kinds.append(remark.message) }
        notes += kinds.prefix(3).map(escaped)
        if kinds.count > 3 { notes.append("and \(kinds.count - 3) more kinds") }
        return notes.joined(separator: "<br>")
    }

    private static let style = """
        :root{color-scheme:light dark;--ink:#1c2733;--soft:#5b6875;--line:#d5dbe1;--paper:#fff;--bad:#b3261e;--tile:#f3f6f9}
        @media(prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#9aa7b4;--line:#38424d;--paper:#14191f;--bad:#ff8a80;--tile:#1e252d}}
        body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;color:var(--ink);background:var(--paper)}
        h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .5rem}p{margin:.3rem 0 1rem;color:var(--soft)}
        dl{display:flex;flex-wrap:wrap;gap:.6rem;margin:0}dl div{background:var(--tile);border-radius:.4rem;padding:.4rem .8rem}
        dt{font-size:.8rem;color:var(--soft)}dd{margin:0;font-size:1.1rem;font-variant-numeric:tabular-nums}
        .failures li{color:var(--bad);overflow-wrap:anywhere}.failures ul{max-height:16rem;overflow:auto}
        .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1.5rem;margin-top:1.6rem}
        figure{margin:0}figcaption{font-weight:600;margin-bottom:.4rem}figcaption small{display:block;font-weight:400;color:var(--soft)}
        .plot{position:relative;margin-left:4.5rem;padding-bottom:1.4rem}.plot svg{display:block;width:100%;height:11rem;overflow:visible}
        .plot div{position:absolute;inset:0 0 1.4rem}.plot span{position:absolute;font-size:.75rem;color:var(--soft);white-space:nowrap}
        .plot .y{right:100%;transform:translateY(-50%);padding-right:.4rem}.plot .x{top:100%;transform:translateX(-50%);padding-top:.2rem}
        table{border-collapse:collapse;width:100%;margin-top:.5rem}th,td{text-align:left;padding:.3rem .5rem;vertical-align:middle}
        td{border-top:1px solid var(--line)}.text{overflow-wrap:anywhere;min-width:14rem}.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        th{font-size:.85rem;color:var(--soft);font-weight:600;position:sticky;top:0;background:var(--paper)}
        th:nth-child(n+5):nth-child(-n+8){text-align:right}th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer}
        th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
        .picture{width:64px;padding:.2rem}.picture img{display:block;width:64px;height:64px;object-fit:contain;border-radius:.2rem;
        background:repeating-conic-gradient(#ddd 0 25%,#fff 0 50%) 0/12px 12px}
        small{color:var(--soft)}.bad td{color:var(--bad)}#only:checked~table .good{display:none}
        @media print{body{margin:0;max-width:none}#only,#only+label{display:none}.failures ul{max-height:none}tr,figure{break-inside:avoid}th{position:static}}
        """

    private static let script = """
        const body=document.querySelector('tbody');
        for(const button of document.querySelectorAll('th button'))button.onclick=()=>{
        const head=button.parentNode,column=head.cellIndex,up=head.getAttribute('aria-sort')!=='ascending';
        for(const other of head.parentNode.cells)if(other.hasAttribute('aria-sort'))other.setAttribute('aria-sort',other===head?(up?'ascending':'descending'):'none');
        const value=row=>{const cell=row.cells[column];return cell.dataset.v===undefined?cell.textContent:+cell.dataset.v};
        [...body.rows].map(row=>[value(row),row]).sort(([a],[b])=>(typeof a==='number'?a-b:a.localeCompare(b))*(up?1:-1)).forEach(([,row])=>body.append(row))};
        """

    /// What the page may do, as its own script has just this hash.
    private static let policy: String = {
        var hash = SHA256()
        let bytes = Array(script.utf8)
        hash.update(bytes.span)
        let digest = String(decoding: base64(hash.finish()), as: UTF8.self)
        return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-\(digest)'"
    }()
}

/// A text as HTML has it, also inside of quotes; control characters are written out.
func escaped(_ text: String) -> String {
    var result = ""
    for character in printable(text).unicodeScalars {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}

/// `12.3 ms`, `4.56 s`, `12 min 3 s`.
private func shown(seconds: Double) -> String {
    if seconds < 1 { return decimal(seconds * 1000, seconds < 0.1 ? 1 : 0) + " ms" }
    if seconds < 60 { return decimal(seconds, 2) + " s" }
    return "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
}

/// `812 B`, `12.3 KB`, `4.5 MB`, in powers of 1000.
private func shown(bytes: Int) -> String {
    let units = ["B", "KB", "MB", "GB"]
    var value = Double(bytes), unit = 0
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return decimal(value, unit == 0 ? 0 : 1) + " " + units[unit]
}

extension [Double] {
    /// The one in the middle; nil of none.
    var median: Double? { isEmpty ? nil : sorted()[count / 2] }
}
