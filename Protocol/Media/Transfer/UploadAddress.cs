using System.Buffers.Text;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>Where an upload goes (wire/05 §3): <c>https://HOST PATH/TOKEN?auth=AUTH&amp;token=TOKEN</c>.</summary>
internal static class UploadAddress
{
    /// <summary>base64url of the uploaded bytes' SHA-256, without padding.</summary>
    public static string TokenOf(ReadOnlySpan<byte> sha256) => Base64Url.EncodeToString(sha256);

    /// <summary>The address at one host.</summary>
    /// <param name="host">From media_conn.</param>
    /// <param name="path">As <see cref="MediaType.UploadPath"/>.</param>
    /// <param name="token">See <see cref="TokenOf"/>.</param>
    /// <param name="auth">From media_conn.</param>
    /// <param name="extra">Further query, beginning with &amp;, or empty.</param>
    public static Uri Of(MediaHost host, string path, string token, string auth, string extra = "") =>
        new($"https://{host.Hostname}{path}/{token}?auth={Uri.EscapeDataString(auth)}&token={token}{extra}");
}
