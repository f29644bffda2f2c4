namespace WhatsApp.Grains.Abstractions.Media;

/// <summary>
/// Where files lie: a folder (default) or S3. Keys are as <see cref="ObjectKey"/> says; no key is the folder of another one.
/// Thread-safe; nothing here holds a whole file in memory.
/// </summary>
/// <remarks>What goes wrong outside (disk, network, S3) is an <see cref="IOException"/> in every implementation.</remarks>
public interface IObjectStore
{
    /// <summary>Writes or replaces an object: readers see the old one or the new one, never a part.</summary>
    /// <param name="key">Where.</param>
    /// <param name="content">Read from its position to its end; not disposed.</param>
    /// <param name="length">How many bytes will come, when known; else S3 goes through a temporary file first.</param>
    /// <param name="contentType">Given back by <see cref="OpenAsync"/>.</param>
    /// <param name="cancellationToken">Ends the write; nothing changes.</param>
    /// <exception cref="IOException">Not written, also when the content has another length than announced.</exception>
    Task PutAsync(string key, Stream content, long? length, string contentType, CancellationToken cancellationToken = default);

    /// <summary>Opens an object, or a part of it; null when there is none. Dispose what you get.</summary>
    /// <param name="key">Which.</param>
    /// <param name="range">The part; null = all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ObjectRangeException">The range begins behind the end.</exception>
    Task<StoredObject?> OpenAsync(string key, ByteRange? range = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes an object; none is fine too.</summary>
    Task DeleteAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Deletes everything below a folder.</summary>
    /// <param name="prefix">A key followed by a slash, e.g. <c>media/shop/</c>.</param>
    /// <param name="cancellationToken">Stops half-way.</param>
    Task DeletePrefixAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>What lies below a folder, in no order.</summary>
    /// <param name="prefix">A key followed by a slash.</param>
    /// <param name="cancellationToken">Stops.</param>
    IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>An address where anybody can GET the object for a while; null when this store has none (a folder). Does not look whether it exists.</summary>
    /// <param name="key">Which.</param>
    /// <param name="lifetime">At most 7 days.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<Uri?> PresignAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken = default);
}

/// <summary>A part of an object, as in HTTP: <paramref name="From"/> and <paramref name="To"/> are included; null = to the end.</summary>
public readonly record struct ByteRange(long From, long? To = null);

/// <summary>An object in a listing.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Length">Bytes.</param>
/// <param name="WrittenAt">When it was written.</param>
public sealed record ObjectEntry(string Key, long Length, DateTimeOffset WrittenAt);

/// <summary>The range begins behind the end of the object.</summary>
public sealed class ObjectRangeException() : Exception("the range is outside the object");
