using Microsoft.Net.Http.Headers;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>The <c>Range</c> of a request (RFC 9110 §14): one part. Several parts, other units and a stale If-Range get the whole file, as the RFC allows. Pure.</summary>
internal static class FileRange
{
    /// <summary>The part asked for; null = the whole file.</summary>
    /// <param name="request">The request.</param>
    /// <param name="size">Bytes of the file.</param>
    /// <param name="tag">Its entity tag, quoted.</param>
    public static ByteRange? Of(HttpRequest request, long size, string? tag)
    {
        if (request.Headers[HeaderNames.Range] is not [{ Length: < 256 } text] || !RangeHeaderValue.TryParse(text, out var parsed)
            || !parsed.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase) || parsed.Ranges.Count != 1)
            return null;
        if (request.Headers.TryGetValue(HeaderNames.IfRange, out var condition) && condition.ToString() != tag)
            return null;
        var range = parsed.Ranges.First();
        // bytes=-N: the last N.
        return range.From is { } from ? new ByteRange(from, range.To) : range.To is { } last and > 0 ? new ByteRange(Math.Max(0, size - last)) : new ByteRange(size);
    }
}
