using System.Buffers;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>Requests to media hosts: the headers of wire/05 §3 and §4, and bodies never collected in memory.</summary>
internal static class MediaHttp
{
    /// <summary>Sends; the answer's body is still on the network.</summary>
    public static Task<HttpResponseMessage> SendAsync(HttpMessageInvoker http, HttpRequestMessage request, MediaTransferOptions options, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("Origin", options.Origin);
        request.Headers.TryAddWithoutValidation("Referer", options.Origin + "/");
        // An HttpClient given as invoker would collect the whole body first.
        return http is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : http.SendAsync(request, cancellationToken);
    }

    /// <summary>A short body; null when it is longer than <paramref name="limit"/>.</summary>
    public static async Task<byte[]?> ReadShortAsync(HttpContent content, int limit, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(limit + 1);
        try
        {
            await using var stream = await content.ReadAsStreamAsync(cancellationToken);
            var read = await stream.ReadAtLeastAsync(buffer.AsMemory(0, limit + 1), limit + 1, throwOnEndOfStream: false, cancellationToken);
            return read > limit ? null : buffer[..read];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The network failed, or the clock cut it off while the caller still wants it.</summary>
    public static bool IsNetwork(Exception exception, CancellationToken callers) => exception switch
    {
        HttpRequestException or IOException => true,
        OperationCanceledException => !callers.IsCancellationRequested,
        _ => false,
    };
}
