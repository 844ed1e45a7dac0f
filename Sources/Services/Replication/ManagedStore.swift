public import Blobs
public import Core
import Foundation
public import Persistence
import Synchronization

/// A store with what is known of it: whether it may be used, what it was used for, and that it is still the same one.
public final class ManagedStore: Sendable {
    public let store: any Store
    public let settings: Settings.Store
    public let gate = StoreGate()
    /// Transfers go one after the other where there are more than the settings allow at a time.
    let transfers: Turns
    private let meter: StoreMeter
    private let database: any SQLDatabase
    private let totals = Mutex(Totals())

    private struct Totals {
        var month = ""
        var usage = StoreUsage()
        var markerCheckedAt: Timestamp?
    }

    /// How long the marker is believed.
    private static let markerLife = Duration.seconds(60)
    /// From this share of a budget on, a warning is shown.
    private static let warningShare = 0.8

    public init(_ store: any Store, _ settings: Settings.Store, meter: StoreMeter, database: any SQLDatabase) {
        self.store = store
        self.settings = settings
        self.meter = meter
        self.database = database
        transfers = Turns(settings.transfers)
    }

    public var name: String { store.name }

    /// Runs the body with the store, if it may be used, and remembers how it went.
    func use<Value: Sendable>(_ body: @Sendable (any Store) async throws -> Value) async throws -> Value {
        try await requireBudget()
        try await requireMarker()
        do {
            let value = try await body(store)
            gate.succeeded()
            return value
        } catch let error as StoreError {
            gate.failed(error)
            throw error
        }
    }

    private func requireBudget() async throws {
        guard let reason = problem(with: usage) else { return }
        if case .overBudget = gate.condition {} else { try await recordUsage() }
        gate.setOverBudget(reason)
        throw StoreError(.overBudget, reason)
    }

    /// Which limit the use has reached; nil when there is more to use.
    private func problem(with usage: StoreUsage) -> String? {
        guard settings.requests > 0, usage.requests >= Int64(settings.requests) else { return nil }
        return
            "\(name) was asked \(usage.requests) times this month; the limit of \(settings.requests) is used up."
    }

    /// Throws unless the store carries the id that it was given when it was first used. A store that lost it (an unmounted
    /// disk, an emptied bucket) is used for nothing, and nothing is believed of what it does not have.
    func requireMarker() async throws {
        let now = Timestamp.now()
        // What may be unmounted at any moment is looked at each time.
        if settings.kind != .folder, let checked = totals.withLock({ $0.markerCheckedAt }),
            checked + Self.markerLife > now
        {
            return
        }
        let found: String?
        do {
            found = try await store.marker()
            try await compare(found)
        } catch let error as StoreError {
            gate.failed(error)
            throw error
        }
        gate.setVanished(nil)
        totals.withLock { $0.markerCheckedAt = now }
    }

    /// The names under which the database keeps the marker of a store, and that it was written.
    static func markerFacts(_ name: String) -> [String] { ["store.\(name).id", "store.\(name).marked"] }

    private func compare(_ found: String?) async throws {
        let facts = Self.markerFacts(name)
        let (fact, markedFact) = (facts[0], facts[1])
        if let found, !settings.adopt, try await database.read({ try $0.facts.value(fact) }) == nil {
            // Two that share a place would delete each other's recordings.
            throw StoreError(
                .vanished,
                "\(name) is the store of another installation: it carries a marker (\(found.prefix(40))) already. Give this "
                    + "one a place of its own; if it is the same one, restored, set stores.\(name).adopt to true.")
        }
        // Several may come first at once: the database decides whose id it is.
        let candidate = found ?? Identifier<ManagedStore>().description
        let (id, isMarked) = try await database.write { connection in
            (try connection.facts.keep(fact, candidate), try connection.facts.value(markedFact) != nil)
        }
        if found == id {
            if !isMarked { try await database.write { try $0.facts.set(markedFact, to: "1") } }
        } else if found == nil, !isMarked {
            try await store.setMarker(id)
            try await database.write { try $0.facts.set(markedFact, to: "1") }
        } else {
            throw StoreError(
                .vanished,
                found == nil
                    ? "\(name) has lost its marker: it was emptied, or another disk or bucket is in its place."
                    : "\(name) is another store than it was: its marker is not the one that was written.")
        }
    }

    /// Takes up what an earlier process knew: that a person holds it back, and what it was used for.
    public func load() async throws {
        let isPaused = try await database.read { [name] in try $0.facts.value(StorageControl.pauseFact(name)) } == "1"
        gate.setPaused(isPaused)
        try await recordUsage()
    }

    /// Takes an error at its word: for whoever asks once only.
    public func note(_ error: StoreError) { gate.close(error) }

    /// Asks again whether it is the same store, and tries it at once.
    public func check() async throws {
        totals.withLock { $0.markerCheckedAt = nil }
        gate.reset()
        try await requireMarker()
    }

    // Use and budget

    /// The month that a time is in, in UTC.
    static func month(_ time: Timestamp) -> String { String(time.description.prefix(7)) }

    /// Writes down what was counted, and closes the way where a limit is used up.
    func recordUsage() async throws {
        let month = Self.month(.now())
        let news = meter.take()
        let usage = try await database.write(.relaxed) { [name] connection in
            if news != StoreUsage() { try connection.usage.add(news, to: name, month: month) }
            return try connection.usage.find(name, month: month)
        }
        totals.withLock { ($0.month, $0.usage) = (month, usage) }
        gate.setOverBudget(problem(with: usage))
    }

    /// This month's use so far.
    public var usage: StoreUsage {
        let pending = meter.pending
        return totals.withLock { totals in
            totals.month == Self.month(.now()) ? totals.usage + pending : pending
        }
    }

    /// Whether so many bytes may still be downloaded this month.
    func mayDownload(_ bytes: Int64) -> Bool {
        settings.egress == 0 || usage.egress + bytes <= settings.egress
    }

    /// Whether a limit is nearly used up, or all.
    public var isNearBudget: Bool {
        let usage = usage
        let egress = settings.egress > 0 ? Double(usage.egress) / Double(settings.egress) : 0
        let requests = settings.requests > 0 ? Double(usage.requests) / Double(settings.requests) : 0
        return max(egress, requests) >= Self.warningShare
    }
}

/// The configured stores.
public struct StorePool: Sendable {
    private let stores: [String: ManagedStore]

    public init(_ stores: [ManagedStore] = []) {
        self.stores = Dictionary(uniqueKeysWithValues: stores.map { ($0.name, $0) })
    }

    public subscript(name: String) -> ManagedStore? { stores[name] }

    public var all: [ManagedStore] { stores.values.sorted { $0.name < $1.name } }
    public var isEmpty: Bool { stores.isEmpty }
}
