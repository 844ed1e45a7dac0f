import Dispatch
import Synchronization

/// The result of work on another thread, which a thread that may block waits for, once.
final class BlockingResult<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let isSet = DispatchSemaphore(value: 0)

    func set(_ value: Value) {
        self.value.withLock { $0 = value }
        isSet.signal()
    }

    func wait() -> Value {
        isSet.wait()
        guard let value = value.withLock({ $0 }) else { preconditionFailure("the signal follows the value") }
        return value
    }
}
