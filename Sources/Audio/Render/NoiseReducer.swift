import CLibAVFilter
import Glibc

/// Takes noise out of interleaved samples, by libavfilter's `afftdn`: spectral subtraction below a noise floor, which
/// is measured on the way. Used from one thread.
///
/// What comes out is `delay` samples late; zeros that are pushed behind the end bring out the rest.
final class NoiseReducer {
    /// What the highest strength takes out at most, in dB. More makes speech sound like water.
    private static let highestDecibels = 24.0

    /// How many samples later something comes out than it went in.
    let delay: Int
    private let denoiser: OpaquePointer
    private var floor: NoiseFloor

    /// Loads the library, which has to happen before the sandbox closes; answers whether there is one.
    static func load() -> Bool {
        vn_denoiser_load() == 0
    }

    /// - Parameter strength: more than 0, up to 1.
    /// - Throws: `unsupportedOutput` where libavfilter is not installed.
    init(rate: Int32, channels: Int, strength: Double) throws(MediaError) {
        floor = NoiseFloor(rate: Int(rate), channels: channels)
        delay = try Self.measureDelay(rate: rate)
        denoiser = try Self.make(rate, channels, decibels: max(0.01, min(1, strength) * Self.highestDecibels))
    }

    deinit {
        vn_denoiser_free(denoiser)
    }

    /// Takes samples; `count` is of one channel.
    func push(_ samples: UnsafePointer<Double>, count: Int) throws(MediaError) {
        floor.add(samples, count: count)
        if let level = floor.level { try Self.check(vn_denoiser_set_floor(denoiser, level)) }
        try Self.check(vn_denoiser_push(denoiser, samples, Int32(clamping: count)))
    }

    /// Gives at most `room` samples of each channel, and answers how many; 0 where there are none yet.
    func pull(into samples: UnsafeMutablePointer<Double>, room: Int) throws(MediaError) -> Int {
        Int(try Self.check(vn_denoiser_pull(denoiser, samples, Int32(clamping: room))))
    }

    /// The delay is nowhere stated and differs between versions. A click shows it, with next to nothing taken out.
    private static func measureDelay(rate: Int32) throws(MediaError) -> Int {
        let denoiser = try make(rate, 1, decibels: 0.01)
        defer { vn_denoiser_free(denoiser) }
        // The window has three eightieths of a second.
        let count = Int(rate) / 4
        let click = count / 4
        var samples = [Double](repeating: 0, count: count)
        samples[click] = 0.5
        try check(vn_denoiser_push(denoiser, samples, Int32(count)))
        var highest = (value: 0.0, position: click)
        var position = 0
        while true {
            let pulled = Int(try check(vn_denoiser_pull(denoiser, &samples, Int32(count))))
            guard pulled > 0 else { break }
            for index in 0..<pulled where abs(samples[index]) > highest.value {
                highest = (abs(samples[index]), position + index)
            }
            position += pulled
        }
        return max(0, highest.position - click)
    }

    private static func make(_ rate: Int32, _ channels: Int, decibels: Double) throws(MediaError) -> OpaquePointer {
        var error: Int32 = 0
        if let denoiser = vn_denoiser_make(rate, Int32(channels), decibels, &error) { return denoiser }
        if error == -ENOMEM { throw .outOfMemory }
        guard error == -ENOENT || error == -ENOSYS else { throw .internalFailure(stage: "noise reduction") }
        throw .unsupportedOutput(
            reason: "Noise reduction needs the library libavfilter, which is missing here. Turn it off in the edit.")
    }

    @discardableResult
    private static func check(_ result: Int32) throws(MediaError) -> Int32 {
        if result == -ENOMEM { throw .outOfMemory }
        guard result >= 0 else { throw .internalFailure(stage: "noise reduction") }
        return result
    }
}
