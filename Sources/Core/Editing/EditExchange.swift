import Foundation

/// An edit in the formats of other programs.
public enum EditExchange {
    /// The segments as labels that Audacity imports: from, to and text, with tabs between, in seconds
    /// (Audacity Manual, "Importing and Exporting Labels").
    public static func audacityLabels(_ list: EditList) -> String {
        let timeline = EditTimeline(list)
        var text = ""
        for (index, segment) in list.segments.enumerated() {
            guard let start = timeline.position(of: index) else { continue }
            let end = start + segment.length
            let source =
                segment.source == nil
                ? "silence" : "from \(seconds(segment.start, list)) to \(seconds(segment.end, list))"
            let gain = segment.gain == 0 ? "" : ", \(segment.gain) dB"
            text += "\(seconds(start, list))\t\(seconds(end, list))\t\(index + 1): \(source)\(gain)\n"
        }
        return text
    }

    /// Six digits behind the point, whatever the locale.
    private static func seconds(_ samples: Int64, _ list: EditList) -> String {
        let rate = Int64(list.sampleRate)
        let micros = samples % rate * 1_000_000 / rate
        let digits = String(micros)
        return "\(samples / rate).\(String(repeating: "0", count: 6 - digits.count))\(digits)"
    }

    /// The edit as an OpenTimelineIO timeline: one audio track with a clip for each range, a gap for silence, and a
    /// transition for each crossfade. Gains and fades are in the metadata of the clips under `voicenote`
    /// (OpenTimelineIO, "File Format Specification").
    /// - Parameter names: what the sources are called.
    public static func openTimelineIO(
        _ list: EditList, title: String, names: [Recording.ID: String]
    ) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(OTIO.timeline(list, title: title, names: names)), as: UTF8.self)
    }
}

/// The few schemas of OpenTimelineIO that an edit needs.
private enum OTIO: Encodable {
    case text(String)
    case number(Double)
    case flag(Bool)
    case null
    case list([OTIO])
    case object([String: OTIO])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        case .null: try container.encodeNil()
        case .list(let list): try container.encode(list)
        case .object(let object): try container.encode(object)
        }
    }

    private static func schema(_ name: String, _ fields: [String: OTIO]) -> OTIO {
        .object(fields.merging(["OTIO_SCHEMA": .text(name)]) { old, _ in old })
    }

    private static func time(_ samples: Int64, _ rate: Int) -> OTIO {
        schema("RationalTime.1", ["rate": .number(Double(rate)), "value": .number(Double(samples))])
    }

    private static func range(_ start: Int64, _ length: Int64, _ rate: Int) -> OTIO {
        schema("TimeRange.1", ["start_time": time(start, rate), "duration": time(length, rate)])
    }

    static func timeline(_ list: EditList, title: String, names: [Recording.ID: String]) -> OTIO {
        var children: [OTIO] = []
        for segment in list.segments {
            if segment.overlap > 0 { children.append(transition(segment.overlap, list.sampleRate)) }
            children.append(item(segment, list, names))
        }
        let track = schema(
            "Track.1",
            [
                "name": .text("Audio"), "kind": .text("Audio"), "children": .list(children), "effects": .list([]),
                "markers": .list([]), "enabled": .flag(true), "metadata": .object([:]), "source_range": .null,
            ])
        let stack = schema(
            "Stack.1",
            [
                "name": .text("tracks"), "children": .list([track]), "effects": .list([]), "markers": .list([]),
                "enabled": .flag(true), "metadata": .object([:]), "source_range": .null,
            ])
        return schema(
            "Timeline.1",
            [
                "name": .text(title), "global_start_time": .null, "tracks": stack,
                "metadata": .object([
                    "voicenote": .object(["sample_rate": .number(Double(list.sampleRate))])
                ]),
            ])
    }

    /// The later clip begins so much earlier; the transition takes it from both sides.
    private static func transition(_ overlap: Int64, _ rate: Int) -> OTIO {
        schema(
            "Transition.1",
            [
                "name": .text("Crossfade"), "transition_type": .text("SMPTE_Dissolve"),
                "in_offset": time(overlap - overlap / 2, rate), "out_offset": time(overlap / 2, rate),
                "metadata": .object([:]),
            ])
    }

    private static func item(_ segment: EditSegment, _ list: EditList, _ names: [Recording.ID: String]) -> OTIO {
        var fields: [String: OTIO] = [
            "source_range": range(segment.start, segment.length, list.sampleRate), "effects": .list([]),
            "markers": .list([]), "enabled": .flag(true),
            "metadata": .object([
                "voicenote": .object([
                    "gain_db": .number(segment.gain), "fade_in": .number(Double(segment.fadeIn)),
                    "fade_out": .number(Double(segment.fadeOut)),
                ])
            ]),
        ]
        guard let source = segment.source else {
            fields["name"] = .text("Silence")
            return schema("Gap.1", fields)
        }
        fields["name"] = .text(names[source] ?? source.description)
        let available = list.source(source).map { range(0, $0.length, list.sampleRate) } ?? .null
        fields["media_reference"] = schema(
            "ExternalReference.1",
            [
                "name": .text(names[source] ?? ""), "target_url": .text("voicenote:recording/\(source)"),
                "available_range": available, "metadata": .object([:]),
            ])
        return schema("Clip.1", fields)
    }
}
