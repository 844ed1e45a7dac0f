public import Blobs
public import Core
import NIOPosix
public import Persistence

/// Looks at what the system stands on and says what is well, what will not be for long, and what to do.
public struct StorageHealth: Sendable {
    private let folder: DataFolder
    let settings: Settings

    public init(folder: DataFolder, settings: Settings) {
        self.folder = folder
        self.settings = settings
    }

    /// One line of a health report.
    public struct Check: Sendable, Hashable, Codable {
        public enum Outcome: String, Sendable, Codable, Comparable {
            case pass
            case warn
            case fail

            public static func < (left: Outcome, right: Outcome) -> Bool { left.rank < right.rank }
            private var rank: Int { self == .pass ? 0 : self == .warn ? 1 : 2 }
        }

        public let name: String
        public let outcome: Outcome
        public let detail: String

        public init(_ name: String, _ outcome: Outcome, _ detail: String) {
            self.name = name
            self.outcome = outcome
            self.detail = detail
        }
    }

    /// Throws when the data folder cannot be written to.
    public func requireWritable() async throws {
        let folder = folder
        try await NIOThreadPool.singleton.runIfActive { try folder.probe(.temp) }
    }

    /// The checks of the data folder. Blocks shortly.
    public func checkFolder() -> [Check] {
        do {
            try folder.prepare()
        } catch {
            return [Check("data folder", .fail, "\(error). Choose another one with data.folder, or mend its rights.")]
        }
        return [
            Check("data folder", .pass, "\(folder.root) can be written to"), checkSpace(), checkUse(), checkSpeed(),
        ]
    }

    /// The checks of an open database.
    public func checkDatabase(_ database: any SQLDatabase) async -> [Check] {
        do {
            let problems = try await database.integrityProblems()
            guard problems.isEmpty else {
                return [
                    Check(
                        "database", .fail,
                        "damaged: \(problems.prefix(3).joined(separator: "; ")). Restore the newest file in backup.")
                ]
            }
            let version = try await Migrator(database).version()
            let (totals, jobs) = try await database.read { (try $0.blobs.totals(), try $0.jobs.counts()) }
            let failed = jobs[.failed] ?? 0
            return [
                Check("database", .pass, "sound, schema \(version)"),
                Check("blobs", .pass, "\(totals.count) blobs with \(totals.bytes) bytes"),
                Check(
                    "jobs", failed == 0 ? .pass : .warn,
                    "\(jobs[.waiting] ?? 0) waiting, \(jobs[.running] ?? 0) running, \(failed) failed"
                        + (failed == 0 ? "" : "; look at the failed notes and retry them")),
            ]
        } catch {
            return [Check("database", .fail, "\(error)")]
        }
    }

    private func checkSpace() -> Check {
        do {
            let free = try folder.space().free
            let needed = settings.limits.minimumFree
            // 1.2 times what the largest file needs, above what must stay free.
            let comfortable = needed + settings.limits.largestFile / 5 * 6
            if free < needed {
                return Check(
                    "free space", settings.limits.diskCheck ? .fail : .warn,
                    "\(free) bytes are free, \(needed) must be: uploads are refused. Free some space.")
            }
            if free < comfortable {
                return Check("free space", .warn, "\(free) bytes are free: the largest file might not fit")
            }
            return Check("free space", .pass, "\(free) bytes are free")
        } catch {
            return Check("free space", .fail, "\(error)")
        }
    }

    private func checkUse() -> Check {
        do {
            let (free, total) = try folder.space()
            let used = total == 0 ? 0 : Int((total - free) * 100 / total)
            let outcome: Check.Outcome = used >= 95 ? .fail : used >= 85 ? .warn : .pass
            return Check(
                "disk use", outcome, "\(used) % of the disk is used" + (outcome == .pass ? "" : "; free some space"))
        } catch {
            return Check("disk use", .fail, "\(error)")
        }
    }

    /// Writes, syncs and removes a small file: below a tenth of a second is what uploads count on.
    private func checkSpeed() -> Check {
        let clock = ContinuousClock()
        do {
            let time = try clock.measure { try folder.probe(.temp) }
            let milliseconds = time.wholeMilliseconds
            return Check(
                "disk speed", milliseconds > 500 ? .warn : .pass, "a synced write takes \(milliseconds) ms")
        } catch {
            return Check("disk speed", .fail, "\(error)")
        }
    }
}
