import Testing

@testable import AtelierTelemetry

@Suite("Latency histogram")
struct LatencyHistogramTests {
    @Test("A quantile is never too low and at most 6.25 % too high", arguments: [0, 1, 15, 16, 17, 31, 32, 1000, 123_456_789, UInt64.max])
    func precision(value: UInt64) {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: value)
        histogram.record(nanoseconds: .max)
        let found = histogram.quantile(0.5)
        #expect(found >= value)
        #expect(Double(found) <= Double(value) * 1.0625)
    }

    @Test("Quantiles of 1…1000 µs are where they belong")
    func quantiles() {
        var histogram = LatencyHistogram()
        for microseconds in 1...1000 { histogram.record(nanoseconds: UInt64(microseconds) * 1000) }
        #expect((500_000...532_000).contains(histogram.quantile(0.5)))
        #expect((990_000...1_000_000).contains(histogram.quantile(0.99)))
        #expect(histogram.quantile(1) == 1_000_000)
        #expect(histogram.quantile(0) >= 1000 && histogram.quantile(0) < 1063)
        #expect(histogram.count == 1000)
        #expect(histogram.total == 500_500_000)
    }

    @Test("Adding histograms is as recording everything in one; sums stop at the largest number")
    func adding() {
        var one = LatencyHistogram(), other = LatencyHistogram(), both = LatencyHistogram()
        for value: UInt64 in [3, 500, 70_000] {
            one.record(nanoseconds: value)
            both.record(nanoseconds: value)
        }
        for value: UInt64 in [9, .max] {
            other.record(nanoseconds: value)
            both.record(nanoseconds: value)
        }
        one.add(other)
        #expect(one == both)
        #expect(one.total == .max)
    }

    @Test("An empty histogram answers 0")
    func empty() {
        #expect(LatencyHistogram().quantile(0.99) == 0)
    }

    @Test("What was counted since an earlier state is what was recorded after it")
    func difference() {
        var histogram = LatencyHistogram(), later = LatencyHistogram()
        for value: UInt64 in [3, 500, 70_000] { histogram.record(nanoseconds: value) }
        let earlier = histogram
        for value: UInt64 in [500, 90_000] {
            histogram.record(nanoseconds: value)
            later.record(nanoseconds: value)
        }
        let difference = histogram.since(earlier)
        #expect(difference == later)
        #expect(histogram.since(LatencyHistogram()) == histogram)
        #expect(histogram.since(histogram) == LatencyHistogram())
    }

    @Test("A histogram is its occupied buckets, total and longest; buckets there are not are refused")
    func occupied() {
        var histogram = LatencyHistogram()
        for value: UInt64 in [0, 17, 17, .max] { histogram.record(nanoseconds: value) }
        let occupied = histogram.occupied
        #expect(occupied.map(\.count) == [1, 2, 1])
        #expect(LatencyHistogram(occupied: occupied, total: histogram.total, longest: histogram.longest) == histogram)
        #expect(LatencyHistogram(occupied: [(bucket: 976, count: 1)], total: 0, longest: 0) == nil)
        #expect(LatencyHistogram(occupied: [], total: 0, longest: 0) == LatencyHistogram())
        #expect(histogram.count(upTo: 16) == 1 && histogram.count(upTo: 17) == 3 && histogram.count(upTo: .max) == 4)
    }
}
