using WhatsApp.Protocol.Media;

namespace WhatsApp.Grains.Media;

/// <summary>A file encrypted on disk with everything the message says of it; its folder goes at the end.</summary>
/// <param name="Folder">Of this one job.</param>
/// <param name="EncryptedPath">Inside it.</param>
/// <param name="MediaKey">32 bytes.</param>
/// <param name="Encrypted">Hashes, lengths, sidecars.</param>
/// <param name="Facts">The message's content, without the file's place.</param>
internal sealed record PreparedMedia(WorkFolder Folder, string EncryptedPath, byte[] MediaKey, EncryptedMedia Encrypted, OutgoingMedia Facts) : IDisposable
{
    public void Dispose() => Folder.Dispose();
}
