import Foundation
import TestSupport
import Testing

@testable import Audio

@Suite("Samples become integers by rounding to the nearest, ties to even, clamped")
struct QuantizerTests {
    static let edges: [Double] = [
        0, -0.0, 1, -1, 2, -2, 1e300, -1e300, .infinity, -.infinity, 0.5 / 32_768, 1.5 / 32_768, 2.5 / 32_768,
        -0.5 / 32_768, -1.5 / 32_768, 32_766.5 / 32_768, 32_767.5 / 32_768, -32_768.5 / 32_768, 1e-30,
    ]

    private func values(_ scale: Double) -> [Double] {
        var generator = SeededGenerator(seed: 3)
        var values = Self.edges
        for _ in 0..<2_000 { values.append(Double.random(in: -1.1...1.1, using: &generator)) }
        // Many of these lie in the middle between two integers.
        for _ in 0..<500 { values.append(Double(Int.random(in: -40_000...40_000, using: &generator)) / 2 / scale) }
        return values
    }

    private func expected(_ values: [Double], _ scale: Double) -> [Int] {
        values.map { Int(max(-scale, min(scale - 1, ($0 * scale).rounded(.toNearestOrEven)))) }
    }

    @Test func int16() {
        let values = values(32_768)
        var made = [Int16](repeating: 7, count: values.count)
        Quantizer.toInt16(values, count: values.count, into: &made)
        #expect(made.map { Int($0) } == expected(values, 32_768))
    }

    @Test func int24() {
        let values = values(8_388_608)
        var made = [Int32](repeating: 7, count: values.count)
        Quantizer.toInt24In32(values, count: values.count, into: &made)
        #expect(made.map { Int($0) } == expected(values, 8_388_608).map { $0 * 256 })
        var bytes = [UInt8](repeating: 7, count: values.count * 3)
        Quantizer.toInt24(values, count: values.count, into: &bytes)
        let read = (0..<values.count).map { index in
            Int(bytes[index * 3]) | Int(bytes[index * 3 + 1]) << 8 | Int(Int8(bitPattern: bytes[index * 3 + 2])) << 16
        }
        #expect(read == expected(values, 8_388_608))
    }

    @Test func int32() {
        let values = values(2_147_483_648)
        var made = [Int32](repeating: 7, count: values.count)
        Quantizer.toInt32(values, count: values.count, into: &made)
        #expect(made.map { Int($0) } == expected(values, 2_147_483_648))
    }

    @Test func floatingPoint() {
        let values = Self.edges
        var made = [Float](repeating: 7, count: values.count)
        Quantizer.toFloat(values, count: values.count, into: &made)
        #expect(made == values.map { Float($0) })
        Quantizer.toClampedFloat(values, count: values.count, into: &made)
        #expect(made == values.map { Float(max(-1, min(1, $0))) })
        var none: Float = 7
        Quantizer.toClampedFloat([Double.nan], count: 1, into: &none)
        #expect(none == 1)
    }
}
