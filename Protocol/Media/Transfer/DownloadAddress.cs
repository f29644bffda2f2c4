namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>Where a file is fetched from (wire/05 §4): <c>https://HOST</c> ‖ direct path; the message's url only when there is no path.</summary>
internal static class DownloadAddress
{
    private const string Nowhere = "https://web.whatsapp.net";
    private const int MaxLength = 4096;

    /// <summary>The address at one host; null when the path would lead elsewhere.</summary>
    public static Uri? Of(MediaHost host, string directPath)
    {
        if (directPath.Length > MaxLength || !directPath.StartsWith('/') || directPath.AsSpan().ContainsAnyInRange('\0', ' ') || directPath.Contains('\\', StringComparison.Ordinal))
            return null;
        return Uri.TryCreate($"https://{host.Hostname}{directPath}", UriKind.Absolute, out var address)
            && Uri.TryCreate($"https://{host.Hostname}/", UriKind.Absolute, out var root) && address.Authority == root.Authority
            ? address
            : null;
    }

    /// <summary>The message's own url, if it is one: https and not the placeholder.</summary>
    public static Uri? OfUrl(string? url) =>
        url is { Length: <= MaxLength } && url.TrimEnd('/') != Nowhere && Uri.TryCreate(url, UriKind.Absolute, out var address)
            && address.Scheme == Uri.UriSchemeHttps && address.UserInfo.Length == 0
            ? address
            : null;
}
