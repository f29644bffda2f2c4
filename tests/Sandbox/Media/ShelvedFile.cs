namespace WhatsApp.Sandbox.Media;

/// <summary>One encrypted file, or the beginning of one whose upload broke off.</summary>
internal sealed class ShelvedFile(string token, string diskPath)
{
    /// <summary>SHA-256 of the encrypted bytes, base64url without padding.</summary>
    public string Token { get; } = token;
    /// <summary>Where the bytes lie.</summary>
    public string DiskPath { get; } = diskPath;
    /// <summary>One upload of a file at a time.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);
    /// <summary>Path on the hosts without query; null while incomplete or after it expired.</summary>
    public volatile string? DirectPath;
    /// <summary>All bytes are there and have the right hash.</summary>
    public volatile bool IsComplete;

    /// <summary>Bytes there.</summary>
    public long Length => new FileInfo(DiskPath) is { Exists: true } file ? file.Length : 0;
}
