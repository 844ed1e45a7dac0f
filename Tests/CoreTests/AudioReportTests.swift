import Foundation
import Testing

@testable import Core

@Suite struct AudioReportTests {
    @Test(
        "quality rates the format",
        arguments: [
            (96_000, 24, Int64(0), 1, QualityRating.highResolution), (192_000, 32, 0, 2, .highResolution),
            (96_000, 16, 0, 2, .cd), (48_000, 24, 0, 2, .cd), (44_100, 16, 0, 2, .cd), (44_100, 8, 0, 2, .low),
            (16_000, 16, 0, 1, .low), (48_000, nil, 192_000, 2, .cd), (48_000, nil, 96_000, 1, .cd),
            (48_000, nil, 128_000, 2, .low), (96_000, nil, 1_000_000, 2, .cd), (8_000, nil, 192_000, 1, .low),
        ] as [(Int, Int?, Int64, Int, QualityRating)])
    func quality(rate: Int, depth: Int?, bitRate: Int64, channels: Int, expected: QualityRating) {
        #expect(QualityRating(sampleRate: rate, bitDepth: depth, bitRate: bitRate, channels: channels) == expected)
    }

    @Test("no infinity and no NaN reaches JSON", arguments: [Double.infinity, -.infinity, .nan])
    func finite(value: Double) throws {
        let loudness = Loudness(integratedLUFS: value, rangeLU: value, truePeakDBTP: value)
        #expect(loudness == Loudness(integratedLUFS: nil, rangeLU: nil, truePeakDBTP: nil))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(
            String(decoding: try encoder.encode(loudness), as: UTF8.self)
                == "{\"integratedLUFS\":null,\"rangeLU\":null,\"truePeakDBTP\":null}")
    }

    @Test("a report survives JSON, with the API's names")
    func codable() throws {
        let report = AudioReport(
            container: "wav", codec: "pcm_s16le", mimeType: "audio/wav", durationMs: 10_000, totalSamples: 480_000,
            channels: 1, sampleRate: 48_000, bitDepth: 16, bitRate: 768_000, quality: .highResolution,
            loudness: Loudness(integratedLUFS: -21.3, rangeLU: 4.2, truePeakDBTP: -3.1),
            silence: SilenceMap(items: [.init(startMs: 0, endMs: 700)]), warnings: [.truncated], listenBytes: 31_000)
        let data = try JSONEncoder().encode(report)
        #expect(try JSONDecoder().decode(AudioReport.self, from: data) == report)
        #expect(report.isTruncated)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains("\"quality\":\"high_resolution\""))
        #expect(text.contains("\"items\":[{"))
    }

    @Test("a full silence map fits a worker's frame")
    func fullMap() throws {
        let item = SilenceMap.Item(startMs: 86_399_000, endMs: 86_399_999)
        let map = SilenceMap(items: Array(repeating: item, count: SilenceMap.maximumItems))
        #expect(try JSONEncoder().encode(map).count < 2 << 20)
    }
}
