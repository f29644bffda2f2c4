using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace WhatsApp.Sandbox.Media;

/// <summary>How an upload ended.</summary>
internal enum UploadResult
{
    /// <summary>The file is there, under <see cref="ShelvedFile.DirectPath"/>.</summary>
    Stored,
    /// <summary>The bytes do not have the hash that the token says.</summary>
    WrongHash,
    /// <summary>The part before the offset is not there.</summary>
    WrongOffset,
}

/// <summary>
/// The encrypted files clients and phones uploaded (wire/05 §1, §3), on disk, known by the hash of their bytes. A file that expired keeps its
/// bytes: the phone that has it can bring it back under a new path. The oldest go when the shelf is full.
/// </summary>
internal sealed class MediaShelf : IDisposable
{
    /// <summary>Largest file taken, bytes as uploaded: 2 GiB and what encryption adds.</summary>
    public const long MaxFile = 2L * 1024 * 1024 * 1024 + 64;
    private const long MaxTotal = 8L * 1024 * 1024 * 1024;
    private const int MaxFiles = 20_000;

    private readonly ConcurrentDictionary<string, ShelvedFile> _byToken = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ShelvedFile> _byPath = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<ShelvedFile> _order = new();
    private readonly Lazy<string> _folder = new(() => Directory.CreateTempSubdirectory("sandbox-media-").FullName);
    private long _total;

    /// <summary>Handed out by media_conn, expected by uploads.</summary>
    public string Auth { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>A new name in the shelf's folder.</summary>
    public string NewDiskPath() => Path.Combine(_folder.Value, Guid.NewGuid().ToString("N"));

    /// <summary>Token of bytes with this hash.</summary>
    public static string TokenOf(ReadOnlySpan<byte> sha256) => Base64Url.EncodeToString(sha256);

    /// <summary>The token without padding; null when it is not one.</summary>
    public static string? Normalize(string token)
    {
        Span<byte> hash = stackalloc byte[33];
        var bare = token.TrimEnd('=');
        return bare.Length == 43 && Base64Url.TryDecodeFromChars(bare, hash, out var length) && length == 32 ? bare : null;
    }

    /// <summary>The file of a token, made when it is not known yet.</summary>
    public ShelvedFile Open(string token)
    {
        var file = _byToken.GetOrAdd(token, static (key, shelf) => new ShelvedFile(key, shelf.NewDiskPath()), this);
        return file;
    }

    /// <summary>The file of a token, or null.</summary>
    public ShelvedFile? Find(string token) => _byToken.GetValueOrDefault(token);

    /// <summary>The file of a path without query, expired ones too; null = never heard of.</summary>
    public ShelvedFile? FindByPath(string path) => _byPath.GetValueOrDefault(path);

    /// <summary>Takes the bytes of an upload from an offset on. What came before the connection broke stays for a resume.</summary>
    public async Task<UploadResult> TakeAsync(ShelvedFile file, string kind, long offset, Func<Stream, Task> copyTo, CancellationToken cancellationToken)
    {
        await file.Gate.WaitAsync(cancellationToken);
        try
        {
            if (offset > file.Length)
                return UploadResult.WrongOffset;
            file.IsComplete = false;
            await using (var disk = new FileStream(file.DiskPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.Asynchronous))
            {
                disk.SetLength(offset);
                disk.Position = offset;
                await copyTo(disk);
                disk.Position = 0;
                if (TokenOf(await SHA256.HashDataAsync(disk, cancellationToken)) != file.Token)
                {
                    disk.SetLength(0);
                    return UploadResult.WrongHash;
                }
            }
            Publish(file, kind);
            return UploadResult.Stored;
        }
        finally
        {
            file.Gate.Release();
        }
    }

    /// <summary>Takes a file that lies at <see cref="NewDiskPath"/>, as a phone does.</summary>
    public ShelvedFile Take(string diskPath, byte[] sha256, string kind)
    {
        var token = TokenOf(sha256);
        var file = _byToken.GetOrAdd(token, key => new ShelvedFile(key, diskPath));
        Publish(file, kind);
        return file;
    }

    /// <summary>Puts a file that expired, or is there, under a new path.</summary>
    public ShelvedFile? Renew(byte[] sha256, string kind)
    {
        if (Find(TokenOf(sha256)) is not { IsComplete: true } file)
            return null;
        file.DirectPath = null;
        Publish(file, kind);
        return file;
    }

    /// <summary>All files leave the hosts: their paths answer 410 from now on.</summary>
    public int ExpireAll()
    {
        var count = 0;
        foreach (var file in _byToken.Values)
            if (file.DirectPath is not null)
            {
                file.DirectPath = null;
                count++;
            }
        return count;
    }

    public void Dispose()
    {
        if (!_folder.IsValueCreated)
            return;
        try
        {
            Directory.Delete(_folder.Value, recursive: true);
        }
        catch (IOException)
        {
            // A transfer still runs: the system's cleaner takes the folder.
        }
    }

    private void Publish(ShelvedFile file, string kind)
    {
        file.IsComplete = true;
        if (file.DirectPath is not null)
            return;
        var path = $"/v/{kind}/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}.enc";
        file.DirectPath = path;
        _byPath[path] = file;
        _order.Enqueue(file);
        Interlocked.Add(ref _total, file.Length);
        while ((Volatile.Read(ref _total) > MaxTotal || _order.Count > MaxFiles) && _order.TryDequeue(out var oldest))
            Forget(oldest);
    }

    private void Forget(ShelvedFile file)
    {
        Interlocked.Add(ref _total, -file.Length);
        if (!_byToken.TryRemove(file.Token, out _))
            return;
        file.DirectPath = null;
        file.IsComplete = false;
        File.Delete(file.DiskPath);
    }
}
