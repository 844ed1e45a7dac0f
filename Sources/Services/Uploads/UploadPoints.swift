import Blobs
import Core
import Synchronization

/// How far the uploads that were touched last have come, so that the next piece need not read all before it again.
///
/// Each holds an open file, so their number is bounded; whoever is forgotten is read again from disk.
final class UploadPoints: Sendable {
    private struct State {
        var points: [Upload.ID: (point: UploadPoint, turn: Int)] = [:]
        var turn = 0
    }

    private let state = Mutex(State())
    private let most: Int

    init(most: Int) {
        self.most = max(1, most)
    }

    /// Hands the point over to whoever goes on with the upload.
    func take(_ id: Upload.ID) -> UploadPoint? {
        state.withLock { $0.points.removeValue(forKey: id)?.point }
    }

    func put(_ point: UploadPoint, for id: Upload.ID) {
        state.withLock { state in
            state.turn += 1
            state.points[id] = (point, state.turn)
            guard state.points.count > most else { return }
            // The older half goes, so that making room is rare.
            let ranked = state.points.sorted { $0.value.turn > $1.value.turn }
            for (id, _) in ranked.dropFirst(most / 2) { state.points[id] = nil }
        }
    }
}
