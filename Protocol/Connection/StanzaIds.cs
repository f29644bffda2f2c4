using System.Globalization;
using System.Security.Cryptography;

namespace WhatsApp.Protocol.Connection;

/// <summary>Ids of our stanzas, unique per connection: two random 16-bit numbers joined by a dot, dash, counter (wire/01 §5).</summary>
internal sealed class StanzaIds
{
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture,
        $"{RandomNumberGenerator.GetInt32(ushort.MaxValue + 1)}.{RandomNumberGenerator.GetInt32(ushort.MaxValue + 1)}-");
    private int _last;

    /// <summary>The next id, e.g. <c>27145.3792-1</c>. Thread-safe.</summary>
    public string Next() => _prefix + Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
}
