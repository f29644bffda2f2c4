namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>Limits of uploads and downloads.</summary>
public sealed record MediaTransferOptions
{
    /// <summary>Largest file taken from the CDN, bytes as stored there.</summary>
    public long MaxDownload { get; init; } = 2L * 1024 * 1024 * 1024 + 64;
    /// <summary>A transfer that moves less than 64 KiB in this time is cut off and tried again.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>A whole transfer with all its tries.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromMinutes(60);
    /// <summary>Tries per host after network errors, 429 and 5xx (wire/05 §4).</summary>
    public int DownloadTries { get; init; } = 5;
    /// <summary>Tries per host after an upload broke off.</summary>
    public int UploadTries { get; init; } = 2;
    /// <summary>Wait before the second try; the n-th waits n times as long.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);
    /// <summary>Longest Retry-After obeyed.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>Uploads from this size on ask first how much the host has already.</summary>
    public long ResumeFrom { get; init; } = 5 * 1024 * 1024;
    /// <summary>Hosts for downloads while there is no media connection.</summary>
    public IReadOnlyList<MediaHost> PublicHosts { get; init; } = MediaConnection.PublicHosts;
    /// <summary>Sent as Origin, and with a slash as Referer.</summary>
    public string Origin { get; init; } = "https://web.whatsapp.com";
}
