namespace WhatsApp.Protocol.Media;

/// <summary>A folder for the pieces of one job, readable by its owner alone; gone with everything in it at the end.</summary>
public sealed class WorkFolder : IDisposable
{
    /// <summary>Makes one of a name of its own.</summary>
    /// <param name="parent">Made when it is not there.</param>
    public WorkFolder(string parent)
    {
        Path = System.IO.Path.Combine(parent, Guid.NewGuid().ToString("N"));
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(Path);
        else
            Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The path of a file in it.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
