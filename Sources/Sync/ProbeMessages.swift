import Causality
import Records

/// Looks for the last frame that both sides hold alike, after a fork: hashes of some of the
/// clinic's frames, ascending.
package struct ProbeRequest: Sendable, Equatable {
    package var incarnation: Incarnation
    package var lane: Lane
    /// Sequences and the first 64 bits of the hashes there.
    package var samples: [(sequence: UInt64, hash: UInt64)]

    static let kind: UInt8 = 5
    /// The most samples in one probe: four probes tell one frame of a million from another.
    package static let width = 64

    package init(
        incarnation: Incarnation, lane: Lane, samples: [(sequence: UInt64, hash: UInt64)]
    ) {
        self.incarnation = incarnation
        self.lane = lane
        self.samples = samples
    }

    package func encoded() -> [UInt8] {
        var out = MessageWriter()
        out.plain.byte(ProbeRequest.kind)
        out.raw.fixed64(incarnation.rawValue)
        out.plain.byte(lane.rawValue)
        out.plain.varint(samples.count)
        for sample in samples {
            out.plain.varint(sample.sequence)
            out.raw.fixed64(sample.hash)
        }
        return out.sealed()
    }

    init(_ reader: inout MessageReader) throws(Malformed) {
        incarnation = Incarnation(rawValue: try reader.raw.fixed64())
        guard let lane = Lane(rawValue: try reader.plain.byte()) else { throw .invalid("lane") }
        self.lane = lane
        samples = []
        for _ in 0..<(try reader.plain.count("samples", atMost: ProbeRequest.width)) {
            let sequence = try reader.plain.varint()
            guard sequence < 1 << 62 else { throw .invalid("sequence of a sample") }
            samples.append((sequence, try reader.raw.fixed64()))
        }
    }

    package static func == (a: ProbeRequest, b: ProbeRequest) -> Bool {
        a.incarnation == b.incarnation && a.lane == b.lane
            && a.samples.elementsEqual(b.samples) { $0 == $1 }
    }
}

/// How many of the samples, from the first on, the hub holds alike.
package struct ProbeAnswer: Sendable, Equatable {
    package var alike: Int
    static let kind: UInt8 = 6

    package init(alike: Int) { self.alike = alike }

    package func encoded() -> [UInt8] {
        var out = MessageWriter()
        out.plain.byte(ProbeAnswer.kind)
        out.plain.varint(alike)
        return out.sealed()
    }

    init(_ reader: inout MessageReader) throws(Malformed) {
        let count = try reader.plain.varint()
        guard count <= UInt64(ProbeRequest.width) else { throw .invalid("number of samples") }
        alike = Int(count)
    }
}
