import Foundation

extension EditList {
    /// About how loud the edit is, from how loud its recordings are: exact for the whole of one recording, else an
    /// estimate that needs no decoding, for a preview. Silence counts for nothing, as in a measurement with gates (ITU-R
    /// BS.1770).
    /// - Parameter loudness: of each recording; those without one are left out.
    /// - Returns: nil where no recording of known loudness is heard.
    public func estimatedLoudness(_ loudness: (Recording.ID) -> Loudness?) -> Loudness? {
        var known: [Recording.ID: Loudness?] = [:]
        var power = 0.0
        var samples: Int64 = 0
        var highest: Double?
        for segment in segments {
            guard let source = segment.source else { continue }
            let found = known[source] ?? loudness(source)
            known[source] = .some(found)
            guard let found else { continue }
            if let peak = found.truePeakDBTP { highest = max(highest ?? -.infinity, peak + segment.gain) }
            // What is softer does not count (the absolute gate).
            guard let integrated = found.integratedLUFS, integrated + segment.gain > -70 else { continue }
            power += Double(segment.length) * pow(10, (integrated + segment.gain) / 10)
            samples += segment.length
        }
        guard samples > 0, power > 0, let highest else { return nil }
        return Loudness(
            integratedLUFS: 10 * log10(power / Double(samples)), rangeLU: nil, truePeakDBTP: highest)
    }
}
