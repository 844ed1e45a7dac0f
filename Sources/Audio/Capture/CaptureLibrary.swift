import CLibAV
import Glibc
import Synchronization

/// FFmpeg's libavdevice, which is loaded when somebody records: a server needs no sound library, and gets none.
///
/// It stays loaded until the process ends, because what it registers with libavformat stays, too. Making this again
/// costs nothing. Used from the thread that made it.
struct CaptureLibrary {
    /// libavdevice and libavformat of one FFmpeg carry the same number from 5.1 to 7.x.
    static let fileName = "libavdevice.so.\(LIBAVFORMAT_VERSION_MAJOR)"
    /// The Debian package that holds the file.
    static let package = "libavdevice\(LIBAVFORMAT_VERSION_MAJOR)"

    /// Registering is the one call of libavdevice that two threads may not make at the same time.
    private static let registration = Mutex(())

    private let listSources: UnsafeMutableRawPointer
    private let freeList: UnsafeMutableRawPointer

    /// - Throws: ``CaptureError/libraryMissing(name:)``.
    init(fileName: String = Self.fileName) throws(CaptureError) {
        guard let handle = dlopen(fileName, RTLD_NOW), let register = dlsym(handle, "avdevice_register_all"),
            let listSources = dlsym(handle, "avdevice_list_input_sources"),
            let freeList = dlsym(handle, "avdevice_free_list_devices")
        else { throw .libraryMissing(name: fileName) }
        self.listSources = listSources
        self.freeList = freeList
        Self.registration.withLock { _ in vn_call(register) }
        // What libav and alsa-lib print would stand in the middle of what the recorder shows.
        av_log_set_level(AV_LOG_QUIET)
        ALSALibrary.hush()
    }

    /// libav's name for the sound system, once the library is loaded.
    /// - Throws: ``CaptureError/backendMissing(_:)``.
    func format(of backend: CaptureBackend) throws(CaptureError) -> UnsafePointer<AVInputFormat> {
        guard let format = av_find_input_format(backend.rawValue) else { throw .backendMissing(backend) }
        return format
    }

    /// - Throws: ``CaptureError/backendMissing(_:)``, ``CaptureError/noAnswer(_:)``.
    func devices(of backend: CaptureBackend) throws(CaptureError) -> [CaptureDevice] {
        let format = try format(of: backend)
        var found: UnsafeMutablePointer<vn_device_list>?
        defer { vn_free_device_list(freeList, &found) }
        guard vn_list_input_sources(listSources, format, &found) >= 0, let list = found else {
            throw .noAnswer(backend)
        }
        var devices: [CaptureDevice] = []
        for index in 0..<max(0, list.pointee.nb_devices) {
            guard let device = vn_device(list, index), let text = device.pointee.name else { continue }
            let name = String(cString: text)
            // ALSA has a device that records nothing, and does not say by number which one is the default.
            if backend == .alsa, name == "null" { continue }
            let isDefault = backend == .alsa ? name == "default" : index == list.pointee.default_device
            var description = name
            if let text = device.pointee.description { description = String(cString: text) }
            devices.append(
                CaptureDevice(backend: backend, name: name, description: description, isDefault: isDefault))
        }
        return devices
    }
}
