import Testing

@testable import AtelierScheduling

@Suite("Byte budget")
struct ByteBudgetTests {
    @Test("Work is admitted while footprints and pinned values fit")
    func fits() {
        var budget = ByteBudget(limit: 100)
        budget.begin(40)
        budget.pin(30)
        #expect(budget.admits(30))
        #expect(!budget.admits(31))
        budget.unpin(30)
        #expect(budget.admits(60))
    }

    @Test("When nothing runs anything is admitted, and more than the limit is an overdraft")
    func alone() {
        var budget = ByteBudget(limit: 100)
        budget.pin(90)
        #expect(budget.admits(1000))
        budget.begin(1000)
        #expect(budget.overdrafts == 1)
        #expect(!budget.admits(0))
        budget.end(1000)
        budget.begin(10)
        #expect(budget.overdrafts == 1)
        #expect(budget.peak == 1090)
    }
}
