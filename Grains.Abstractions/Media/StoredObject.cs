namespace WhatsApp.Grains.Abstractions.Media;

/// <summary>An open object, or a part of it.</summary>
/// <param name="Content">The bytes, from <paramref name="Offset"/> on; not seekable.</param>
/// <param name="TotalLength">Bytes of the whole object.</param>
/// <param name="ContentType">As written.</param>
/// <param name="Offset">Where the part begins; 0 = at the beginning.</param>
/// <param name="Length">Bytes that <paramref name="Content"/> gives.</param>
public sealed record StoredObject(Stream Content, long TotalLength, string ContentType, long Offset, long Length) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
