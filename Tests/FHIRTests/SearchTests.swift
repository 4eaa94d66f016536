import Foundation
import Hospital
import Records
import Testing

import FHIR

@Suite("Search by name")
struct SearchTests {
    @Test(
        "Names are folded to lower case without accents, in any script",
        arguments: [
            ("Núñez-Straße", ["nunez", "strasse"]), ("O’Brien O'Brien", ["obrien", "obrien"]),
            ("ŁUKASZ Øst", ["lukasz", "ost"]), ("أحمد", ["احمد"]), ("  ", []),
            ("Nguyễn Thị", ["nguyen", "thi"]), ("Mary-Ann 2", ["mary", "ann", "2"]),
        ])
    func tokens(name: String, expected: [String]) {
        #expect(NameSearch.tokens(name) == expected)
    }

    @Test(
        "Spellings of one name sound alike",
        arguments: [
            ("Mohammed", "Muhamad"), ("Catherine", "Kathryn"), ("Stephen", "Steven"),
            ("Godínez", "Godines"), ("Philip", "Filipp"), ("Cecilia", "Sesilia"),
            ("Aisha", "Aysha"), ("Christine", "Kristin"), ("Mwangi", "Muangi"),
        ])
    func alike(a: String, b: String) {
        #expect(NameSearch.keys(a) == NameSearch.keys(b))
    }

    @Test(
        "Other names don't",
        arguments: [("Amina", "Amos"), ("Peter", "Paul"), ("Okello", "Otieno"), ("Ali", "Sami")])
    func unlike(a: String, b: String) {
        #expect(NameSearch.keys(a) != NameSearch.keys(b))
    }

    @Test("Distance counts letters, and exchanged neighbours as one")
    func distance() {
        #expect(NameSearch.distance("amina", "amina", limit: 2) == 0)
        #expect(NameSearch.distance("amina", "anima", limit: 2) == 2)
        #expect(NameSearch.distance("amina", "maina", limit: 2) == 1)
        #expect(NameSearch.distance("", "ab", limit: 2) == 2)
        #expect(NameSearch.distance("okello", "odhiambo", limit: 2) == nil)
    }

    @Test("A patient is found by names, sounds and identifiers")
    func patient() throws {
        let records = try mapped(Samples.json(Samples.patient), clinic: Samples.clinic).records
        let tokens = searchTokens(for: records)
        #expect(tokens.names == ["amina", "mary", "ann", "okello", "mina", "a"])
        #expect(tokens.family == ["okello"])
        #expect(tokens.phonetic.contains("akl"))
        #expect(
            tokens.identifiers == [
                .init(system: "urn:ids", value: "42"), .init(system: "", value: "no system"),
            ])
    }
}
