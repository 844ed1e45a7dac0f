/// A recording that an edit may take ranges from.
public struct EditSource: Sendable, Hashable {
    public let recording: Recording.ID
    /// Samples at the rate of the edit, 1 to ``EditList/maximumLength``.
    public let length: Int64

    /// A source of the given length; the list that it becomes a part of checks it.
    public init(recording: Recording.ID, length: Int64) {
        self.recording = recording
        self.length = length
    }

    /// A source of a recording that has another rate than the edit.
    /// - Throws: ``EditError`` as ``length(frames:sourceRate:sampleRate:)`` does.
    public init(
        recording: Recording.ID, frames: Int64, sourceRate: Int, sampleRate: Int
    ) throws(EditError) {
        let length = try Self.length(frames: frames, sourceRate: sourceRate, sampleRate: sampleRate)
        self.init(recording: recording, length: length)
    }

    /// How many samples a recording has once it is resampled: frames × rate ÷ source rate, rounded up.
    /// - Parameters:
    ///   - frames: samples of one channel of the recording, 0 or more.
    ///   - sourceRate: the recording's samples a second, 1 to 2147483647.
    ///   - sampleRate: the edit's samples a second, one of ``EditList/sampleRates``.
    /// - Throws: ``EditError`` for numbers outside these bounds, and for a result beyond ``EditList/maximumLength``.
    public static func length(frames: Int64, sourceRate: Int, sampleRate: Int) throws(EditError) -> Int64 {
        guard EditList.sampleRates.contains(sampleRate) else { throw EditList.wrongSampleRate }
        guard frames >= 0, (1...Int(Int32.max)).contains(sourceRate) else {
            throw EditError(.source, "The recording states an impossible length or sample rate. Process it again.")
        }
        guard let length = frames.rescaled(from: sourceRate, to: sampleRate, .up), length <= EditList.maximumLength
        else { throw EditList.tooLong }
        return length
    }
}

extension EditSource: Codable {
    /// Reads the two fields strictly.
    /// - Throws: ``EditError`` for a missing, unknown or malformed field.
    public init(from decoder: any Decoder) throws {
        let fields = try EditFields(decoder)
        try fields.allowOnly(["recording", "length"])
        self.init(recording: try fields.required("recording"), length: try fields.required("length"))
    }
}

extension Int64 {
    enum Rounding {
        case down
        case up
    }

    /// A position from 0 on at another rate; nil where it does not fit. Rates are 1 to 2147483647.
    func rescaled(from rate: Int, to other: Int, _ rounding: Rounding) -> Int64? {
        // Whole seconds and the rest apart: no product of these needs more than 64 bits unless the result does.
        let from = Int64(rate)
        let to = Int64(other)
        let (seconds, overflow) = (self / from).multipliedReportingOverflow(by: to)
        let rest = (self % from) * to
        let (sum, carry) = seconds.addingReportingOverflow((rest + (rounding == .up ? from - 1 : 0)) / from)
        return overflow || carry ? nil : sum
    }
}
