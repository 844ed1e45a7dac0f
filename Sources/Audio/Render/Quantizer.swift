/// Samples in double precision, full scale being 1, as those of a file: multiplied, rounded to the nearest, ties to
/// even, and clamped. There is no dither: what was an integer of so many bits is the same one again.
///
/// What is not a number becomes the highest value; nothing that an edit does makes such.
enum Quantizer {
    /// Added to a number of less than 2⁵¹, it leaves no bits for a fraction, so that the addition rounds; the integer
    /// then stands in the lowest bits. Unlike `rounded()`, this needs no call where the processor may be old.
    private static let shifter = 6_755_399_441_055_744.0

    /// To integers of 16 bits; `count` is of all channels.
    static func toInt16(_ samples: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Int16>) {
        var index = 0
        while index < count {
            values[index] = Int16(truncatingIfNeeded: integer(samples[index], 32_768))
            index &+= 1
        }
    }

    /// To integers of 24 bits in the upper ones of 32, as libav has them.
    static func toInt24In32(_ samples: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Int32>) {
        var index = 0
        while index < count {
            values[index] = Int32(truncatingIfNeeded: integer(samples[index], 8_388_608)) &<< 8
            index &+= 1
        }
    }

    /// To integers of 24 bits in three bytes, the lowest first.
    static func toInt24(_ samples: UnsafePointer<Double>, count: Int, into bytes: UnsafeMutablePointer<UInt8>) {
        var index = 0
        while index < count {
            let value = integer(samples[index], 8_388_608)
            bytes[index &* 3] = UInt8(truncatingIfNeeded: value)
            bytes[index &* 3 &+ 1] = UInt8(truncatingIfNeeded: value &>> 8)
            bytes[index &* 3 &+ 2] = UInt8(truncatingIfNeeded: value &>> 16)
            index &+= 1
        }
    }

    /// To integers of 32 bits.
    static func toInt32(_ samples: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Int32>) {
        var index = 0
        while index < count {
            values[index] = Int32(truncatingIfNeeded: integer(samples[index], 2_147_483_648))
            index &+= 1
        }
    }

    /// To floating point in single precision, not clamped.
    static func toFloat(_ samples: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Float>) {
        var index = 0
        while index < count {
            values[index] = Float(samples[index])
            index &+= 1
        }
    }

    /// To floating point in single precision, clamped to full scale.
    static func toClampedFloat(_ samples: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Float>) {
        var index = 0
        while index < count {
            let value = samples[index]
            let low = value < 1 ? value : 1
            values[index] = Float(low > -1 ? low : -1)
            index &+= 1
        }
    }

    /// - Parameter scale: what full scale becomes; the highest value is one less.
    @inline(__always)
    private static func integer(_ sample: Double, _ scale: Double) -> Int64 {
        let scaled = sample * scale
        let low = scaled < scale - 1 ? scaled : scale - 1
        let clamped = low > -scale ? low : -scale
        return Int64(bitPattern: (clamped + shifter).bitPattern)
    }
}
