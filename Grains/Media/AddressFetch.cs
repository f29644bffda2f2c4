using System.Net;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Outbound;

namespace WhatsApp.Grains.Media;

/// <summary>An answer whose body is still coming.</summary>
internal sealed record FetchedAddress(HttpResponseMessage Response, Uri Address, Stream Content) : IDisposable
{
    public void Dispose()
    {
        Content.Dispose();
        Response.Dispose();
    }
}

/// <summary>Fetches addresses named by callers (architecture §5.7): https, public hosts, three redirects, each checked by the guard.</summary>
internal sealed class AddressFetch(OutboundGuard guard, MediaOptions options, TimeProvider time) : IDisposable
{
    private const int MaxRedirects = 3;
    private const int MaxAddress = 4096;
    private readonly HttpMessageInvoker _http = new(guard.CreateHandler());

    /// <summary>Opens an address; the body ends with a <see cref="TimeoutException"/> when it stands still.</summary>
    /// <exception cref="InstanceProblemException">Blocked, or no success.</exception>
    public async Task<FetchedAddress> OpenAsync(IntakeRules rules, string text, CancellationToken cancellationToken)
    {
        var address = Parse(rules.Field, null, text);
        for (var redirects = 0; ; redirects++)
        {
            var response = await AskAsync(rules.Field, address, cancellationToken);
            try
            {
                if (Redirect(response) is not { } next)
                {
                    Require(rules, response);
                    var stream = new PatientStream(await response.Content.ReadAsStreamAsync(cancellationToken), options.FetchPatience, options.FetchLimit, time);
                    var fetched = new FetchedAddress(response, address, stream);
                    response = null;
                    return fetched;
                }
                address = redirects < MaxRedirects ? Parse(rules.Field, address, next) : throw MediaProblems.NotFetched(rules.Field, $"the address redirects more than {MaxRedirects} times");
            }
            finally
            {
                response?.Dispose();
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> AskAsync(string field, Uri address, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.FetchPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.UserAgent.ParseAdd("whatsapp-cluster/1");
        try
        {
            return await _http.SendAsync(request, both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw MediaProblems.NotFetched(field, "the address does not answer in time");
        }
        catch (Exception error) when (error is OutboundBlockedException || error.InnerException is OutboundBlockedException)
        {
            throw MediaProblems.Blocked(field, "the address is not a public one");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw MediaProblems.NotFetched(field, $"the address cannot be reached: {(error as HttpRequestException)?.HttpRequestError.ToString() ?? "connection lost"}");
        }
    }

    private Uri Parse(string field, Uri? from, string text)
    {
        if (text.Length > MaxAddress || !(from is null ? Uri.TryCreate(text, UriKind.Absolute, out var address) : Uri.TryCreate(from, text, out address)) || address.Host.Length == 0)
            throw MediaProblems.Blocked(field, "not an address");
        if (address.Scheme != Uri.UriSchemeHttps && !(options.AllowHttp && address.Scheme == Uri.UriSchemeHttp))
            throw MediaProblems.Blocked(field, options.AllowHttp ? "the address must be http or https" : "the address must be https");
        return address.UserInfo.Length == 0 ? address : throw MediaProblems.Blocked(field, "the address must not name a user");
    }

    private static string? Redirect(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
            ? response.Headers.Location?.OriginalString
            : null;

    private static void Require(IntakeRules rules, HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
            throw MediaProblems.NotFetched(rules.Field, $"the address answers {(int)response.StatusCode}", (int)response.StatusCode);
        if (response.Content.Headers.ContentLength > rules.MaxLength)
            throw MediaProblems.TooLarge(rules.Field, rules.MaxLength);
    }
}
