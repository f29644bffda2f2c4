namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>How a download ended.</summary>
public abstract record DownloadOutcome;

/// <summary>Every check passed; the plaintext is at <paramref name="Path"/>.</summary>
/// <param name="Path">As asked for.</param>
/// <param name="Length">Bytes.</param>
public sealed record MediaStored(string Path, long Length) : DownloadOutcome;

/// <summary>The CDN no longer has it (403, 404, 410): ask the phone with <see cref="MediaRetry"/>.</summary>
public sealed record MediaGone(int Status) : DownloadOutcome;

/// <summary>The bytes are not the announced file; nothing was kept.</summary>
public sealed record MediaDamaged(MediaDamage Damage) : DownloadOutcome;

/// <summary>Larger than allowed; nothing was kept.</summary>
public sealed record MediaTooLarge(long Limit) : DownloadOutcome;

/// <summary>No host gave it this time; may be tried again later.</summary>
/// <param name="Status">Last HTTP status, if any.</param>
public sealed record MediaUnreachable(int? Status) : DownloadOutcome;

/// <summary>The message does not say enough: no address, no usable key, or nothing to check the bytes against.</summary>
public sealed record MediaUnusable(string Reason) : DownloadOutcome;
