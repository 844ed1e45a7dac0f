import Foundation
import Testing

@testable import voicenote

/// Files that appear as a whole or not at all, and never in place of a recording.
@Suite struct PendingFileTests {
    /// A folder of one test with a recording in it.
    private final class Folder {
        let path = NSTemporaryDirectory() + "voicenote-pending-" + UUID().uuidString
        var source: String { path + "/source.wav" }

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try "sound".write(toFile: source, atomically: true, encoding: .utf8)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

        func text(_ name: String) throws -> String {
            try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
        }
    }

    @Test("a file gets its name when it is complete")
    func commit() throws {
        let folder = try Folder()
        let file = try PendingFile(folder.path + "/out.txt", replacing: false, sources: [folder.source])
        try file.write("list")
        #expect(try !folder.names().contains("out.txt"))
        try file.commit()
        #expect(try folder.names() == ["out.txt", "source.wav"])
        #expect(try folder.text("out.txt") == "list")
    }

    @Test("what is given up leaves nothing")
    func discard() throws {
        let folder = try Folder()
        let file = try PendingFile(folder.path + "/out.txt", replacing: false, sources: [])
        try file.write("list")
        file.discard()
        #expect(try folder.names() == ["source.wav"])
    }

    @Test("an existing file stays, unless it may be replaced")
    func existing() throws {
        let folder = try Folder()
        let path = folder.path + "/out.txt"
        try "old".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: CommandFailure.self) { try PendingFile(path, replacing: false, sources: []) }
        let file = try PendingFile(path, replacing: true, sources: [folder.source])
        try file.write("new")
        #expect(try folder.text("out.txt") == "old")
        try file.commit()
        #expect(try folder.text("out.txt") == "new")
    }

    @Test("what appeared meanwhile stays")
    func late() throws {
        let folder = try Folder()
        let file = try PendingFile(folder.path + "/out.txt", replacing: false, sources: [])
        try file.write("mine")
        try "theirs".write(toFile: folder.path + "/out.txt", atomically: true, encoding: .utf8)
        #expect(throws: CommandFailure.self) { try file.commit() }
        #expect(try folder.text("out.txt") == "theirs")
        #expect(try folder.names() == ["out.txt", "source.wav"])
    }

    @Test("no name of a source is ever replaced", arguments: ["hard.wav", "soft.wav", "source.wav", "../same"])
    func sources(name: String) throws {
        let folder = try Folder()
        try FileManager.default.linkItem(atPath: folder.source, toPath: folder.path + "/hard.wav")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/soft.wav", withDestinationPath: folder.source)
        let inner = folder.path.split(separator: "/").last ?? ""
        let path = folder.path + "/" + (name == "../same" ? "../\(inner)/source.wav" : name)
        let error = #expect(throws: CommandFailure.self) {
            try PendingFile(path, replacing: true, sources: [folder.source])
        }
        #expect(error?.description.contains("never overwritten") == true)
        #expect(try folder.text("source.wav") == "sound")
    }

    @Test("folders, devices and places that are not there are refused")
    func impossible() throws {
        let folder = try Folder()
        for path in [folder.path, "/dev/null", folder.path + "/none/out.txt", folder.path + "/"] {
            #expect(throws: CommandFailure.self) { try PendingFile(path, replacing: true, sources: []) }
        }
    }
}
