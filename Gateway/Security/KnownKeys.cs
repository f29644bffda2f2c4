using System.Collections.Concurrent;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Gateway.Security;

/// <summary>Keys seen a moment ago, so that not every request asks for its key. Bounded; a key removed elsewhere is still taken for <see cref="CacheTime"/>.</summary>
internal sealed class KnownKeys(TimeProvider time)
{
    private static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastResort = TimeSpan.FromMinutes(5);
    private const int CacheSize = 10_000;

    private readonly ConcurrentDictionary<string, (ApiKeyInfo Info, long Until)> _known = new(StringComparer.Ordinal);
    private long _forgotten;

    /// <summary>Changes with every <see cref="ForgetInstance"/>: what was looked up before is not to be remembered after.</summary>
    public long Version => Interlocked.Read(ref _forgotten);

    /// <summary>The key, or null when it must be asked for.</summary>
    public ApiKeyInfo? Find(string hash) => Find(hash, TimeSpan.Zero);

    /// <summary>The key as it was within the last minutes: for a moment in which nobody can be asked, because a silo has just died or frozen.</summary>
    public ApiKeyInfo? FindLast(string hash) => Find(hash, LastResort);

    private ApiKeyInfo? Find(string hash, TimeSpan longer) =>
        _known.TryGetValue(hash, out var known) && known.Until + (long)(longer.TotalSeconds * time.TimestampFrequency) > time.GetTimestamp() ? known.Info : null;

    /// <summary>Takes what was found; null = there is no such key.</summary>
    /// <param name="hash">Of the key.</param>
    /// <param name="info">What it may do.</param>
    /// <param name="version">As it was before the question.</param>
    public void Remember(string hash, ApiKeyInfo? info, long version)
    {
        if (info is null)
        {
            _known.TryRemove(hash, out _);
            return;
        }
        if (_known.Count >= CacheSize)
            _known.Clear();
        _known[hash] = (info, time.GetTimestamp() + (long)(CacheTime.TotalSeconds * time.TimestampFrequency));
        if (version != Version)
            _known.TryRemove(hash, out _);
    }

    /// <summary>The instance is deleted: its keys are worth nothing from now on.</summary>
    public void ForgetInstance(string instanceId)
    {
        Interlocked.Increment(ref _forgotten);
        foreach (var (hash, known) in _known)
            if (known.Info.InstanceId == instanceId)
                _known.TryRemove(hash, out _);
    }
}
