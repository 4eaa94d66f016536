import Simulator
import Testing

@Suite("Light districts, by which cost is measured")
struct LightTests {
    @Test("The same seed gives the same work, and everybody ends equal to the hub")
    func again() throws {
        func tally() throws -> LightTally {
            let district = try LightDistrict(LightDistrict.Plan(clinics: 3, days: 4))
            defer { district.close() }
            try district.run()
            return district.tally
        }
        let (a, b) = (try tally(), try tally())
        #expect(a.clinicDays == 12 && a.writes == 240 && a.exchanges == 48)
        #expect((a.requests, a.bytesUp, a.bytesDown) == (b.requests, b.bytesUp, b.bytesDown))
    }

    @Test("A machine that is replaced loads what its clinic holds")
    func scale() throws {
        let small = try Scale.measure(clinics: 3, days: 1, seed: 1)
        let large = try Scale.measure(clinics: 3, days: 4, seed: 1)
        #expect(small.join.requests > 0 && small.join.bytesDown > 1000)
        #expect(large.join.bytesDown > small.join.bytesDown)
        #expect(large.clinicDays == 12 && large.hubBytes > small.hubBytes)
        #expect(large.feedEntries >= 20, "each write has a place in its clinic's feed")
        #expect(large.logBytes > 0 && large.feedTableBytes > 0 && large.hubMicroseconds > 0)
    }
}
