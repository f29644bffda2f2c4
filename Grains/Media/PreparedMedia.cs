using WhatsApp.Protocol.Media;

namespace WhatsApp.Grains.Media;

/// <summary>A file encrypted on disk with everything the message says of it; its folder goes at the end.</summary>
/// <param name="Folder">Of this one job.</param>
/// <param name="EncryptedPath">Inside it.</param>
/// <param name="MediaKey">32 bytes.</param>
/// <param name="Encrypted">Hashes, lengths, sidecars.</param>
/// <param name="Facts">The message's content, without the file's place.</param>
internal sealed record PreparedMedia(JobFolder Folder, string EncryptedPath, byte[] MediaKey, EncryptedMedia Encrypted, OutgoingMedia Facts) : IDisposable
{
    public void Dispose() => Folder.Dispose();
}

/// <summary>A folder for one job, readable by its owner alone; gone with everything in it at the end.</summary>
internal sealed class JobFolder : IDisposable
{
    public JobFolder(string parent)
    {
        Path = System.IO.Path.Combine(parent, Guid.NewGuid().ToString("N"));
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(Path);
        else
            Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
