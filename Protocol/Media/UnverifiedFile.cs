namespace WhatsApp.Protocol.Media;

/// <summary>
/// A file being written beside its final place, readable by its owner alone. It takes the final name when it is kept, else it is deleted:
/// nobody can mistake half or damaged bytes for the file.
/// </summary>
internal sealed class UnverifiedFile : IDisposable
{
    private readonly string _path;
    private readonly string _partial;
    private bool _kept;

    public UnverifiedFile(string path)
    {
        _path = path;
        _partial = $"{path}.{Guid.NewGuid():N}.part";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Stream = new FileStream(_partial, options);
    }

    /// <summary>Where to write.</summary>
    public FileStream Stream { get; }

    /// <summary>Everything was checked: the file takes its name.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        await Stream.FlushAsync(cancellationToken);
        await Stream.DisposeAsync();
        File.Move(_partial, _path, overwrite: true);
        _kept = true;
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_kept)
            File.Delete(_partial);
    }
}
