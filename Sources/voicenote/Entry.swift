import ArgumentParser
import Audio
import Foundation

@main
struct Entry {
    static func main() async {
        // The media worker closes its sandbox around a process in which nothing else has begun: it comes first.
        if CommandLine.arguments.dropFirst().first == "media-worker" { exit(MediaWorker.run()) }
        await VoiceNote.main(EditArguments.spelledOut(Array(CommandLine.arguments.dropFirst())))
    }
}
