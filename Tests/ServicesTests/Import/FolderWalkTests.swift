import Blobs
import Core
import Foundation
import Glibc
import Testing

@testable import Services

/// What lies in folders.
@Suite struct FolderWalkTests {
    private let root = NSTemporaryDirectory() + "voicenote-walk-" + UUID().uuidString

    private func walk(_ body: () throws -> Void) throws -> FolderWalk {
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try body()
        return FolderWalk(root, endings: ["wav"], excluding: "\(root)/own")
    }

    private func file(_ name: String) throws {
        let path = "\(root)/\(name)"
        let parent = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: path))
    }

    @Test("links in circles, pipes, hidden names and the own data folder are passed over")
    func strange() throws {
        let walk = try walk {
            try file("b/two.WAV")
            try file("one.wav")
            try file("own/blob.wav")
            try file(".trash/three.wav")
            try file("notes.txt")
            try FileManager.default.createSymbolicLink(atPath: "\(root)/b/loop", withDestinationPath: root)
            try FileManager.default.createSymbolicLink(atPath: "\(root)/link.wav", withDestinationPath: "/etc/passwd")
            #expect(mkfifo("\(root)/pipe.wav", 0o600) == 0)
        }
        #expect(walk.files == ["b/two.WAV", "one.wav"])
        #expect(Set(walk.findings.map(\.name)) == ["b/loop", "link.wav"])
        #expect(walk.findings.allSatisfy { $0.weight == .remark })
        #expect(walk.others == 2, "the text and the pipe")
    }

    @Test("a name that is no UTF-8 is told of, and one with line breaks is no line of its own")
    func names() throws {
        let walk = try walk {
            try file("a\r\nb.wav")
            let bytes: [CChar] = Array("\(root)/".utf8).map(CChar.init(bitPattern:)) + [-1, -2, 46, 119, 97, 118, 0]
            let descriptor = open(bytes, O_WRONLY | O_CREAT, 0o600)
            #expect(descriptor >= 0)
            close(descriptor)
        }
        #expect(walk.files == ["a\r\nb.wav"])
        #expect(walk.findings.count == 1 && walk.findings[0].weight == .problem)
        #expect(ImportFinding(.remark, walk.files[0], "").name == "a\\r\\nb.wav")
    }

    @Test("folders that go down without end come to one")
    func deep() throws {
        let walk = try walk { try file(String(repeating: "d/", count: 120) + "deep.wav") }
        #expect(walk.files.isEmpty)
        #expect(walk.findings.count == 1 && walk.findings[0].weight == .problem)
    }

    @Test("a path says by what is there which source is meant")
    func sources() throws {
        let walked = try walk {
            try file("data/db/x")
            try file("music/one.wav")
            try file("memo.wav")
            let sources = ImportSources(folder: try DataFolder(path: "\(root)/data"), endings: ["wav"])
            let folder = try sources.source(at: "\(root)/music/../music", files: nil)
            #expect(folder.identity == "folder:\(root)/music")
            for name in ["memo.wav", "nothing", "data", "data/db"] {
                #expect(throws: InvalidValue.self) { try sources.source(at: "\(root)/\(name)", files: nil) }
            }
            #expect(throws: InvalidValue.self) { try sources.source(at: "\(root)/music", files: root) }
            try Data("SQLite format 3\0".utf8).write(to: URL(fileURLWithPath: "\(root)/app.db"))
            #expect(try sources.source(at: "\(root)/app.db", files: nil).identity == "old-recorder:\(root)/app.db")
        }
        #expect(walked.files.contains("music/one.wav"))
    }
}
