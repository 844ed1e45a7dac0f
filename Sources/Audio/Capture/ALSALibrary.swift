import CLibAV
import Glibc

/// What libavdevice does not say about ALSA: it answers every trouble with an input/output error.
///
/// alsa-lib is there when libavdevice is; it is asked by name, so that nothing is linked with it.
enum ALSALibrary {
    private static let fileName = "libasound.so.2"

    /// Ends alsa-lib's habit of printing what it stumbles over.
    static func hush() {
        guard let handle = dlopen(fileName, RTLD_NOW | RTLD_NOLOAD),
            let setHandler = dlsym(handle, "snd_lib_error_set_handler")
        else { return }
        vn_alsa_hush(setHandler)
    }

    /// Why the device could not be opened.
    static func reason(_ device: CaptureDevice, _ format: CaptureFormat) -> CaptureError {
        guard let handle = dlopen(fileName, RTLD_NOW | RTLD_NOLOAD), let open = dlsym(handle, "snd_pcm_open"),
            let close = dlsym(handle, "snd_pcm_close")
        else { return .failed(device.name, reason: "input/output error") }
        let result = vn_alsa_probe(open, close, device.name)
        switch -result {
        case EBUSY, EAGAIN: return .busy(device.name)
        case EACCES, EPERM: return .notPermitted(device.name)
        case ENOENT, ENODEV, ENXIO: return .unknownDevice(device.name, .alsa)
        // It opens, so it was the format that it did not want.
        case _ where result >= 0: return .formatRefused(device.name, format)
        default: return .failed(device.name, reason: String(cString: strerror(-result)))
        }
    }
}
