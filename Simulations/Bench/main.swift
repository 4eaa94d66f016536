import Foundation
import Replica
import Workload

if CommandLine.arguments.count > 2 {
    let folder = try ScratchFolder("check", in: .memory)
    defer { folder.remove() }
    var conflicts = 0
    for seed in 0..<UInt64(CommandLine.arguments[2])! { conflicts += try TemporaryCheck.run(seed, folder).1 }
    print("ok", conflicts)
    exit(0)
}
let workload = PatientWorkload()
if CommandLine.arguments.count > 1 {
    let folder = try ScratchFolder("bench", in: .memory)
    defer { folder.remove() }
    let a = try EngineReplica(path: folder.file("a.sqlite"), node: 1)
    if CommandLine.arguments[1] == "W3" {
        let b = try EngineReplica(path: folder.file("b.sqlite"), node: 2)
        try a.insert(workload); try a.update(workload)
        let messages = try a.export(after: 0)
        try b.apply(messages)
        for n in 0..<4 {
            let c = try EngineReplica(path: folder.file("c\(n).sqlite"), node: 3)
            try c.apply(messages)
            try c.store.close()
        }
    } else if CommandLine.arguments[1] == "W1" { for _ in 0..<1 { try a.insert(workload) } }
    else { try a.insert(workload); for _ in 0..<8 { try a.update(workload) } }
    try a.store.close(); exit(0)
}
for _ in 0..<3 {
    let folder = try ScratchFolder("bench", in: .memory)
    defer { folder.remove() }
    let plain = try PlainBaseline.run(workload, at: folder.file("plain.sqlite"))
    let a = try EngineReplica(path: folder.file("a.sqlite"), node: 1)
    let b = try EngineReplica(path: folder.file("b.sqlite"), node: 2)
    let w1 = try CPUClock.measure { try a.insert(workload) }
    let w2 = try CPUClock.measure { try a.update(workload) }
    let (messages, export) = try CPUClock.measuring { try a.export(after: 0) }
    let apply = try CPUClock.measure { try b.apply(messages) }
    print("plain", plain.insert.cpuSeconds, plain.update.cpuSeconds, plain.fileBytes)
    print("W1", w1.cpuSeconds / plain.insert.cpuSeconds, "W2", w2.cpuSeconds / plain.update.cpuSeconds)
    print("export", export.cpuSeconds, "apply", apply.cpuSeconds, "W3", (export.cpuSeconds + apply.cpuSeconds) / plain.insert.cpuSeconds)
    print("bytes", Double(messages.reduce(0) { $0 + $1.count }) / 100_000, a.sum == b.sum)
    let (chunks, snap) = try CPUClock.measuring { try a.snapshot() }
    print("snapshot", Double(chunks.reduce(0) { $0 + $1.count }) / 100_000, snap.cpuSeconds)
    let c = try EngineReplica(path: folder.file("c.sqlite"), node: 3)
    let join = try CPUClock.measure { try c.load(chunks) }
    print("join", join.cpuSeconds / plain.insert.cpuSeconds, c.sum == a.sum)
    try c.store.close()
    print("size", Double(try a.fileBytesWithoutLog()) / Double(plain.fileBytes), Double(try a.fileBytes()) / Double(plain.fileBytes))
    let (ha, hb) = (a.head, b.head)
    let edits = try CPUClock.measure {
        try a.edit(workload.editsAtA, workload)
        try b.edit(workload.editsAtB, workload)
    }
    let w4 = try CPUClock.measure {
        let (x, y) = (try a.export(after: ha), try b.export(after: hb))
        try a.apply(y)
        try b.apply(x)
    }
    print("W4", w4.cpuSeconds / plain.insert.cpuSeconds, a.sum == b.sum, "edits", edits.cpuSeconds)
    try a.store.close()
    try b.store.close()
}
