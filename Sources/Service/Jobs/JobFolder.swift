import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Jobs on disk, a file each, so that a service that is killed goes on where it was.
///
/// A file is written beside its name, brought to the disk and renamed: it is whole or not there.
final class JobFolder: Sendable {
    private let path: String
    private let defaults: ConversionOptions
    /// Files are written on a thread of their own: nobody else has to wait for the disk.
    private let writer = WorkerPool(threads: 1, name: "jobs")

    /// - Throws: `UploadFolder.Failure` when the folder cannot be made.
    init(path: String, defaults: ConversionOptions) throws(UploadFolder.Failure) {
        (self.path, self.defaults) = (path, defaults)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .system(path: path, doing: "making the folder", code: errno) }
    }

    /// Everything that can be read, the oldest first; files that cannot be are left where they are.
    func read() -> [ConversionJob] {
        names(in: path).compactMap { name -> ConversionJob? in
            guard name.hasSuffix(".json") else { return nil }
            // A file of another version, or none of ours.
            guard let bytes = try? Blob.reading(path: "\(path)/\(name)", limit: 4 << 20),
                let json = try? JSON(parsing: Array(bytes.bytes)), let job = ConversionJob(reading: json, over: defaults),
                name == "\(job.id).json"
            else { return nil }
            return job
        }.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }

    /// Keeps a job as it is when it is written, unless it has gone by then: of two that write, the later does not bring back what the
    /// other has seen. Throws `Problem` when that is not possible.
    func write(bringing files: [String] = [], _ job: @escaping @Sendable () -> ConversionJob?) async throws {
        let code: Int32 = await withCheckedContinuation { continuation in
            writer.async { [self] in
                for file in files { bringToDisk(file) }
                guard let job = job() else { return continuation.resume(returning: 0) }
                let bytes = Blob(job.record(over: defaults).bytes), target = "\(path)/\(job.id).json"
                continuation.resume(returning: replace(target, with: bytes))
            }
        }
        guard code == 0 else {
            throw Problem(507, "storage-full", "the job cannot be kept: \(String(cString: strerror(code)))", retryAfter: 60)
        }
    }

    /// Forgets a job.
    func remove(_ id: Digest) {
        let target = "\(path)/\(id).json"
        writer.async { unlink(target) }
    }
}

/// Waits until a file is on the disk; one that has gone meanwhile is missed by whoever reads it.
private func bringToDisk(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fdatasync(descriptor)
    close(descriptor)
}

/// Writes a file that is whole or as before; `errno` when it cannot be.
private func replace(_ path: String, with bytes: Blob) -> Int32 {
    let temporary = path + ".new", descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    do throws(Blob.FileError) { try bytes.write(to: descriptor, path: temporary) } catch {
        unlink(temporary)
        if case .failed(_, _, let code) = error { return code }
        return EIO
    }
    guard fdatasync(descriptor) == 0, rename(temporary, path) == 0 else { return errno }
    return 0
}
