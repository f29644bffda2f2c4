using System.Runtime.CompilerServices;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Grains.Media;

/// <summary>
/// Objects as files of one folder: <c>FOLDER/KEY</c> with the content type beside it in <c>.NAME.type</c>. Files come into being in <c>.partial</c>
/// and take their name when they are whole; what a killed process left there is removed at the next start.
/// </summary>
public sealed class FolderObjectStore : IObjectStore
{
    private const int Piece = 64 * 1024;
    private const string Partial = ".partial";
    private const string Unknown = "application/octet-stream";

    private readonly string _root;
    private readonly string _partial;

    /// <param name="root">The folder; made when missing, readable by its owner alone.</param>
    public FolderObjectStore(string root)
    {
        _root = Path.GetFullPath(root);
        _partial = Path.Combine(_root, Partial);
        MakeFolder(_root);
        if (Directory.Exists(_partial))
            Directory.Delete(_partial, recursive: true);
        MakeFolder(_partial);
    }

    /// <inheritdoc/>
    public async Task PutAsync(string key, Stream content, long? length, string contentType, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var partial = Path.Combine(_partial, Guid.NewGuid().ToString("N"));
        try
        {
            await using (var file = Create(partial))
            {
                await content.CopyToAsync(file, Piece, cancellationToken);
                if (length is { } announced && announced != file.Length)
                    throw new IOException($"the content has {file.Length} bytes, not {announced}");
            }
            await File.WriteAllTextAsync(partial + ".type", contentType, cancellationToken);
            MakeFolder(Path.GetDirectoryName(path)!);
            File.Move(partial + ".type", TypePathOf(path), overwrite: true);
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
            File.Delete(partial + ".type");
        }
    }

    /// <inheritdoc/>
    public async Task<StoredObject?> OpenAsync(string key, ByteRange? range, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
            var type = File.Exists(TypePathOf(path)) ? await File.ReadAllTextAsync(TypePathOf(path), cancellationToken) : Unknown;
            var total = file.Length;
            var (from, to) = (range?.From ?? 0, Math.Min(range?.To ?? long.MaxValue, total - 1));
            if (range is not null && (from < 0 || from > to))
                throw new ObjectRangeException();
            file.Position = from;
            var opened = new StoredObject(new LimitedStream(file, to - from + 1), total, type, from, to - from + 1);
            file = null;
            return opened;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        finally
        {
            if (file is not null)
                await file.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        if (Directory.Exists(Path.GetDirectoryName(path)))
        {
            File.Delete(path);
            File.Delete(TypePathOf(path));
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DeletePrefixAsync(string prefix, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(_root, ObjectKey.CheckPrefix(prefix));
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var folder = new DirectoryInfo(Path.Combine(_root, ObjectKey.CheckPrefix(prefix)));
        if (!folder.Exists)
            yield break;
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };
        foreach (var file in folder.EnumerateFiles("*", options))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var key = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (ObjectKey.IsValid(key) && Entry(key, file) is { } entry)
                yield return entry;
        }
    }

    /// <inheritdoc/>
    public Task<Uri?> PresignAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        return Task.FromResult<Uri?>(null);
    }

    private string PathOf(string key) => Path.Combine(_root, ObjectKey.Check(key));

    private static string TypePathOf(string path) => Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.type");

    // Deleted meanwhile: not there.
    private static ObjectEntry? Entry(string key, FileInfo file)
    {
        try
        {
            return new ObjectEntry(key, file.Length, new DateTimeOffset(file.LastWriteTimeUtc));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
