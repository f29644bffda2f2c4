using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WhatsApp.Protocol.Media.Pictures;

/// <summary>What a sticker tells about its origin, shown when it is tapped.</summary>
/// <param name="Pack">Name of the pack; may be empty.</param>
/// <param name="Author">Publisher; may be empty.</param>
public sealed record StickerMetadata(string Pack, string Author)
{
    /// <summary>Id of the pack; made up when not given.</summary>
    public string PackId { get; init; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    /// <summary>Emojis the sticker stands for.</summary>
    public IReadOnlyList<string> Emojis { get; init; } = [];

    /// <summary>
    /// The EXIF chunk that WhatsApp clients read: a little-endian TIFF header, one directory entry (tag 5741, type 7, length, offset 22), then JSON
    /// <c>{"sticker-pack-id","sticker-pack-name","sticker-pack-publisher","emojis"}</c>.
    /// </summary>
    internal byte[] ToExif()
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("sticker-pack-id", PackId);
            writer.WriteString("sticker-pack-name", Pack);
            writer.WriteString("sticker-pack-publisher", Author);
            writer.WriteStartArray("emojis");
            foreach (var emoji in Emojis)
                writer.WriteStringValue(emoji);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        byte[] exif = [0x49, 0x49, 0x2A, 0x00, 0x08, 0x00, 0x00, 0x00, 0x01, 0x00, 0x41, 0x57, 0x07, 0x00, 0, 0, 0, 0, 0x16, 0x00, 0x00, 0x00, .. json.ToArray()];
        BinaryPrimitives.WriteUInt32LittleEndian(exif.AsSpan(14), (uint)json.Length);
        return exif;
    }
}
