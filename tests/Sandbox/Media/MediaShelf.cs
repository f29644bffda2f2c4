using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace WhatsApp.Sandbox.Media;

/// <summary>
/// The encrypted files clients uploaded, in memory, by path (wire/05 §1, §3). The oldest go when the shelf is full.
/// </summary>
internal sealed class MediaShelf
{
    /// <summary>Largest file taken, bytes.</summary>
    public const int MaxFile = 128 * 1024 * 1024;
    private const long MaxTotal = 1024L * 1024 * 1024;
    private readonly ConcurrentDictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _order = new();
    private long _total;

    /// <summary>Handed out by media_conn, expected by uploads.</summary>
    public string Token { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Keeps a file under a new path.</summary>
    public string Add(string kind, byte[] bytes)
    {
        var path = $"/v/{kind}/{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}.enc";
        _files[path] = bytes;
        _order.Enqueue(path);
        Interlocked.Add(ref _total, bytes.Length);
        while (Volatile.Read(ref _total) > MaxTotal && _order.TryDequeue(out var oldest))
            if (_files.TryRemove(oldest, out var gone))
                Interlocked.Add(ref _total, -gone.Length);
        return path;
    }

    /// <summary>A file by path, or null.</summary>
    public byte[]? Find(string path) => _files.GetValueOrDefault(path);
}
