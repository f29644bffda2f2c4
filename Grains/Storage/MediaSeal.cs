using System.Text.Json;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage;

/// <summary>The secret part of a file's row: what opens it, where it is, and the name its sender gave it.</summary>
internal static class MediaSeal
{
    private sealed record Secret(string? Path, string? Url, byte[]? Key, string? Name);

    public static byte[] SealMedia(this DataSeal seal, string instanceId, string place, StoredMedia media) =>
        seal.Seal(instanceId, "media", place, JsonSerializer.SerializeToUtf8Bytes(new Secret(media.DirectPath, media.Url, media.MediaKey, media.FileName)));

    public static StoredMedia OpenMedia(this DataSeal seal, string instanceId, string place, StoredMedia media, byte[] sealedBytes)
    {
        var secret = JsonSerializer.Deserialize<Secret>(seal.Open(instanceId, "media", place, sealedBytes))!;
        return media with { DirectPath = secret.Path, Url = secret.Url, MediaKey = secret.Key, FileName = secret.Name };
    }
}
