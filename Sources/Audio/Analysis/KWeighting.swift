import Glibc

/// The frequency weighting of ITU-R BS.1770-4 for one channel: a shelf for the head, then a high-pass. A value.
///
/// The standard tabulates its coefficients for 48 kHz. Other rates take them from the analogue filters behind that
/// table, by the bilinear transform, as libebur128 does.
struct KWeighting {
    /// A second-order section: its numerator, its denominator after the leading 1.
    private struct Section {
        let b0, b1, b2, a1, a2: Double
    }

    /// A matrix by its columns, which are multiplied by one number each and added up.
    private struct Columns {
        var first = SIMD4<Double>(), second = SIMD4<Double>(), third = SIMD4<Double>(), fourth = SIMD4<Double>()

        @inline(__always)
        func times(_ first: Double, _ second: Double, _ third: Double, _ fourth: Double) -> SIMD4<Double> {
            (self.first * SIMD4(repeating: first) + self.second * SIMD4(repeating: second))
                + (self.third * SIMD4(repeating: third) + self.fourth * SIMD4(repeating: fourth))
        }
    }

    /// What decays below this has ended. Left alone it would become so small that processors compute it slowly.
    private static let inaudible = 1e-100

    private let shelf: Section
    private let highPass: Section
    /// The delay elements of both sections.
    private var state = SIMD4<Double>()
    // Each sample waits for the one before it, several times as long as the arithmetic takes. Filters are linear:
    // four samples at once are a sum over the state before them and over themselves.
    private var outputOfState = Columns()
    private var outputOfInput = Columns()
    private var stateOfState = Columns()
    private var stateOfInput = Columns()

    init(rate: Int32) {
        let rate = Double(rate)
        let shelfTangent = tan(.pi * 1681.974450955533 / rate)
        let gain = pow(10, 3.999843853973347 / 20)
        let middleGain = pow(gain, 0.4996667741545416)
        let damping = shelfTangent / 0.7071752369554196
        let square = shelfTangent * shelfTangent
        let scale = 1 + damping + square
        shelf = Section(
            b0: (gain + middleGain * damping + square) / scale, b1: 2 * (square - gain) / scale,
            b2: (gain - middleGain * damping + square) / scale, a1: 2 * (square - 1) / scale,
            a2: (1 - damping + square) / scale)
        let passTangent = tan(.pi * 38.13547087602444 / rate)
        let passDamping = passTangent / 0.5003270373238773
        let passSquare = passTangent * passTangent
        let passScale = 1 + passDamping + passSquare
        highPass = Section(
            b0: 1, b1: -2, b2: 1, a1: 2 * (passSquare - 1) / passScale, a2: (1 - passDamping + passSquare) / passScale)
        outputOfState = columns { unit in response(to: unit, input: .zero).output }
        stateOfState = columns { unit in response(to: unit, input: .zero).state }
        outputOfInput = columns { unit in response(to: .zero, input: unit).output }
        stateOfInput = columns { unit in response(to: .zero, input: unit).state }
    }

    /// Filters what follows and answers the sum of its squares.
    mutating func energy(_ samples: UnsafePointer<Float>, count: Int) -> Double {
        var state = state
        var squares = SIMD4<Double>()
        var index = 0
        while index &+ 4 <= count {
            let first = Double(samples[index])
            let second = Double(samples[index &+ 1])
            let third = Double(samples[index &+ 2])
            let fourth = Double(samples[index &+ 3])
            let output =
                outputOfInput.times(first, second, third, fourth)
                + outputOfState.times(state[0], state[1], state[2], state[3])
            squares += output * output
            state =
                stateOfInput.times(first, second, third, fourth)
                + stateOfState.times(state[0], state[1], state[2], state[3])
            index &+= 4
        }
        var energy = squares.sum()
        while index < count {
            let output = step(&state, Double(samples[index]))
            energy += output * output
            index &+= 1
        }
        for element in 0..<4 where abs(state[element]) < Self.inaudible { state[element] = 0 }
        self.state = state
        return energy
    }

    /// One sample through both sections (direct form II, transposed).
    private func step(_ state: inout SIMD4<Double>, _ input: Double) -> Double {
        let middle = shelf.b0 * input + state[0]
        state[0] = shelf.b1 * input - shelf.a1 * middle + state[1]
        state[1] = shelf.b2 * input - shelf.a2 * middle
        let output = highPass.b0 * middle + state[2]
        state[2] = highPass.b1 * middle - highPass.a1 * output + state[3]
        state[3] = highPass.b2 * middle - highPass.a2 * output
        return output
    }

    private func response(
        to start: SIMD4<Double>, input: SIMD4<Double>
    ) -> (output: SIMD4<Double>, state: SIMD4<Double>) {
        var state = start
        var output = SIMD4<Double>()
        for index in 0..<4 { output[index] = step(&state, input[index]) }
        return (output, state)
    }

    private func columns(_ column: (SIMD4<Double>) -> SIMD4<Double>) -> Columns {
        Columns(
            first: column([1, 0, 0, 0]), second: column([0, 1, 0, 0]), third: column([0, 0, 1, 0]),
            fourth: column([0, 0, 0, 1]))
    }
}
